/* SPDX-License-Identifier: MIT */
/* Memory of one configuration: many small pieces, freed all at once. */

#ifndef CONFIG_CONFIG_ARENA_H
#define CONFIG_CONFIG_ARENA_H

#include <stddef.h>

struct config_arena;

/* An empty arena, or null when out of memory.  One thread at a time. */
__attribute__((warn_unused_result)) struct config_arena *config_arena_new(void);

/* Frees every piece; clears the pointer, takes null. */
void config_arena_free(struct config_arena **arena);

/* `count` zeroed elements of `size` bytes, or null when out of memory. */
__attribute__((warn_unused_result)) void *
config_arena_alloc(struct config_arena *arena, size_t count, size_t size);

/* A copy of `text`, or null when out of memory. */
__attribute__((warn_unused_result)) char *
config_arena_strdup(struct config_arena *arena, const char *text);

/*
 * Room for one more element behind the `count` of `array` (null when 0): the
 * array itself while there is room, else a copy twice as large; capacities are
 * the powers of two.  Null when out of memory.
 */
__attribute__((warn_unused_result)) void *
config_arena_grow(struct config_arena *arena, void *array, size_t count,
		  size_t size);

#endif
