/* SPDX-License-Identifier: MIT */
/* How often something took how long: counts by bounds, and the sum. */

#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

#include "base/counter.h"

/* Bounds of a histogram; a last bucket is for what is above all of them. */
#define HISTOGRAM_BOUNDS 15

/* Upper bounds, included, in microseconds and rising. */
struct histogram_scale {
	uint64_t bounds_us[HISTOGRAM_BOUNDS];
};

/* 0.25 ms to 10 s: round trips, handshakes, connections. */
extern const struct histogram_scale histogram_scale_moments;

/* 1 s to 7 days: sessions. */
extern const struct histogram_scale histogram_scale_stays;

/*
 * Written by one thread, read by any at any time; what a reader sees may be in
 * the middle of one observation.  All zero is a fresh one.
 */
struct histogram {
	struct counter buckets[HISTOGRAM_BOUNDS + 1]; /* not cumulative */
	struct counter sum_us;
};

/* Counts one more that took `usec`, by the scale the histogram is for. */
void histogram_observe(struct histogram *histogram,
		       const struct histogram_scale *scale, uint64_t usec);

/* Adds all of `from` to `to`, whose writer this thread is. */
void histogram_merge(struct histogram *to, const struct histogram *from);

#endif
