/* SPDX-License-Identifier: MIT */
/* The page /metrics: everything that is counted, for Prometheus. */

#include "ops/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ops/metrics_text.h"
#include "ops/process_stats.h"
#include "relay/traffic.h"

/* One kind of samples of a tally's rows: which slot, under which labels. */
struct row_samples {
	struct metrics_family family;
	unsigned slot;
	const char *labels[4]; /* of the texts of a key, in order */
	size_t label_count;
	struct metrics_label more; /* one beside them; or without a name */
};

/* A gauge that lost its row to want of memory counts below zero. */
static uint64_t not_negative(uint64_t value)
{
	return value > INT64_MAX ? 0 : value;
}

static void write_row(FILE *out, const struct row_samples *what,
		      const struct tally_row *row)
{
	struct metrics_label labels[5];
	size_t count = 0;

	for (; count < what->label_count; count++)
		labels[count] = (struct metrics_label){
			.name = what->labels[count],
			.value = metrics_key_text(row->key, (unsigned)count),
		};
	if (what->more.name)
		labels[count++] = what->more;
	metrics_text_sample(out, what->family.name, labels, count,
			    not_negative(counter_get(&row->at[what->slot])));
}

/* The rows of a tally, in order. */
struct rows {
	const struct tally_row **at;
	size_t count;
};

static void write_rows(FILE *out, const struct row_samples *what,
		       const struct rows *rows)
{
	if (what->family.help)
		metrics_text_family(out, &what->family);
	for (size_t i = 0; i < rows->count; i++)
		write_row(out, what, rows->at[i]);
}

static void write_routes(FILE *out, const struct rows *rows)
{
#define ROUTE .labels = { "route" }, .label_count = 1
	static const struct row_samples samples[] = {
		{ { "wsrelayd_sessions_active", "gauge",
		    "Sessions that are open, those that end included." },
		  TRAFFIC_ACTIVE,
		  ROUTE },
		{ { "wsrelayd_sessions_total", "counter",
		    "Sessions that were opened." },
		  TRAFFIC_OPENED,
		  ROUTE },
		{ { "wsrelayd_bytes_total", "counter",
		    "Bytes of payload, up from client to target." },
		  TRAFFIC_BYTES_UP,
		  ROUTE,
		  .more = { "direction", "up" } },
		{ { "wsrelayd_bytes_total", NULL, NULL },
		  TRAFFIC_BYTES_DOWN,
		  ROUTE,
		  .more = { "direction", "down" } },
		{ { "wsrelayd_messages_total", "counter",
		    "WebSocket messages, up from client to target." },
		  TRAFFIC_MESSAGES_UP,
		  ROUTE,
		  .more = { "direction", "up" } },
		{ { "wsrelayd_messages_total", NULL, NULL },
		  TRAFFIC_MESSAGES_DOWN,
		  ROUTE,
		  .more = { "direction", "down" } },
	};
#undef ROUTE
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		write_rows(out, &samples[i], rows);
}

static void write_up(FILE *out, const struct rows *rows)
{
	static const struct metrics_family family = {
		"wsrelayd_backend_up", "gauge",
		"Whether the last connection to the server succeeded; 1 while "
		"none was tried."
	};

	metrics_text_family(out, &family);
	for (size_t i = 0; i < rows->count; i++) {
		const struct tally_row *row = rows->at[i];
		struct metrics_label labels[] = {
			{ "backend", metrics_key_text(row->key, 0) },
			{ "server", metrics_key_text(row->key, 1) },
		};

		if (counter_get(&row->at[METRICS_SERVER_CONFIGURED]))
			metrics_text_sample(
				out, family.name, labels, 2,
				!counter_get(&row->at[METRICS_SERVER_ERROR]));
	}
}

static void write_servers(FILE *out, const struct rows *rows)
{
#define SERVER .labels = { "backend", "server" }, .label_count = 2
	static const struct row_samples samples[] = {
		{ { "wsrelayd_backend_sessions", "gauge",
		    "Sessions that are connected to the server." },
		  METRICS_SERVER_SESSIONS,
		  SERVER },
		{ { "wsrelayd_backend_connects_total", "counter",
		    "Connections to the server that were tried." },
		  METRICS_SERVER_CONNECTED,
		  SERVER,
		  .more = { "result", "success" } },
		{ { "wsrelayd_backend_connects_total", NULL, NULL },
		  METRICS_SERVER_FAILED,
		  SERVER,
		  .more = { "result", "failure" } },
	};
#undef SERVER
	write_up(out, rows);
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		write_rows(out, &samples[i], rows);
}

