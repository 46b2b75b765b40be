/* SPDX-License-Identifier: MIT */
/* The commands "status" and "backends". */

#include <inttypes.h>
#include <sysexits.h>

#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/table.h"
#include "ctl/text.h"

/* EX_OK with the status object, a reference to `ret_end` that holds it. */
static int fetch(const struct arguments *arguments, struct client *client,
		 json_t **ret_end, const json_t **ret_status)
{
	int code = answer_ask(arguments, client, "status", NULL, NULL, ret_end);

	if (!code)
		*ret_status = json_object_get(*ret_end, "status");
	return code;
}

static void print_count(const char *name, uint64_t count)
{
	printf("%-10s %" PRIu64 "\n", name, count);
}

static void print_state(const json_t *status)
{
	char uptime[TEXT_FIGURE_MAX];

	text_print_seconds(answer_number(status, "uptime"), uptime);
	fputs("state      ", stdout);
	answer_print_text(answer_text(status, "state"), stdout);
	fputs("version    ", stdout);
	answer_print_text(answer_text(status, "version"), stdout);
	print_count("pid", answer_count(status, "pid"));
	printf("uptime     %s\n", uptime);
}

static void print_sessions(const json_t *status)
{
	const json_t *sessions = json_object_get(status, "sessions");
	const json_t *workers = json_object_get(status, "workers");

	printf("sessions   %" PRIu64 " of %" PRIu64 ", %" PRIu64
	       " since the start\n",
	       answer_count(sessions, "active"),
	       answer_count(sessions, "limit"),
	       answer_count(sessions, "opened"));
	fputs("workers   ", stdout);
	for (size_t i = 0; i < json_array_size(workers); i++)
		printf(" %" PRIu64,
		       answer_count(json_array_get(workers, i), "sessions"));
	putchar('\n');
}

static void print_traffic(const json_t *status)
{
	const json_t *traffic = json_object_get(status, "traffic");
	char up[TEXT_FIGURE_MAX];
	char down[TEXT_FIGURE_MAX];
	char held[TEXT_FIGURE_MAX];

	text_print_bytes(answer_count(traffic, "bytes_up"), up);
	text_print_bytes(answer_count(traffic, "bytes_down"), down);
	text_print_bytes(answer_count(traffic, "buffered_bytes"), held);
	printf("traffic    %s up, %s down, %s held back\n", up, down, held);
}

static void print_reloads(const json_t *status)
{
	const json_t *reloads = json_object_get(status, "reloads");
	const json_t *last = json_object_get(reloads, "last");
	const char *result = answer_text(last, "result");

	printf("reloads    %" PRIu64 ", %" PRIu64 " refused",
	       answer_count(reloads, "succeeded"),
	       answer_count(reloads, "failed"));
	if (result) {
		char ago[TEXT_FIGURE_MAX];

		text_print_seconds(answer_number(status, "time") -
					   answer_number(last, "time"),
				   ago);
		printf("; the last one %s ago: ", ago);
		answer_print_text(result, stdout);
	} else {
		putchar('\n');
	}
}

static void print_listeners(const json_t *status)
{
	const json_t *listeners = json_object_get(status, "listeners");

	for (size_t i = 0; i < json_array_size(listeners); i++) {
		const json_t *listener = json_array_get(listeners, i);

		fputs("listening  ", stdout);
		answer_print_text(answer_text(listener, "address"), stdout);
	}
}

int status_run(const struct arguments *arguments, struct client *client)
{
	json_t *end;
	const json_t *status;
	int code = fetch(arguments, client, &end, &status);

	if (code)
		return code;
	if (arguments->is_json) {
		answer_print_json(status);
	} else {
		print_state(status);
		print_sessions(status);
		print_traffic(status);
		print_reloads(status);
		print_listeners(status);
		printf("log        %" PRIu64 " lines dropped\n",
		       answer_count(status, "log_dropped"));
	}
	json_decref(end);
	return EX_OK;
}

enum {
	COLUMN_BACKEND,
	COLUMN_SERVER,
	COLUMN_STATE,
	COLUMN_SESSIONS,
	COLUMN_CONNECTED,
	COLUMN_FAILED,
	COLUMN_ERROR,
	COLUMN_COUNT
};

static const struct table_column columns[COLUMN_COUNT] = {
	[COLUMN_BACKEND] = { "BACKEND", .may_shrink = true },
	[COLUMN_SERVER] = { "SERVER", .may_shrink = true },
	[COLUMN_STATE] = { .title = "STATE" },
	[COLUMN_SESSIONS] = { "SESSIONS", .is_figure = true },
	[COLUMN_CONNECTED] = { "CONNECTED", .is_figure = true },
	[COLUMN_FAILED] = { "FAILED", .is_figure = true },
	[COLUMN_ERROR] = { "LAST ERROR", .may_shrink = true },
};

static int add_server(struct table *table, const json_t *backend,
		      const json_t *server)
{
	static const char *const names[] = {
		[COLUMN_SESSIONS] = "sessions",
		[COLUMN_CONNECTED] = "connected",
		[COLUMN_FAILED] = "failed",
	};
	char figures[COLUMN_ERROR][TEXT_FIGURE_MAX];
	const char *cells[COLUMN_COUNT] = {
		[COLUMN_BACKEND] = answer_text(backend, "name"),
		[COLUMN_SERVER] = answer_text(server, "server"),
		[COLUMN_STATE] = json_is_true(json_object_get(server, "up")) ?
					 "up" :
					 "down",
		[COLUMN_ERROR] = answer_text(server, "last_error"),
	};

	for (size_t i = COLUMN_SESSIONS; i <= COLUMN_FAILED; i++) {
		snprintf(figures[i], TEXT_FIGURE_MAX, "%" PRIu64,
			 answer_count(server, names[i]));
		cells[i] = figures[i];
	}
	return table_add(table, cells);
}

static int add_servers(struct table *table, const json_t *backend)
{
	const json_t *servers = json_object_get(backend, "servers");
	int error = 0;

	for (size_t i = 0; i < json_array_size(servers) && !error; i++)
		error = add_server(table, backend, json_array_get(servers, i));
	return error;
}

static int print_backends(const json_t *backends)
{
	struct table table;
	int error = 0;

	table_init(&table, columns, COLUMN_COUNT);
	for (size_t i = 0; i < json_array_size(backends) && !error; i++)
		error = add_servers(&table, json_array_get(backends, i));
	return answer_table(&table, error);
}

int backends_run(const struct arguments *arguments, struct client *client)
{
	json_t *end;
	const json_t *status;
	int code = fetch(arguments, client, &end, &status);

	if (code)
		return code;
	if (arguments->is_json)
		answer_print_json(json_object_get(status, "backends"));
	else
		code = print_backends(json_object_get(status, "backends"));
	json_decref(end);
	return code;
}
