/* SPDX-License-Identifier: MIT */
/* A row of compressors, made when asked for. */

#include "ws/deflate_set.h"

#include <string.h>

#include "ws/inflate.h"

#define WINDOWS (WS_WINDOW_BITS_MAX - WS_WINDOW_BITS_MIN + 1)

struct ws_deflate_set {
	struct ws_allocator allocator;
	unsigned level;
	unsigned mem_level;
	struct ws_deflate *members[WINDOWS]; /* null: not asked for yet */
};

struct ws_deflate_set *ws_deflate_set_new(const struct ws_allocator *allocator,
					  unsigned level, unsigned mem_level)
{
	struct ws_deflate_set *set =
		allocator->alloc(allocator->arg, sizeof(*set));

	if (!set)
		return NULL;
	memset(set, 0, sizeof(*set));
	set->allocator = *allocator;
	set->level = level;
	set->mem_level = mem_level;
	return set;
}

void ws_deflate_set_free(struct ws_deflate_set **ref)
{
	struct ws_deflate_set *set = *ref;

	if (!set)
		return;
	struct ws_allocator allocator = set->allocator;
	for (size_t i = 0; i < WINDOWS; i++)
		ws_deflate_free(&set->members[i]);
	allocator.free(allocator.arg, set);
	*ref = NULL;
}

struct ws_deflate *ws_deflate_set_get(struct ws_deflate_set *set,
				      unsigned window_bits)
{
	struct ws_deflate **member =
		&set->members[window_bits - WS_WINDOW_BITS_MIN];

	if (!*member) {
		struct ws_deflate_settings settings = {
			.window_bits = window_bits,
			.level = set->level,
			.mem_level = set->mem_level,
		};
		*member = ws_deflate_new(&set->allocator, &settings);
	}
	return *member;
}