static void write_closed(FILE *out, const struct rows *rows)
{
	static const struct row_samples samples = {
		{ "wsrelayd_sessions_closed_total", "counter",
		  "Sessions that ended, by who ended them, why, and the close "
		  "code sent." },
		METRICS_CLOSED,
		.labels = { "route", "side", "cause", "code" },
		.label_count = 4,
	};

	write_rows(out, &samples, rows);
}

/* Sorts the rows of a tally and writes them with `write`. */
static int write_tally(FILE *out, const struct tally *tally,
		       void (*write)(FILE *out, const struct rows *rows))
{
	struct rows rows = { .count = 0 };

	rows.at = metrics_tally_sorted(tally, &rows.count);
	if (!rows.at)
		return -ENOMEM;
	write(out, &rows);
	free(rows.at);
	return 0;
}

/* Whether a request, or the handshake of TLS before it, may end so. */
static bool does_refuse(const struct cause_info *info)
{
	return info->status || info->ending == ENDING_NONE;
}

/* Every cause there is, so that the first of a kind is an increase too. */
static void write_refused(FILE *out, const struct metrics_sheet *sheet)
{
	static const struct metrics_family family = {
		"wsrelayd_handshakes_refused_total", "counter",
		"Requests that were refused, by the status of the answer and "
		"why."
	};

	metrics_text_family(out, &family);
	for (enum relay_cause cause = CAUSE_NONE + 1; cause < CAUSE_COUNT;
	     cause++) {
		const struct cause_info *info = cause_info(cause);
		char status[8] = "none";
		struct metrics_label labels[] = { { "status", status },
						  { "reason", info->label } };

		if (info->status)
			snprintf(status, sizeof(status), "%u", info->status);
		if (does_refuse(info))
			metrics_text_sample(
				out, family.name, labels, 2,
				counter_get(&sheet->refused_by_cause[cause]));
	}
}

