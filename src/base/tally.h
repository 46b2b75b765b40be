/* SPDX-License-Identifier: MIT */
/* Counters by name: one thread adds rows and counts, any other may read. */

#ifndef BASE_TALLY_H
#define BASE_TALLY_H

#include <stddef.h>

#include "base/counter.h"
#include "base/slice.h"

/* Counters of a row; what each stands for is the user's. */
#define TALLY_SLOTS 6

/* Chains of rows; names are few and looked up once a session. */
#define TALLY_BUCKETS 128

/*
 * Rows come and never go, so their number is bounded: what comes when `max`
 * names are known, or memory is out, is counted in the row of the rest.  Hence
 * a row can always be had, and it stays good as long as the tally does.  A name
 * that is the rest's own is counted there as well.
 */
struct tally_row {
	struct tally_row *_Atomic next;
	struct slice key; /* any bytes; often texts with their terminators */
	struct counter at[TALLY_SLOTS];
};

/* Readers need no lock: a row is complete before it can be found. */
struct tally {
	struct tally_row *_Atomic buckets[TALLY_BUCKETS];
	struct tally_row rest;
	size_t count; /* of rows without the rest; the writer's */
	size_t max;
};

/*
 * Prepares an empty tally of at most `max` rows beside that of the rest, which
 * is called `rest_key`; those bytes outlive the tally.
 */
void tally_init(struct tally *tally, size_t max, struct slice rest_key);

/* Frees the rows; nobody reads any more. */
void tally_done(struct tally *tally);

/* The row of that name, made if it is new.  The writer's thread; never null. */
struct tally_row *tally_row(struct tally *tally, struct slice key);

/*
 * Calls `visit` for every row, that of the rest included if anything was
 * counted there.  Any thread.
 */
void tally_each(const struct tally *tally,
		void (*visit)(void *arg, const struct tally_row *row),
		void *arg);

#endif
