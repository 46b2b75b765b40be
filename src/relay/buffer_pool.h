/* SPDX-License-Identifier: MIT */
/* Blocks of memory for bytes that a peer did not take, lent by a worker. */

#ifndef RELAY_BUFFER_POOL_H
#define RELAY_BUFFER_POOL_H

#include <stddef.h>

#include "base/counter.h"

/*
 * Blocks come in powers of two, from 1 KiB to 128 MiB: as many classes as fit
 * limits.message at its largest, 64 MiB, with the head of its record or frame
 * and the control frames.
 */
#define BUFFER_POOL_CLASSES 18
#define BUFFER_POOL_SMALLEST 1024

/* Blocks of each class that are kept for the next session, at most. */
#define BUFFER_POOL_KEPT 8

/* The largest block that is kept: others go back to the system at once. */
#define BUFFER_POOL_KEPT_MAX (256 * 1024)

/*
 * Blocks nobody uses now.  All zero is an empty pool.  One thread, but for
 * `lent`, which any may read.
 */
struct buffer_pool {
	void *kept[BUFFER_POOL_CLASSES][BUFFER_POOL_KEPT];
	unsigned count[BUFFER_POOL_CLASSES];
	struct counter lent; /* bytes of blocks in use */
};

/* Frees what is kept; blocks that are lent stay good and may be put back. */
void buffer_pool_done(struct buffer_pool *pool);

/*
 * Lends a block of at least `size` bytes; `*ret_size` is what it really has.
 * Null when memory is out or `size` is above all classes.
 */
__attribute__((warn_unused_result))
void *buffer_pool_get(struct buffer_pool *pool, size_t size,
		      size_t *ret_size);

/* Takes back a block with the size that buffer_pool_get() told. */
void buffer_pool_put(struct buffer_pool *pool, void *block, size_t size);

#endif
