/* SPDX-License-Identifier: MIT */
/* Opens the log a configuration asks for, libevent's own words included. */

#include "daemon/log_setup.h"

#include <sysexits.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/slice.h"

/* The words of log.target but for "file:". */
static enum log_target target_of(const char *word)
{
	struct slice target = slice_of(word);

	if (slice_equal(target, slice_of("stderr")))
		return LOG_TARGET_STDERR;
	if (slice_equal(target, slice_of("journal")))
		return LOG_TARGET_JOURNAL;
	if (slice_equal(target, slice_of("syslog")))
		return LOG_TARGET_SYSLOG;
	return LOG_TARGET_AUTO;
}

static struct log_options options_of(const struct config_log *config)
{
	static const char file[] = "file:";
	struct log_options options = {
		.target = target_of(config->target),
		.format = config->format,
		.level = config->level,
	};

	if (slice_has_prefix(slice_of(config->target), slice_of(file))) {
		options.target = LOG_TARGET_FILE;
		options.path = config->target + sizeof(file) - 1;
	}
	return options;
}

static void on_libevent(int severity, const char *message)
{
	struct log_field field = { .key = "message",
				   .text = slice_of(message) };
	enum log_level level = LOG_LEVEL_ERROR;

	if (severity == EVENT_LOG_DEBUG || severity == EVENT_LOG_MSG)
		level = LOG_LEVEL_DEBUG;
	else if (severity == EVENT_LOG_WARN)
		level = LOG_LEVEL_WARNING;
	log_event(level, "libevent", &field, 1);
}

/*
 * libevent gives up, as it does when a loop cannot be made for want of
 * descriptors.  The log's thread may not get to write any more.
 */
static void on_fatal(int error)
{
	static const char line[] =
		"wsrelayd: cannot start: no event loop, too few file "
		"descriptors or too little memory\n";

	(void)error;
	(void)!write(STDERR_FILENO, line, sizeof(line) - 1);
	_exit(EX_SOFTWARE);
}

int log_setup_open(const struct config_log *config)
{
	struct log_options options = options_of(config);

	event_set_log_callback(on_libevent);
	event_set_fatal_callback(on_fatal);
	return log_open(&options);
}

int log_setup_change(const struct config_log *config)
{
	struct log_options options = options_of(config);

	return log_reconfigure(&options);
}
