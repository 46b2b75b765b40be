/* SPDX-License-Identifier: MIT */
/* Where log lines end up: stderr, a file, or the socket of a log daemon. */

#ifndef BASE_LOG_OUTPUT_H
#define BASE_LOG_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define LOG_OUTPUT_JOURNAL_SOCKET "/run/systemd/journal/socket"
#define LOG_OUTPUT_SYSLOG_SOCKET "/dev/log"

enum log_output_kind {
	LOG_OUTPUT_CLOSED,
	LOG_OUTPUT_STDERR, /* never closed */
	LOG_OUTPUT_FILE,
	LOG_OUTPUT_JOURNAL,
	LOG_OUTPUT_SYSLOG,
};

/* Used by one thread at a time. */
struct log_output {
	enum log_output_kind kind;
	int fd;           /* -1: not open, or a socket to be connected */
	char *path;       /* owned: of the file or the socket; null: stderr */
	bool is_regular;  /* a file on a disk: poll() has nothing to say */
	bool is_mid_line; /* the last byte written was not a newline */
	bool is_torn;     /* the rest of that line will not come */
};

/* One that is closed: an initializer. */
#define LOG_OUTPUT_NONE ((struct log_output){ .fd = -1 })

/*
 * Opens `path` for appending (made with mode 0640), or stderr when it is null.
 * Never waits for the reader of a FIFO.  Returns 0 or -errno.
 */
__attribute__((warn_unused_result)) int
log_output_open(struct log_output *output, const char *path);

/*
 * Makes an output to the socket `path` of a journal or a syslog daemon.  It is
 * connected now if somebody listens there, else with the first line that finds
 * somebody: log_output_is_connected() tells.  Returns 0 or -ENOMEM.
 */
__attribute__((warn_unused_result)) int
log_output_connect(struct log_output *output, enum log_output_kind kind,
		   const char *path);

/* Whether there is something to write to: not so for a socket of nobody. */
bool log_output_is_connected(const struct log_output *output);

/* Whether poll() tells when to write. */
bool log_output_can_poll(const struct log_output *output);

/* Closes it; no effect on one that is not open. */
void log_output_done(struct log_output *output);

/*
 * Writes from the beginning of `data`, whole lines, once.  A pipe, socket or
 * terminal gets at most PIPE_BUF bytes: when poll() calls it writable, this
 * does not block.  A log daemon gets one line.  Returns how many bytes were
 * written, at least 1; -EAGAIN when it is to be tried again; another -errno
 * when these lines are lost.
 */
__attribute__((warn_unused_result)) ssize_t
log_output_write(struct log_output *output, const char *data, size_t len);

/* The caller gives up on what it was writing; the next line starts afresh. */
void log_output_break(struct log_output *output);

/* Whether stderr is the stream that systemd announced in $JOURNAL_STREAM. */
bool log_output_is_journal(void);

#endif
