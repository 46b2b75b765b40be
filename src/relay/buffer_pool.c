/* SPDX-License-Identifier: MIT */
/* Blocks of memory for bytes that a peer did not take, lent by a worker. */

#include "relay/buffer_pool.h"

#include <stdlib.h>

/* The class whose blocks hold `size` bytes; BUFFER_POOL_CLASSES if none. */
static unsigned class_of(size_t size)
{
	unsigned class = 0;

	while (class < BUFFER_POOL_CLASSES &&
	       size > (size_t)BUFFER_POOL_SMALLEST << class)
		class ++;
	return class;
}

void *buffer_pool_get(struct buffer_pool *pool, size_t size, size_t *ret_size)
{
	unsigned class = class_of(size);
	void *block;

	if (class == BUFFER_POOL_CLASSES)
		return NULL;
	if (pool->count[class])
		block = pool->kept[class][--pool->count[class]];
	else
		block = malloc((size_t)BUFFER_POOL_SMALLEST << class);
	if (!block)
		return NULL;
	*ret_size = (size_t)BUFFER_POOL_SMALLEST << class;
	counter_add(&pool->lent, *ret_size);
	return block;
}

void buffer_pool_put(struct buffer_pool *pool, void *block, size_t size)
{
	unsigned class = class_of(size);

	counter_add(&pool->lent, -(uint64_t)size);
	if (size <= BUFFER_POOL_KEPT_MAX &&
	    pool->count[class] < BUFFER_POOL_KEPT)
		pool->kept[class][pool->count[class]++] = block;
	else
		free(block);
}

void buffer_pool_done(struct buffer_pool *pool)
{
	for (unsigned class = 0; class < BUFFER_POOL_CLASSES; class ++)
		while (pool->count[class])
			free(pool->kept[class][--pool->count[class]]);
}
