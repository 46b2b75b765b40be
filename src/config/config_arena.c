/* SPDX-License-Identifier: MIT */
/* A chain of pieces, each from malloc: simple for the tools that watch it. */

#include "config/config_arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct piece {
	struct piece *next;
	max_align_t data[];
};

struct config_arena {
	struct piece *pieces;
};

struct config_arena *config_arena_new(void)
{
	return calloc(1, sizeof(struct config_arena));
}

void config_arena_free(struct config_arena **arena)
{
	if (!*arena)
		return;
	while ((*arena)->pieces) {
		struct piece *piece = (*arena)->pieces;

		(*arena)->pieces = piece->next;
		free(piece);
	}
	free(*arena);
	*arena = NULL;
}

void *config_arena_alloc(struct config_arena *arena, size_t count, size_t size)
{
	if (count > (SIZE_MAX - sizeof(struct piece)) / size)
		return NULL;
	struct piece *piece = calloc(1, sizeof(*piece) + count * size);

	if (!piece)
		return NULL;
	piece->next = arena->pieces;
	arena->pieces = piece;
	return piece->data;
}

char *config_arena_strdup(struct config_arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = config_arena_alloc(arena, size, 1);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

void *config_arena_grow(struct config_arena *arena, void *array, size_t count,
			size_t size)
{
	/* Full when it holds a power of two (0 and 1 included). */
	if ((count & (count - 1)) != 0)
		return array;
	void *grown = config_arena_alloc(arena, count ? count * 2 : 1, size);

	if (grown && count)
		memcpy(grown, array, count * size);
	return grown;
}
