/* SPDX-License-Identifier: MIT */
/* The log's queue: bytes in a ring, counted by two cursors that never wrap. */

#include "base/log_ring.h"

#include <string.h>

void log_ring_init(struct log_ring *ring, char *data, size_t size)
{
	*ring = (struct log_ring){ .data = data, .size = size };
}

bool log_ring_put(struct log_ring *ring, const char *line, size_t len)
{
	if (len > ring->size - log_ring_fill(ring)) {
		if (ring->missed++ == 0)
			ring->missed_at = ring->tail;
		return false;
	}
	size_t at = ring->tail & (ring->size - 1);
	size_t first = len < ring->size - at ? len : ring->size - at;

	memcpy(ring->data + at, line, first);
	memcpy(ring->data, line + first, len - first);
	ring->tail += len;
	return true;
}

static size_t line_end_before(const char *data, size_t len)
{
	while (len > 0 && data[len - 1] != '\n')
		len--;
	return len;
}

size_t log_ring_take(struct log_ring *ring, char *out, size_t size)
{
	uint64_t until = ring->missed ? ring->missed_at : ring->tail;
	size_t len = (size_t)(until - ring->head);

	if (len > size)
		len = size;
	size_t at = ring->head & (ring->size - 1);
	size_t first = len < ring->size - at ? len : ring->size - at;

	memcpy(out, ring->data + at, first);
	memcpy(out + first, ring->data, len - first);
	len = line_end_before(out, len);
	ring->head += len;
	return len;
}

uint64_t log_ring_take_missed(struct log_ring *ring)
{
	uint64_t missed = ring->missed;

	if (ring->missed_at != ring->head)
		return 0;
	ring->missed = 0;
	return missed;
}

bool log_ring_has_any(const struct log_ring *ring)
{
	return ring->missed || log_ring_fill(ring) > 0;
}

size_t log_ring_fill(const struct log_ring *ring)
{
	return (size_t)(ring->tail - ring->head);
}
