/* SPDX-License-Identifier: MIT */
/* The thread that writes log lines, and the queue callers put them in. */

#ifndef BASE_LOG_SINK_H
#define BASE_LOG_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/log_format.h"
#include "base/log_output.h"

enum { LOG_SINK_RING_BYTES = 256 * 1024 };

struct log_sink;

/*
 * Makes a sink and its thread, which writes to `*output`: taken over, left
 * closed.  All signals are blocked in it.  Returns 0 or -errno; then `*output`
 * is still the caller's.
 */
__attribute__((warn_unused_result)) int
log_sink_new(struct log_output *output, enum log_style style,
	     struct log_sink **ret_sink);

/*
 * Writes out what is queued, for a second at the longest, then ends the thread,
 * frees the sink and sets `*sink` to null.  A thread that is stuck in a write
 * is left behind with the sink's memory.  Returns how many lines were dropped
 * since log_sink_new().  A null `*sink` is left alone.
 */
uint64_t log_sink_free(struct log_sink **sink);

/*
 * Queues a line, its newline included, at most LOG_RECORD_MAX bytes.  Never
 * waits for the output; without room the line is dropped and counted.  Any
 * thread.
 */
void log_sink_put(struct log_sink *sink, const char *line, size_t len);

/* Takes `*output` over, leaving it closed, and writes to it from now on. */
void log_sink_set_output(struct log_sink *sink, struct log_output *output,
			 enum log_style style);

/* Has the thread open its file anew; logs a warning when that fails. */
void log_sink_reopen(struct log_sink *sink);

/* How lines are to look now.  Any thread. */
enum log_style log_sink_style(const struct log_sink *sink);

/* Lines dropped since log_sink_new().  Any thread. */
uint64_t log_sink_dropped(const struct log_sink *sink);

#endif
