/* SPDX-License-Identifier: MIT */
/* How fast sessions move: from two looks at them, a while apart. */

#ifndef CTL_RATES_H
#define CTL_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* One session of the latest look; the rates are bytes a second. */
struct rate {
	uint64_t id;
	uint64_t bytes_up;
	uint64_t bytes_down;
	double up;
	double down;
	const json_t *session; /* of the array that rates_look() keeps */
};

/* In what order the sessions are shown. */
enum rates_order {
	RATES_BY_SPEED,
	RATES_BY_BYTES,
	RATES_BY_IDLE, /* the longest idle first */
	RATES_BY_AGE,  /* the youngest first */
	RATES_ORDERS
};

/* Zeroed is empty and ready. */
struct rates {
	struct rate *at;
	size_t count;
	json_t *sessions;
	uint64_t looked_us;
	double up; /* of all together; sessions that ended are missing */
	double down;
	bool is_known; /* there were two looks */
};

/*
 * Takes in `sessions`, a reference, an array by number as of `now_us`
 * (clock_now_us()).  0, or -ENOMEM and then nothing has changed.
 */
__attribute__((warn_unused_result)) int
rates_look(struct rates *rates, json_t *sessions, uint64_t now_us);

/* Frees what was taken in; empty and ready again. */
void rates_done(struct rates *rates);

/* Puts the sessions into an order; ties are by number. */
void rates_sort(struct rates *rates, enum rates_order order);

/* "speed", "bytes" ...: constant text. */
const char *rates_order_name(enum rates_order order);

#endif
