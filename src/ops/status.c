/* SPDX-License-Identifier: MIT */
/* All there is to say of the daemon, as one JSON object. */

#include "ops/status.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ops/printable.h"
#include "relay/traffic.h"

/* An object in the making: a piece that could not be had spoils it. */
struct status {
	const struct operations *operations;
	const struct config *config;
	struct operations_report report;
	struct metrics_totals totals;
	json_t *root;
	bool has_failed;
};

/* Takes `value` over; null counts as a failure. */
static void put(struct status *status, json_t *object, const char *key,
		json_t *value)
{
	if (json_object_set_new(object, key, value))
		status->has_failed = true;
}

static void put_number(struct status *status, json_t *object, const char *key,
		       uint64_t number)
{
	put(status, object, key, json_integer((json_int_t)number));
}

static void put_text(struct status *status, json_t *object, const char *key,
		     const char *text)
{
	char clean[PRINTABLE_MAX];

	printable_copy(text, clean);
	put(status, object, key, json_string(clean));
}

/* A group or a list inside `object`; borrowed, null after a failure. */
static json_t *put_group(struct status *status, json_t *object, const char *key)
{
	json_t *group = json_object();

	put(status, object, key, group);
	return group;
}

static json_t *put_list(struct status *status, json_t *object, const char *key)
{
	json_t *list = json_array();

	put(status, object, key, list);
	return list;
}

/* A new object at the end of `list`, borrowed. */
static json_t *append(struct status *status, json_t *list)
{
	json_t *item = json_object();

	if (json_array_append_new(list, item))
		status->has_failed = true;
	return item;
}

static void append_number(struct status *status, json_t *list, uint64_t number)
{
	if (json_array_append_new(list, json_integer((json_int_t)number)))
		status->has_failed = true;
}

static void append_text(struct status *status, json_t *list, const char *text)
{
	char clean[PRINTABLE_MAX];

	printable_copy(text, clean);
	if (json_array_append_new(list, json_string(clean)))
		status->has_failed = true;
}

static void put_process(struct status *status)
{
	const struct operations_report *report = &status->report;
	json_t *root = status->root;

	put_text(status, root, "version", PACKAGE_VERSION);
	put_text(status, root, "state", operations_state_name(report->state));
	put_number(status, root, "pid", (uint64_t)getpid());
	put_number(status, root, "started", report->begun_wall_s);
	put_number(status, root, "uptime",
		   (clock_coarse_ms() - report->begun_ms) / 1000);
	put_number(status, root, "time", (uint64_t)time(NULL));
	put_number(status, root, "log_dropped", log_dropped());
}

static uint64_t route_sum(const struct status *status, enum traffic_slot slot)
{
	return metrics_tally_sum(&status->totals.routes, slot);
}

static void put_sessions(struct status *status)
{
	json_t *group = put_group(status, status->root, "sessions");

	put_number(status, group, "active", route_sum(status, TRAFFIC_ACTIVE));
	put_number(status, group, "opened", route_sum(status, TRAFFIC_OPENED));
	put_number(status, group, "limit", status->report.session_limit);
	put_number(status, group, "connections", status->report.connections);

	group = put_group(status, status->root, "traffic");
	put_number(status, group, "bytes_up",
		   route_sum(status, TRAFFIC_BYTES_UP));
	put_number(status, group, "bytes_down",
		   route_sum(status, TRAFFIC_BYTES_DOWN));
	put_number(status, group, "messages_up",
		   route_sum(status, TRAFFIC_MESSAGES_UP));
	put_number(status, group, "messages_down",
		   route_sum(status, TRAFFIC_MESSAGES_DOWN));
	put_number(status, group, "buffered_bytes",
		   status->totals.buffered_bytes);
}

static void put_workers(struct status *status)
{
	const struct operations *operations = status->operations;
	json_t *list = put_list(status, status->root, "workers");

	for (unsigned i = 0; i < status->report.workers; i++) {
		json_t *worker = append(status, list);

		put_number(status, worker, "worker", i);
		put_number(status, worker, "sessions",
			   operations->worker_sessions(operations->arg, i));
	}
}

struct listener_list {
	struct status *status;
	json_t *list;
};

