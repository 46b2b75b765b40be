/* SPDX-License-Identifier: MIT */
/* What all threads have counted, summed up at one moment. */

#ifndef OPS_METRICS_TOTALS_H
#define OPS_METRICS_TOTALS_H

#include "config/config.h"
#include "ops/metrics_sheet.h"

/*
 * Sums of one moment, of the thread that makes them.  Routes and servers of
 * the configuration are there even when nothing was counted for them.
 */
struct metrics_totals {
	struct tally routes;        /* slots of relay/traffic.h */
	struct metrics_sheet sheet; /* the sum of all */
	uint64_t buffered_bytes;
};

/* Begins at nothing, with the names of `config`. */
void metrics_totals_init(struct metrics_totals *totals,
			 const struct config *config);

/* Frees what it has. */
void metrics_totals_done(struct metrics_totals *totals);

/* Adds what a thread counted while sessions begin and end. */
void metrics_totals_add_sheet(struct metrics_totals *totals,
			      const struct metrics_sheet *sheet);

/* Adds what a worker counted while it relays, and bytes it holds. */
void metrics_totals_add_traffic(struct metrics_totals *totals,
				const struct tally *traffic,
				uint64_t buffered_bytes);

/* The sum of one slot over all rows. */
uint64_t metrics_tally_sum(const struct tally *tally, unsigned slot);

/*
 * The rows in the order of their keys: an array to be freed, its length in
 * `*ret_count`; null when memory is out.
 */
__attribute__((warn_unused_result)) const struct tally_row **
metrics_tally_sorted(const struct tally *tally, size_t *ret_count);

#endif
