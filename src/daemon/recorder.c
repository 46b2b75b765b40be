/* SPDX-License-Identifier: MIT */
/* Keeps the figures of the last minutes: a sample every few seconds. */

#include "daemon/recorder.h"

#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "relay/traffic.h"

struct recorder {
	const struct operations *operations;
	struct event *tick;
	struct history history;
};

static void take_sample(struct recorder *recorder)
{
	const struct operations *operations = recorder->operations;
	struct history_sample *sample = history_add(&recorder->history);
	struct metrics_totals totals;
	const struct tally *routes = &totals.routes;

	operations->measure(operations->arg, &totals);
	sample->wall_s = (uint64_t)time(NULL);
	sample->sessions = metrics_tally_sum(routes, TRAFFIC_ACTIVE);
	sample->opened = metrics_tally_sum(routes, TRAFFIC_OPENED);
	sample->bytes_up = metrics_tally_sum(routes, TRAFFIC_BYTES_UP);
	sample->bytes_down = metrics_tally_sum(routes, TRAFFIC_BYTES_DOWN);
	sample->messages_up = metrics_tally_sum(routes, TRAFFIC_MESSAGES_UP);
	sample->messages_down =
		metrics_tally_sum(routes, TRAFFIC_MESSAGES_DOWN);
	for (size_t i = 0; i < CAUSE_COUNT; i++) {
		sample->closed[i] =
			(uint32_t)counter_get(&totals.sheet.closed_by_cause[i]);
		sample->refused[i] = (uint32_t)counter_get(
			&totals.sheet.refused_by_cause[i]);
	}
	metrics_totals_done(&totals);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	take_sample(arg);
}

struct recorder *recorder_new(struct event_base *base,
			      const struct operations *operations)
{
	struct timeval interval = { .tv_sec = HISTORY_INTERVAL_S };
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	if (!recorder)
		return NULL;
	recorder->operations = operations;
	recorder->tick = event_new(base, -1, EV_PERSIST, on_tick, recorder);
	if (!recorder->tick || event_add(recorder->tick, &interval))
		recorder_free(&recorder);
	else
		take_sample(recorder);
	return recorder;
}

void recorder_free(struct recorder **recorder)
{
	struct recorder *gone = *recorder;

	*recorder = NULL;
	if (!gone)
		return;
	if (gone->tick)
		event_free(gone->tick);
	free(gone);
}

const struct history *recorder_history(const struct recorder *recorder)
{
	return &recorder->history;
}
