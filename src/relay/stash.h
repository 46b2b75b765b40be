/* SPDX-License-Identifier: MIT */
/* Bytes a session keeps for later, in a block of their own. */

#ifndef RELAY_STASH_H
#define RELAY_STASH_H

#include <stddef.h>
#include <stdint.h>

#include "relay/buffer_pool.h"

/*
 * Grows by what has come, never by what was announced.  A null pointer is an
 * empty stash, and costs nothing.  What it holds counts as lent by the pool.
 */
struct stash {
	size_t size;  /* of `data` */
	size_t begin; /* first byte kept */
	size_t len;   /* bytes kept */
	uint8_t data[];
};

/* Bytes kept. */
static inline size_t stash_len(const struct stash *stash)
{
	return stash ? stash->len : 0;
}

/* Keeps `len` more bytes behind the others: 0 or -ENOMEM, then none of them. */
__attribute__((warn_unused_result))
int stash_add(struct stash **stash, struct buffer_pool *pool,
	      const uint8_t *data, size_t len);

/* Drops all but the last `len` bytes; none left: frees. */
void stash_keep_last(struct stash **stash, struct buffer_pool *pool,
		     size_t len);

/* Frees `*stash` and clears it; takes null. */
void stash_free(struct stash **stash, struct buffer_pool *pool);

#endif
