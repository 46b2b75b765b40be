/* SPDX-License-Identifier: MIT */
/* Opens the log a configuration asks for, libevent's own words included. */

#include "daemon/log_setup.h"

#include <event2/event.h>

#include "base/log.h"
#include "base/slice.h"

static struct log_options options_of(const struct config_log *config)
{
	static const char file[] = "file:";
	struct log_options options = {
		.target = LOG_TARGET_STDERR,
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

int log_setup_open(const struct config_log *config)
{
	struct log_options options = options_of(config);

	event_set_log_callback(on_libevent);
	return log_open(&options);
}

int log_setup_change(const struct config_log *config)
{
	struct log_options options = options_of(config);

	return log_reconfigure(&options);
}
