/* SPDX-License-Identifier: MIT */
/* The figures of the last minutes, so that a fresh page has a past to draw. */

#ifndef OPS_HISTORY_H
#define OPS_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "relay/cause.h"

/* A sample every so often, for a quarter of an hour. */
#define HISTORY_INTERVAL_S 5
#define HISTORY_SAMPLES 181

/* Totals since the process began, but for `sessions`, which are open now. */
struct history_sample {
	uint64_t wall_s; /* Unix time */
	uint64_t sessions;
	uint64_t opened;
	uint64_t bytes_up;
	uint64_t bytes_down;
	uint64_t messages_up;
	uint64_t messages_down;
	/* Modulo 2^32: differences count. */
	uint32_t closed[CAUSE_COUNT];
	uint32_t refused[CAUSE_COUNT];
};

/* All zero is an empty one.  One thread. */
struct history {
	struct history_sample samples[HISTORY_SAMPLES];
	size_t first; /* the oldest */
	size_t count;
};

/* A new sample to be filled in; the oldest goes when there are too many. */
struct history_sample *history_add(struct history *history);

/* The sample `index`, 0 is the oldest; less than history->count. */
const struct history_sample *history_at(const struct history *history,
					size_t index);

/*
 * The sample of `seconds` ago, or the oldest if that is younger; null when
 * there is none.
 */
const struct history_sample *history_ago(const struct history *history,
					 unsigned seconds);

#endif
