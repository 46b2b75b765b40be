/* SPDX-License-Identifier: MIT */
/* The log: a thread of its own writes; a full queue drops lines and counts. */

#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log_format.h"
#include "base/slice.h"

/*
 * One log per process.  A line is formatted on the caller's stack and copied
 * into a ring of 256 KiB under a short lock; a writer thread drains it.
 * So a caller never waits for a disk, a pipe or a terminal: when the ring is
 * full the line is dropped and counted.  Where lines are missing the writer
 * puts one of its own: "notice log lines dropped count=N".
 *
 * What cannot be written (a full disk, a pipe nobody reads any more) is
 * dropped and counted too; each later line is a new attempt.
 *
 * The writer collects lines for a few milliseconds while there is traffic: a
 * line may appear that much later than it was logged.  Lines of one thread
 * keep their order.
 *
 * Without an open log (before log_open(), after log_close()) lines go
 * straight to stderr as text, at the level last set (info at first): start-up
 * errors need no open log.  Such a write may block.
 *
 * Threads: log_is_on(), log_event(), log_printf() and log_dropped() from any;
 * everything else from one thread at a time, the supervisor's.  log_open()
 * before and log_close() after all threads that log.  Not for use in a signal
 * handler.
 */

enum log_target {
	LOG_TARGET_STDERR,
	LOG_TARGET_FILE,
	LOG_TARGET_JOURNAL, /* fields, whatever the format */
	LOG_TARGET_SYSLOG,
	LOG_TARGET_AUTO, /* JOURNAL if systemd connected stderr to it */
};

struct log_options {
	enum log_target target;
	const char *path; /* FILE: absolute path, copied; else not looked at */
	enum log_format format;
	enum log_level level; /* lines above it are not logged */
};

/*
 * Starts the writer thread (all signals blocked in it).  A file is opened for
 * appending, made with mode 0640 if it is not there.  On stderr under systemd
 * ($JOURNAL_STREAM names it) text lines begin with their priority, not with a
 * time; JSON lines stay plain JSON.  A journal or syslog daemon that is not
 * there is no error: a warning goes to stderr (later: to the old target), and
 * lines are dropped and counted until it is.
 * Returns 0; -EALREADY while a log is open; -errno of opening the file, of
 * memory or of the thread, and then nothing has changed.
 */
__attribute__((warn_unused_result)) int
log_open(const struct log_options *options);

/*
 * Takes over a new target, format and level, whole or not at all.  Returns 0;
 * -EBADF without an open log; -errno when the file cannot be opened or memory
 * is short: the old log goes on.  Lines already queued go to the old target
 * or the new one, none is lost and none cut.
 */
__attribute__((warn_unused_result)) int
log_reconfigure(const struct log_options *options);

/*
 * Has the writer open its file anew, for one that was renamed away.  Returns
 * 0 when the writer was asked: should it fail, it goes on with the file it has
 * and logs a warning.  -EBADF without an open log, -EINVAL when the target is
 * not a file.
 */
__attribute__((warn_unused_result)) int log_reopen(void);

/*
 * Writes out what is queued, for one second at the longest, and ends the log.
 * What is left then is dropped; a writer stuck in a write is left behind with
 * its memory, as the process is about to end.  No effect without an open log.
 */
void log_close(void);

/* Lines above `level` are no longer logged. */
void log_set_level(enum log_level level);

/* Whether a line of this level would be logged.  Costs one relaxed load. */
bool log_is_on(enum log_level level);

/*
 * Logs one line: constant words for what happened, then the fields, in their
 * order.  Text values may hold any bytes and are needed only during the call.
 * `fields` may be null when `count` is 0.
 */
void log_event(enum log_level level, const char *event,
	       const struct log_field *fields, size_t count);

/* Logs a line without fields; over LOG_VALUE_MAX bytes it is cut. */
__attribute__((format(printf, 2, 3))) void log_printf(enum log_level level,
						      const char *format, ...);

/* How many lines were dropped since the process began, for whatever reason. */
uint64_t log_dropped(void);

#endif
