/* SPDX-License-Identifier: MIT */
/* Bytes a session keeps for later, in a block of their own. */

#include "relay/stash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STASH_SMALLEST 1024

/* Doubles, so that what comes byte by byte is not copied as often. */
static int grow(struct stash **stash, struct buffer_pool *pool, size_t needs)
{
	size_t size = *stash ? (*stash)->size : 0;
	size_t larger = size * 2 > needs ? size * 2 : needs;
	struct stash *grown;

	if (larger < STASH_SMALLEST)
		larger = STASH_SMALLEST;
	grown = realloc(*stash, sizeof(*grown) + larger);
	if (!grown)
		return -ENOMEM;
	if (!*stash)
		*grown = (struct stash){ .size = 0 };
	counter_add(&pool->lent, larger - size);
	grown->size = larger;
	*stash = grown;
	return 0;
}

int stash_add(struct stash **stash, struct buffer_pool *pool,
	      const uint8_t *data, size_t len)
{
	size_t end = *stash ? (*stash)->begin + (*stash)->len : 0;
	struct stash *s;

	if ((!*stash || (*stash)->size - end < len) &&
	    grow(stash, pool, end + len))
		return -ENOMEM;
	s = *stash;
	if (len)
		memcpy(s->data + end, data, len);
	s->len += len;
	return 0;
}

void stash_keep_last(struct stash **stash, struct buffer_pool *pool, size_t len)
{
	struct stash *s = *stash;

	if (!len) {
		stash_free(stash, pool);
		return;
	}
	s->begin += s->len - len;
	s->len = len;
}

void stash_free(struct stash **stash, struct buffer_pool *pool)
{
	if (*stash)
		counter_add(&pool->lent, -(uint64_t)(*stash)->size);
	free(*stash);
	*stash = NULL;
}
