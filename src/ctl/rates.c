/* SPDX-License-Identifier: MIT */
/* How fast sessions move: from two looks at them, a while apart. */

#include "ctl/rates.h"

#include <errno.h>
#include <stdlib.h>

#include "ctl/answer.h"

/* A rate of the same look, or null. */
static const struct rate *find(const struct rates *rates, uint64_t id,
			       size_t *at)
{
	/* Both looks are by number: one pass over each finds all. */
	while (*at < rates->count && rates->at[*at].id < id)
		(*at)++;
	if (*at == rates->count || rates->at[*at].id != id)
		return NULL;
	return &rates->at[*at];
}

static double per_second(uint64_t now, uint64_t before, double seconds)
{
	return now > before && seconds > 0 ? (double)(now - before) / seconds :
					     0;
}

static int by_id(const void *left, const void *right)
{
	const struct rate *a = left;
	const struct rate *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

/* A session that is new moved all it has within the time. */
static void compare(struct rates *next, struct rates *before)
{
	double seconds = (double)(next->looked_us - before->looked_us) / 1e6;
	size_t at = 0;

	qsort(before->at, before->count, sizeof(*before->at), by_id);
	for (size_t i = 0; i < next->count; i++) {
		struct rate *now = &next->at[i];
		const struct rate *old = find(before, now->id, &at);

		now->up = per_second(now->bytes_up, old ? old->bytes_up : 0,
				     seconds);
		now->down = per_second(now->bytes_down,
				       old ? old->bytes_down : 0, seconds);
		next->up += now->up;
		next->down += now->down;
	}
	next->is_known = true;
}

int rates_look(struct rates *rates, json_t *sessions, uint64_t now_us)
{
	struct rates next = { .count = json_array_size(sessions),
			      .sessions = sessions,
			      .looked_us = now_us };

	next.at = calloc(next.count + 1, sizeof(*next.at));
	if (!next.at) {
		json_decref(sessions);
		return -ENOMEM;
	}
	for (size_t i = 0; i < next.count; i++) {
		const json_t *session = json_array_get(sessions, i);

		next.at[i] = (struct rate){
			.id = answer_count(session, "id"),
			.bytes_up = answer_count(session, "bytes_up"),
			.bytes_down = answer_count(session, "bytes_down"),
			.session = session,
		};
	}
	if (rates->sessions)
		compare(&next, rates);
	rates_done(rates);
	*rates = next;
	return 0;
}

void rates_done(struct rates *rates)
{
	free(rates->at);
	json_decref(rates->sessions);
	*rates = (struct rates){ .count = 0 };
}

static int more_first(double a, double b)
{
	return (a < b) - (a > b);
}

static int by_speed(const void *left, const void *right)
{
	const struct rate *a = left;
	const struct rate *b = right;
	int order = more_first(a->up + a->down, b->up + b->down);

	return order ? order : by_id(a, b);
}

static int by_bytes(const void *left, const void *right)
{
	const struct rate *a = left;
	const struct rate *b = right;
	int order = more_first((double)a->bytes_up + (double)a->bytes_down,
			       (double)b->bytes_up + (double)b->bytes_down);

	return order ? order : by_id(a, b);
}

static int by_idle(const void *left, const void *right)
{
	const struct rate *a = left;
	const struct rate *b = right;
	int order = more_first(answer_number(a->session, "idle_seconds"),
			       answer_number(b->session, "idle_seconds"));

	return order ? order : by_id(a, b);
}

static int by_age(const void *left, const void *right)
{
	return by_id(right, left);
}

static const struct {
	const char *name;
	int (*compare)(const void *left, const void *right);
} orders[RATES_ORDERS] = {
	[RATES_BY_SPEED] = { "speed", by_speed },
	[RATES_BY_BYTES] = { "bytes", by_bytes },
	[RATES_BY_IDLE] = { "idle", by_idle },
	[RATES_BY_AGE] = { "age", by_age },
};

void rates_sort(struct rates *rates, enum rates_order order)
{
	if (rates->count)
		qsort(rates->at, rates->count, sizeof(*rates->at),
		      orders[order].compare);
}

const char *rates_order_name(enum rates_order order)
{
	return orders[order].name;
}
