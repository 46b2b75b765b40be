/* SPDX-License-Identifier: MIT */
/* What all threads have counted, summed up at one moment. */

#include "ops/metrics_totals.h"

#include <stdlib.h>
#include <string.h>

#include "relay/traffic.h"

static void add_routes(struct metrics_totals *totals,
		       const struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++)
		if (config->routes[i].backend)
			(void)tally_row(&totals->routes,
					slice_of(config->routes[i].name));
}

static void add_servers(struct metrics_totals *totals,
			const struct config_backend *backend)
{
	char buffer[METRICS_KEY_MAX];
	struct tally_row *row;
	struct slice key;

	for (size_t i = 0; i < backend->server_count; i++) {
		if (!metrics_server_key(backend->name, backend->servers[i].text,
					buffer, sizeof(buffer), &key))
			continue;
		row = tally_row(&totals->sheet.servers, key);
		counter_set(&row->at[METRICS_SERVER_CONFIGURED], 1);
	}
}

void metrics_totals_init(struct metrics_totals *totals,
			 const struct config *config)
{
	totals->buffered_bytes = 0;
	traffic_init(&totals->routes);
	metrics_sheet_init(&totals->sheet);
	add_routes(totals, config);
	for (size_t i = 0; i < config->backend_count; i++)
		add_servers(totals, &config->backends[i]);
}

void metrics_totals_done(struct metrics_totals *totals)
{
	tally_done(&totals->routes);
	metrics_sheet_done(&totals->sheet);
}

static void add_row(void *arg, const struct tally_row *row)
{
	struct tally *to = arg;
	struct tally_row *sum = tally_row(to, row->key);

	for (size_t i = 0; i < TALLY_SLOTS; i++)
		counter_add(&sum->at[i], counter_get(&row->at[i]));
}

/* Counts are added up; of the last attempts the latest one counts. */
static void add_server_row(void *arg, const struct tally_row *row)
{
	struct tally *to = arg;
	struct tally_row *sum = tally_row(to, row->key);
	uint64_t tried_us = counter_get(&row->at[METRICS_SERVER_TRIED_US]);

	for (size_t i = 0; i <= METRICS_SERVER_FAILED; i++)
		counter_add(&sum->at[i], counter_get(&row->at[i]));
	if (tried_us <= counter_get(&sum->at[METRICS_SERVER_TRIED_US]))
		return;
	counter_set(&sum->at[METRICS_SERVER_TRIED_US], tried_us);
	counter_set(&sum->at[METRICS_SERVER_ERROR],
		    counter_get(&row->at[METRICS_SERVER_ERROR]));
}

void metrics_totals_add_sheet(struct metrics_totals *totals,
			      const struct metrics_sheet *sheet)
{
	struct metrics_sheet *sum = &totals->sheet;

	tally_each(&sheet->closed, add_row, &sum->closed);
	tally_each(&sheet->servers, add_server_row, &sum->servers);
	for (size_t i = 0; i < CAUSE_COUNT; i++) {
		counter_add(&sum->closed_by_cause[i],
			    counter_get(&sheet->closed_by_cause[i]));
		counter_add(&sum->refused_by_cause[i],
			    counter_get(&sheet->refused_by_cause[i]));
	}
	histogram_merge(&sum->handshake, &sheet->handshake);
	histogram_merge(&sum->connect, &sheet->connect);
	histogram_merge(&sum->ping_rtt, &sheet->ping_rtt);
	histogram_merge(&sum->session, &sheet->session);
}

void metrics_totals_add_traffic(struct metrics_totals *totals,
				const struct tally *traffic,
				uint64_t buffered_bytes)
{
	tally_each(traffic, add_row, &totals->routes);
	totals->buffered_bytes += buffered_bytes;
}

struct slot_sum {
	unsigned slot;
	uint64_t sum;
};

static void add_slot(void *arg, const struct tally_row *row)
{
	struct slot_sum *sum = arg;

	sum->sum += counter_get(&row->at[sum->slot]);
}

uint64_t metrics_tally_sum(const struct tally *tally, unsigned slot)
{
	struct slot_sum sum = { .slot = slot };

	tally_each(tally, add_slot, &sum);
	return sum.sum;
}

struct row_list {
	const struct tally_row **rows;
	size_t count;
};

static void list_row(void *arg, const struct tally_row *row)
{
	struct row_list *list = arg;

	list->rows[list->count++] = row;
}

static int compare_rows(const void *a, const void *b)
{
	const struct slice x = (*(const struct tally_row *const *)a)->key;
	const struct slice y = (*(const struct tally_row *const *)b)->key;
	size_t len = x.len < y.len ? x.len : y.len;
	int order = len ? memcmp(x.data, y.data, len) : 0;

	if (order)
		return order;
	return (x.len > y.len) - (x.len < y.len);
}

const struct tally_row **metrics_tally_sorted(const struct tally *tally,
					      size_t *ret_count)
{
	struct row_list list = { .count = 0 };

	list.rows = calloc(tally->count + 1, sizeof(*list.rows));
	if (!list.rows)
		return NULL;
	tally_each(tally, list_row, &list);
	if (list.count)
		qsort(list.rows, list.count, sizeof(*list.rows), compare_rows);
	*ret_count = list.count;
	return list.rows;
}
