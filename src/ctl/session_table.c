/* SPDX-License-Identifier: MIT */
/* Sessions from the daemon: fetched, sifted, and as rows of a table. */

#include "ctl/session_table.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "ctl/answer.h"
#include "ctl/text.h"

enum {
	COLUMN_ID,
	COLUMN_CLIENT,
	COLUMN_ROUTE,
	COLUMN_TARGET,
	COLUMN_STATE,
	COLUMN_AGE,
	COLUMN_IDLE,
	COLUMN_UP,
	COLUMN_DOWN,
	COLUMN_OWED,
	COLUMN_RTT,
	COLUMN_COUNT
};

static const struct table_column columns[COLUMN_COUNT] = {
	[COLUMN_ID] = { "ID", .is_figure = true },
	[COLUMN_CLIENT] = { "CLIENT", .may_shrink = true },
	[COLUMN_ROUTE] = { "ROUTE", .may_shrink = true },
	[COLUMN_TARGET] = { "TARGET", .may_shrink = true },
	[COLUMN_STATE] = { .title = "STATE" },
	[COLUMN_AGE] = { "AGE", .is_figure = true },
	[COLUMN_IDLE] = { "IDLE", .is_figure = true },
	[COLUMN_UP] = { "UP", .is_figure = true },
	[COLUMN_DOWN] = { "DOWN", .is_figure = true },
	[COLUMN_OWED] = { "OWED", .is_figure = true },
	[COLUMN_RTT] = { "RTT", .is_figure = true },
};

static bool begins_with(const char *text, const char *beginning)
{
	return text && strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool is_wanted(const struct arguments *arguments, const json_t *session)
{
	const char *route = answer_text(session, "route");

	if (arguments->route && (!route || strcmp(route, arguments->route)))
		return false;
	return !arguments->client ||
	       begins_with(answer_text(session, "client"), arguments->client);
}

static int by_id(const void *left, const void *right)
{
	uint64_t a = answer_count(*(json_t *const *)left, "id");
	uint64_t b = answer_count(*(json_t *const *)right, "id");

	return (a > b) - (a < b);
}

/* The wanted ones in order, each with a reference in the new array. */
static json_t *sift(const struct arguments *arguments, const json_t *all)
{
	size_t count = json_array_size(all);
	json_t **sorted = calloc(count + 1, sizeof(json_t *));
	json_t *wanted = json_array();
	size_t left = 0;

	for (size_t i = 0; sorted && i < count; i++)
		if (is_wanted(arguments, json_array_get(all, i)))
			sorted[left++] = json_array_get(all, i);
	if (sorted)
		qsort(sorted, left, sizeof(json_t *), by_id);
	for (size_t i = 0; i < left; i++)
		json_array_append(wanted, sorted[i]);
	free(sorted);
	return wanted;
}

int session_table_fetch(const struct arguments *arguments,
			struct client *client, json_t **ret_sessions)
{
	json_t *all = json_array();
	json_t *end;
	int code = answer_ask(arguments, client, "sessions", NULL, all, &end);

	if (!code) {
		*ret_sessions = sift(arguments, all);
		json_decref(end);
	}
	json_decref(all);
	return code;
}

void session_table_init(struct table *table)
{
	table_init(table, columns, COLUMN_COUNT);
}

int session_table_add(struct table *table, const json_t *s)
{
	char figures[COLUMN_COUNT][TEXT_FIGURE_MAX];
	const char *cells[COLUMN_COUNT] = {
		[COLUMN_CLIENT] = answer_text(s, "client"),
		[COLUMN_ROUTE] = answer_text(s, "route"),
		[COLUMN_TARGET] = answer_text(s, "target"),
		[COLUMN_STATE] = answer_text(s, "state"),
	};
	double rtt_ms = answer_number(s, "rtt_ms");

	snprintf(figures[COLUMN_ID], TEXT_FIGURE_MAX, "%llu",
		 (unsigned long long)answer_count(s, "id"));
	text_print_seconds(answer_number(s, "age_seconds"),
			   figures[COLUMN_AGE]);
	text_print_seconds(answer_number(s, "idle_seconds"),
			   figures[COLUMN_IDLE]);
	text_print_bytes(answer_count(s, "bytes_up"), figures[COLUMN_UP]);
	text_print_bytes(answer_count(s, "bytes_down"), figures[COLUMN_DOWN]);
	text_print_bytes(answer_count(s, "owed_up") +
				 answer_count(s, "owed_down"),
			 figures[COLUMN_OWED]);
	snprintf(figures[COLUMN_RTT], TEXT_FIGURE_MAX, "%.1fms", rtt_ms);
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (columns[i].is_figure)
			cells[i] = figures[i];
	if (rtt_ms <= 0)
		cells[COLUMN_RTT] = NULL;
	return table_add(table, cells);
}