/* The certificates of one listener. */
struct certificate_list {
	struct status *status;
	const char *listener;
	json_t *list;
};

static void put_fingerprint(struct status *status, json_t *item,
			    const uint8_t *sha256)
{
	char hex[2 * 32 + 1];

	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", sha256[i]);
	put_text(status, item, "sha256", hex);
}

static void put_certificate(void *arg,
			    const struct certificate_report *certificate)
{
	struct certificate_list *to = arg;
	json_t *item;
	json_t *names;

	if (strcmp(certificate->listener, to->listener) != 0)
		return;
	item = append(to->status, to->list);
	put_text(to->status, item, "file", certificate->file);
	names = put_list(to->status, item, "names");
	for (size_t i = 0; i < certificate->name_count; i++)
		append_text(to->status, names, certificate->names[i]);
	put_number(to->status, item, "begins", certificate->not_before_s);
	put_number(to->status, item, "expires", certificate->not_after_s);
	put_fingerprint(to->status, item, certificate->sha256);
}

static void put_listener(void *arg, const struct operations_listener *listener)
{
	struct listener_list *to = arg;
	const struct operations *operations = to->status->operations;
	json_t *item = append(to->status, to->list);
	struct certificate_list certificates = {
		.status = to->status,
		.listener = listener->name,
	};

	put_text(to->status, item, "name", listener->name);
	put_text(to->status, item, "address", listener->address);
	certificates.list = put_list(to->status, item, "certificates");
	operations->each_certificate(operations->arg, put_certificate,
				     &certificates);
}

static void put_listeners(struct status *status)
{
	const struct operations *operations = status->operations;
	struct listener_list to = { .status = status };

	to.list = put_list(status, status->root, "listeners");
	operations->each_listener(operations->arg, put_listener, &to);
}

