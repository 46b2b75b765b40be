/* SPDX-License-Identifier: MIT */
/* A bounded queue of log lines that remembers where lines went missing. */

#ifndef BASE_LOG_RING_H
#define BASE_LOG_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lines end with a newline and have no other; they come out whole and in
 * order.  Nothing is locked here: the owner sees to it.
 *
 *   head ............ missed_at ............ tail
 *     lines to take       |    lines put since
 *                    `missed` lines belong here
 */
struct log_ring {
	char *data;         /* the caller's */
	size_t size;        /* a power of two */
	uint64_t head;      /* bytes ever taken */
	uint64_t tail;      /* bytes ever put */
	uint64_t missed_at; /* what the tail was at the first missed line */
	uint64_t missed;    /* lines not put since the last _take_missed() */
};

/* An empty ring over `size` bytes at `data`, which stays the caller's. */
void log_ring_init(struct log_ring *ring, char *data, size_t size);

/*
 * Copies a line in.  Returns false when it does not fit: the line is counted
 * as missed.  So is every line after it that does not fit, and the gap is
 * known by the place of the first.
 */
__attribute__((warn_unused_result)) bool
log_ring_put(struct log_ring *ring, const char *line, size_t len);

/*
 * Moves whole lines out, as many as fit into `size`, none from behind a gap.
 * Returns their bytes; 0 when the ring is empty, when a gap comes first, or
 * when `size` is less than the first line.
 */
size_t log_ring_take(struct log_ring *ring, char *out, size_t size);

/*
 * When a gap comes next: closes it and returns how many lines are missing
 * there.  Otherwise 0.
 */
uint64_t log_ring_take_missed(struct log_ring *ring);

/* Whether there are lines to take or a gap to tell of. */
bool log_ring_has_any(const struct log_ring *ring);

/* Bytes in the ring. */
size_t log_ring_fill(const struct log_ring *ring);

#endif
