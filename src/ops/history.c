/* SPDX-License-Identifier: MIT */
/* The figures of the last minutes, so that a fresh page has a past to draw. */

#include "ops/history.h"

#include <assert.h>

struct history_sample *history_add(struct history *history)
{
	size_t at = (history->first + history->count) % HISTORY_SAMPLES;

	if (history->count == HISTORY_SAMPLES)
		history->first = (history->first + 1) % HISTORY_SAMPLES;
	else
		history->count++;
	history->samples[at] = (struct history_sample){ .wall_s = 0 };
	return &history->samples[at];
}

const struct history_sample *history_at(const struct history *history,
					size_t index)
{
	assert(index < history->count);
	return &history->samples[(history->first + index) % HISTORY_SAMPLES];
}

const struct history_sample *history_ago(const struct history *history,
					 unsigned seconds)
{
	size_t back = seconds / HISTORY_INTERVAL_S;

	if (!history->count)
		return NULL;
	if (back >= history->count)
		return history_at(history, 0);
	return history_at(history, history->count - 1 - back);
}
