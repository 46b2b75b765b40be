/* SPDX-License-Identifier: MIT */
/* What the program logs through: a sink once open, stderr until then. */

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log_output.h"
#include "base/log_sink.h"

/* The log's one mutable global: every thread logs, and none is handed a log. */
static struct {
	_Atomic(struct log_sink *) sink;
	atomic_int level;
	atomic_bool to_file;
	atomic_uint_fast64_t dropped; /* by sinks that ended, and without one */
} log_state = { .level = LOG_LEVEL_INFO };

static struct log_sink *current_sink(void)
{
	return atomic_load_explicit(&log_state.sink, memory_order_acquire);
}

static enum log_target target_of(const struct log_options *options)
{
	if (options->target != LOG_TARGET_AUTO)
		return options->target;
	/* A root directory of its own may hide the socket. */
	return log_output_is_journal() &&
			       !access(LOG_OUTPUT_JOURNAL_SOCKET, W_OK) ?
		       LOG_TARGET_JOURNAL :
		       LOG_TARGET_STDERR;
}

static enum log_style style_of(const struct log_options *options)
{
	bool is_json = options->format == LOG_FORMAT_JSON;

	switch (target_of(options)) {
	case LOG_TARGET_JOURNAL:
		return LOG_STYLE_FIELDS;
	case LOG_TARGET_SYSLOG:
		return is_json ? LOG_STYLE_PRIORITY_JSON : LOG_STYLE_PRIORITY;
	case LOG_TARGET_STDERR:
		if (!is_json && log_output_is_journal())
			return LOG_STYLE_PRIORITY;
		break;
	case LOG_TARGET_FILE:
	case LOG_TARGET_AUTO:
		break;
	}
	return is_json ? LOG_STYLE_JSON : LOG_STYLE_TEXT;
}

/* To where lines have gone so far. */
static int daemon_open(struct log_output *output, enum log_output_kind kind,
		       const char *path)
{
	int error = log_output_connect(output, kind, path);

	if (!error && !log_output_is_connected(output))
		log_printf(LOG_LEVEL_WARNING,
			   "nobody takes the log at %s: lines are dropped "
			   "until somebody does",
			   path);
	return error;
}

static int output_open(struct log_output *output,
		       const struct log_options *options)
{
	switch (target_of(options)) {
	case LOG_TARGET_JOURNAL:
		return daemon_open(output, LOG_OUTPUT_JOURNAL,
				   LOG_OUTPUT_JOURNAL_SOCKET);
	case LOG_TARGET_SYSLOG:
		return daemon_open(output, LOG_OUTPUT_SYSLOG,
				   LOG_OUTPUT_SYSLOG_SOCKET);
	case LOG_TARGET_FILE:
		return log_output_open(output, options->path);
	case LOG_TARGET_STDERR:
	case LOG_TARGET_AUTO:
		break;
	}
	return log_output_open(output, NULL);
}

static void options_taken(const struct log_options *options)
{
	log_set_level(options->level);
	atomic_store(&log_state.to_file, options->target == LOG_TARGET_FILE);
}

int log_open(const struct log_options *options)
{
	struct log_sink *sink;
	struct log_output output;

	if (current_sink())
		return -EALREADY;
	int error = output_open(&output, options);
	if (error)
		return error;
	error = log_sink_new(&output, style_of(options), &sink);
	if (error) {
		log_output_done(&output);
		return error;
	}
	options_taken(options);
	atomic_store_explicit(&log_state.sink, sink, memory_order_release);
	return 0;
}

int log_reconfigure(const struct log_options *options)
{
	struct log_sink *sink = current_sink();
	struct log_output output;

	if (!sink)
		return -EBADF;
	int error = output_open(&output, options);
	if (error)
		return error;
	log_sink_set_output(sink, &output, style_of(options));
	options_taken(options);
	return 0;
}

int log_reopen(void)
{
	struct log_sink *sink = current_sink();

	if (!sink)
		return -EBADF;
	if (!atomic_load(&log_state.to_file))
		return -EINVAL;
	log_sink_reopen(sink);
	return 0;
}

void log_close(void)
{
	struct log_sink *sink = atomic_exchange(&log_state.sink, NULL);

	atomic_fetch_add(&log_state.dropped, log_sink_free(&sink));
}

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&log_state.level, (int)level,
			      memory_order_relaxed);
}

bool log_is_on(enum log_level level)
{
	return (int)level <=
	       atomic_load_explicit(&log_state.level, memory_order_relaxed);
}

/* To stderr, waiting if need be; a line that cannot be written is counted. */
static void write_directly(const char *line, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, line, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			atomic_fetch_add(&log_state.dropped, 1);
			return;
		}
		line += n;
		len -= (size_t)n;
	}
}

static uint64_t wall_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Fills in the style and the time. */
static void log_line_out(struct log_line *line)
{
	struct log_sink *sink = current_sink();
	char out[LOG_RECORD_MAX];

	line->wall_usec = wall_usec();
	if (sink) {
		line->style = log_sink_style(sink);
		log_sink_put(sink, out, log_format_line(out, line));
		return;
	}
	line->style = log_output_is_journal() ? LOG_STYLE_PRIORITY :
						LOG_STYLE_TEXT;
	write_directly(out, log_format_line(out, line));
}

void log_event(enum log_level level, const char *event,
	       const struct log_field *fields, size_t count)
{
	struct log_line line = {
		.level = level,
		.event = slice_of(event),
		.fields = fields,
		.field_count = count,
	};

	if (log_is_on(level))
		log_line_out(&line);
}

/* A library's message may bring its own newline. */
static struct slice without_newline(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] == '\n')
		len--;
	return slice_make(text, len);
}

void log_printf(enum log_level level, const char *format, ...)
{
	/* Longer than a value may be, so that a cut is seen and marked. */
	char text[LOG_VALUE_MAX + 8] = "";
	struct log_line line = { .level = level };
	va_list arguments;

	if (!log_is_on(level))
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	line.event = without_newline(text, strlen(text));
	log_line_out(&line);
}

uint64_t log_dropped(void)
{
	struct log_sink *sink = current_sink();

	return atomic_load(&log_state.dropped) +
	       (sink ? log_sink_dropped(sink) : 0);
}
