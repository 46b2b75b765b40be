/* SPDX-License-Identifier: MIT */
/* An allocator for compression that counts, and fails when told to. */

#ifndef TESTS_UNIT_WS_MEMORY_H
#define TESTS_UNIT_WS_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ws/allocator.h"

struct ws_memory {
	size_t live;  /* pieces given out and not given back */
	size_t bytes; /* given out in all, never less */
	size_t calls;
	size_t fail_at; /* number of the call that fails, from 1; 0: none */
};

static inline void *ws_memory_alloc(void *arg, size_t size)
{
	struct ws_memory *memory = arg;

	if (++memory->calls == memory->fail_at)
		return NULL;
	memory->live++;
	memory->bytes += size;
	/* Whoever reads before writing shall not find zeros. */
	return memset(malloc(size), 0xA5, size);
}

static inline void ws_memory_free(void *arg, void *piece)
{
	struct ws_memory *memory = arg;

	memory->live--;
	free(piece);
}

static inline struct ws_allocator ws_memory_allocator(struct ws_memory *memory)
{
	return (struct ws_allocator){
		.alloc = ws_memory_alloc,
		.free = ws_memory_free,
		.arg = memory,
	};
}

#endif
