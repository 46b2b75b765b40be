/* SPDX-License-Identifier: MIT */
/* How often something took how long: counts by bounds, and the sum. */

#include "base/histogram.h"

#include <stddef.h>

#define MS UINT64_C(1000)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

const struct histogram_scale histogram_scale_moments = {
	.bounds_us = { MS / 4, MS / 2, MS, 5 * MS / 2, 5 * MS, 10 * MS, 25 * MS,
		       50 * MS, 100 * MS, 250 * MS, 500 * MS, SECOND,
		       5 * SECOND / 2, 5 * SECOND, 10 * SECOND },
};

const struct histogram_scale histogram_scale_stays = {
	.bounds_us = { SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE,
		       5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR,
		       4 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 7 * DAY },
};

void histogram_observe(struct histogram *histogram,
		       const struct histogram_scale *scale, uint64_t usec)
{
	size_t i = 0;

	while (i < HISTOGRAM_BOUNDS && usec > scale->bounds_us[i])
		i++;
	counter_add(&histogram->buckets[i], 1);
	counter_add(&histogram->sum_us, usec);
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
		counter_add(&to->buckets[i], counter_get(&from->buckets[i]));
	counter_add(&to->sum_us, counter_get(&from->sum_us));
}
