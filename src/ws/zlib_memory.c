/* SPDX-License-Identifier: MIT */
/* zlib counts items; an allocator counts bytes. */

#include "ws/zlib_memory.h"

#include <stdint.h>

static void *zlib_alloc(void *opaque, unsigned items, unsigned size)
{
	const struct ws_allocator *allocator = opaque;

	/* Both are below 2^32: no overflow in 64 bits; 32 bits are asked. */
	if (size > 0 && items > SIZE_MAX / size)
		return NULL;
	return allocator->alloc(allocator->arg, (size_t)items * size);
}

static void zlib_free(void *opaque, void *memory)
{
	const struct ws_allocator *allocator = opaque;

	allocator->free(allocator->arg, memory);
}

void ws_zlib_use(z_stream *z, struct ws_allocator *allocator)
{
	z->zalloc = zlib_alloc;
	z->zfree = zlib_free;
	z->opaque = allocator;
}