static void write_histograms(FILE *out, const struct metrics_sheet *sheet)
{
	const struct {
		struct metrics_family family;
		const struct histogram *histogram;
		const struct histogram_scale *scale;
	} all[] = {
		{ { "wsrelayd_backend_connect_seconds", "histogram",
		    "Until a server was connected, failures not counted." },
		  &sheet->connect,
		  &histogram_scale_moments },
		{ { "wsrelayd_handshake_seconds", "histogram",
		    "From the accepted connection to the open session." },
		  &sheet->handshake,
		  &histogram_scale_moments },
		{ { "wsrelayd_ping_rtt_seconds", "histogram",
		    "Round trips of pings to clients." },
		  &sheet->ping_rtt,
		  &histogram_scale_moments },
		{ { "wsrelayd_session_seconds", "histogram",
		    "How long sessions were open." },
		  &sheet->session,
		  &histogram_scale_stays },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		metrics_text_histogram(out, &all[i].family, all[i].histogram,
				       all[i].scale);
}

static void write_workers(FILE *out, const struct operations *operations,
			  uint32_t count)
{
	static const struct metrics_family family = {
		"wsrelayd_worker_sessions", "gauge",
		"Sessions of a worker, requests under way included."
	};

	metrics_text_family(out, &family);
	for (unsigned i = 0; i < count; i++) {
		char number[12];
		struct metrics_label label = { "worker", number };

		snprintf(number, sizeof(number), "%u", i);
		metrics_text_sample(out, family.name, &label, 1,
				    operations->worker_sessions(operations->arg,
								i));
	}
}

static void write_certificate(void *arg,
			      const struct certificate_report *certificate)
{
	const struct metrics_label labels[] = {
		{ "listener", certificate->listener },
		{ "file", certificate->file },
	};

	metrics_text_sample(arg, "wsrelayd_certificate_expiry_seconds", labels,
			    2, certificate->not_after_s);
}

static void write_certificates(FILE *out, const struct operations *operations)
{
	static const struct metrics_family family = {
		"wsrelayd_certificate_expiry_seconds", "gauge",
		"When a certificate that serves ends, Unix time."
	};

	metrics_text_family(out, &family);
	operations->each_certificate(operations->arg, write_certificate, out);
}

static void write_state(FILE *out, enum operations_state now)
{
	static const struct metrics_family family = {
		"wsrelayd_state", "gauge",
		"1 for what the daemon is doing, 0 for what it is not."
	};

	metrics_text_family(out, &family);
	for (enum operations_state state = OPERATIONS_RUNNING;
	     state <= OPERATIONS_STOPPING; state++) {
		struct metrics_label label = { "state",
					       operations_state_name(state) };

		metrics_text_sample(out, family.name, &label, 1, state == now);
	}
}

static void write_reloads(FILE *out, const struct operations_report *report)
{
	static const struct metrics_family family = {
		"wsrelayd_reloads_total", "counter",
		"Reloads of the configuration, and whether it was taken."
	};
	static const struct metrics_label success = { "result", "success" };
	static const struct metrics_label failure = { "result", "failure" };

	metrics_text_family(out, &family);
	metrics_text_sample(out, family.name, &success, 1,
			    report->reloads_done);
	metrics_text_sample(out, family.name, &failure, 1,
			    report->reloads_refused);
}

static void write_daemon(FILE *out, const struct operations_report *report)
{
	static const struct metrics_family build = { "wsrelayd_build_info",
						     "gauge",
						     "1, with the version." };
	static const struct metrics_label version = { "version",
						      PACKAGE_VERSION };
	const struct {
		struct metrics_family family;
		uint64_t value;
	} numbers[] = {
		{ { "wsrelayd_connections", "gauge",
		    "Connections of clients, those that are refused "
		    "included." },
		  report->connections },
		{ { "wsrelayd_session_limit", "gauge",
		    "Most sessions that are allowed at a time." },
		  report->session_limit },
		{ { "wsrelayd_log_dropped_total", "counter",
		    "Lines of the log that could not be written." },
		  log_dropped() },
	};

	metrics_text_family(out, &build);
	metrics_text_sample(out, build.name, &version, 1, 1);
	write_state(out, report->state);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		metrics_text_number(out, &numbers[i].family, numbers[i].value);
	write_reloads(out, report);
}

/* What could not be read is left out: a 0 would be a figure like others. */
static void write_process(FILE *out, const struct operations_report *report)
{
	static const struct metrics_family cpu = {
		"process_cpu_seconds_total", "counter",
		"Processor time, user and system."
	};
	const struct process_stats stats = process_stats_read();
	const struct {
		struct metrics_family family;
		uint64_t value;
	} numbers[] = {
		{ { "process_resident_memory_bytes", "gauge",
		    "Memory in use." },
		  stats.resident_bytes },
		{ { "process_virtual_memory_bytes", "gauge",
		    "Memory mapped, in use or not." },
		  stats.virtual_bytes },
		{ { "process_threads", "gauge", "Threads." }, stats.threads },
		{ { "process_open_fds", "gauge", "Open file descriptors." },
		  stats.open_fds },
		{ { "process_max_fds", "gauge",
		    "Most file descriptors that may be open." },
		  stats.max_fds },
		{ { "process_start_time_seconds", "gauge",
		    "When the process began, Unix time." },
		  report->begun_wall_s },
	};

	metrics_text_seconds(out, &cpu, stats.cpu_us);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i].value)
			metrics_text_number(out, &numbers[i].family,
					    numbers[i].value);
}

static int write_sessions(FILE *out, const struct metrics_totals *totals)
{
	static const struct metrics_family buffered = {
		"wsrelayd_buffered_bytes", "gauge",
		"Memory that holds bytes which peers have not taken yet."
	};
	int error = write_tally(out, &totals->routes, write_routes);

	if (!error)
		error = write_tally(out, &totals->sheet.closed, write_closed);
	if (!error)
		error = write_tally(out, &totals->sheet.servers, write_servers);
	if (error)
		return error;
	write_refused(out, &totals->sheet);
	metrics_text_number(out, &buffered, totals->buffered_bytes);
	write_histograms(out, &totals->sheet);
	return 0;
}

int metrics_write(FILE *out, const struct operations *operations)
{
	struct metrics_totals totals;
	struct operations_report report;
	int error;

	operations->report(operations->arg, &report);
	operations->measure(operations->arg, &totals);
	write_daemon(out, &report);
	error = write_sessions(out, &totals);
	write_workers(out, operations, report.workers);
	write_certificates(out, operations);
	write_process(out, &report);
	metrics_totals_done(&totals);
	return error;
}