static void put_slots(struct status *status, json_t *item,
		      const struct tally_row *row)
{
	static const char *const names[] = {
		[TRAFFIC_ACTIVE] = "sessions",
		[TRAFFIC_OPENED] = "opened",
		[TRAFFIC_BYTES_UP] = "bytes_up",
		[TRAFFIC_BYTES_DOWN] = "bytes_down",
		[TRAFFIC_MESSAGES_UP] = "messages_up",
		[TRAFFIC_MESSAGES_DOWN] = "messages_down",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put_number(status, item, names[i], counter_get(&row->at[i]));
}

/* Those of the configuration, in its order. */
static void put_routes(struct status *status)
{
	json_t *list = put_list(status, status->root, "routes");

	for (size_t i = 0; i < status->config->route_count; i++) {
		const struct config_route *route = &status->config->routes[i];
		json_t *item;

		if (!route->backend)
			continue;
		item = append(status, list);
		put_text(status, item, "name", route->name);
		put_text(status, item, "path", route->path_text);
		put_text(status, item, "backend", route->backend->name);
		put_slots(status, item,
			  tally_row(&status->totals.routes,
				    slice_of(route->name)));
	}
}

static void put_server(struct status *status, json_t *item,
		       const struct tally_row *row)
{
	uint64_t error = counter_get(&row->at[METRICS_SERVER_ERROR]);

	put(status, item, "up", json_boolean(!error));
	put_number(status, item, "sessions",
		   counter_get(&row->at[METRICS_SERVER_SESSIONS]));
	put_number(status, item, "connected",
		   counter_get(&row->at[METRICS_SERVER_CONNECTED]));
	put_number(status, item, "failed",
		   counter_get(&row->at[METRICS_SERVER_FAILED]));
	if (error)
		put_text(status, item, "last_error",
			 strerrordesc_np((int)error));
	else
		put(status, item, "last_error", json_null());
}

static void put_servers(struct status *status, json_t *list,
			const struct config_backend *backend)
{
	char buffer[METRICS_KEY_MAX];
	struct slice key;

	for (size_t i = 0; i < backend->server_count; i++) {
		const char *server = backend->servers[i].text;
		json_t *item;

		if (!metrics_server_key(backend->name, server, buffer,
					sizeof(buffer), &key))
			continue;
		item = append(status, list);
		put_text(status, item, "server", server);
		put_server(status, item,
			   tally_row(&status->totals.sheet.servers, key));
	}
}

static void put_backends(struct status *status)
{
	json_t *list = put_list(status, status->root, "backends");

	for (size_t i = 0; i < status->config->backend_count; i++) {
		const struct config_backend *backend =
			&status->config->backends[i];
		json_t *item = append(status, list);

		put_text(status, item, "name", backend->name);
		put_servers(status, put_list(status, item, "servers"), backend);
	}
}

/* Counts of one kind by cause: in all, and how many were there before. */
struct cause_counts {
	const struct counter *now;
	const uint32_t *before; /* null: nothing is known */
};

static void put_causes(struct status *status, json_t *list,
		       const struct cause_counts *counts)
{
	for (enum relay_cause cause = CAUSE_NONE + 1; cause < CAUSE_COUNT;
	     cause++) {
		uint64_t total = counter_get(&counts->now[cause]);
		uint32_t recent = (uint32_t)total;
		json_t *item;

		if (!total)
			continue;
		if (counts->before)
			recent -= counts->before[cause];
		item = append(status, list);
		put_text(status, item, "cause", cause_info(cause)->label);
		put_number(status, item, "status", cause_info(cause)->status);
		put_number(status, item, "close_code",
			   cause_info(cause)->close_code);
		put_text(status, item, "text", cause_info(cause)->text);
		put_number(status, item, "total", total);
		put_number(status, item, "recent", recent);
	}
}

static void put_endings(struct status *status, const struct history *history)
{
	const struct history_sample *before =
		history ? history_ago(history, STATUS_RECENT_S) : NULL;
	const struct metrics_sheet *sheet = &status->totals.sheet;
	struct cause_counts closed = { .now = sheet->closed_by_cause };
	struct cause_counts refused = { .now = sheet->refused_by_cause };

	if (before) {
		closed.before = before->closed;
		refused.before = before->refused;
	}
	put_number(status, status->root, "recent_seconds", STATUS_RECENT_S);
	put_causes(status, put_list(status, status->root, "closings"), &closed);
	put_causes(status, put_list(status, status->root, "refusals"),
		   &refused);
}

static void put_reloads(struct status *status)
{
	const struct operations_report *report = &status->report;
	json_t *group = put_group(status, status->root, "reloads");

	put_number(status, group, "succeeded", report->reloads_done);
	put_number(status, group, "failed", report->reloads_refused);
	if (!report->reload_wall_s) {
		put(status, group, "last", json_null());
		return;
	}
	group = put_group(status, group, "last");
	put_text(status, group, "result",
		 report->reload_is_done ? "success" : "failure");
	put_number(status, group, "time", report->reload_wall_s);
}

/* Columns of equal length, the oldest sample first. */
static void put_history(struct status *status, const struct history *history)
{
	json_t *group = put_group(status, status->root, "history");
	json_t *times = put_list(status, group, "time");
	json_t *sessions = put_list(status, group, "sessions");
	json_t *up = put_list(status, group, "bytes_up");
	json_t *down = put_list(status, group, "bytes_down");

	put_number(status, group, "interval", HISTORY_INTERVAL_S);
	for (size_t i = 0; history && i < history->count; i++) {
		const struct history_sample *at = history_at(history, i);

		append_number(status, times, at->wall_s);
		append_number(status, sessions, at->sessions);
		append_number(status, up, at->bytes_up);
		append_number(status, down, at->bytes_down);
	}
}

json_t *status_build(const struct operations *operations)
{
	const struct history *history = operations->history(operations->arg);
	struct status status = { .operations = operations,
				 .config = operations->config(operations->arg),
				 .root = json_object() };

	operations->report(operations->arg, &status.report);
	operations->measure(operations->arg, &status.totals);
	put_process(&status);
	put_sessions(&status);
	put_workers(&status);
	put_listeners(&status);
	put_routes(&status);
	put_backends(&status);
	put_endings(&status, history);
	put_reloads(&status);
	put_history(&status, history);
	metrics_totals_done(&status.totals);
	if (!status.has_failed)
		return status.root;
	json_decref(status.root);
	return NULL;
}
