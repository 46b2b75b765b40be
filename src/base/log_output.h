/* SPDX-License-Identifier: MIT */
/* Where log lines end up: stderr or a file, written so that no line is torn. */

#ifndef BASE_LOG_OUTPUT_H
#define BASE_LOG_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Used by one thread at a time. */
struct log_output {
	int fd;           /* -1: not open */
	char *path;       /* owned; null: stderr, which is never closed */
	bool is_regular;  /* a file on a disk: poll() has nothing to say */
	bool is_mid_line; /* the last byte written was not a newline */
	bool is_torn;     /* the rest of that line will not come */
};

/*
 * Opens `path` for appending (made with mode 0640), or stderr when it is null.
 * Never waits for the reader of a FIFO.  Returns 0 or -errno.
 */
__attribute__((warn_unused_result)) int
log_output_open(struct log_output *output, const char *path);

/* Closes it; no effect on one that is not open. */
void log_output_done(struct log_output *output);

/*
 * Writes from the beginning of `data`, whole lines, once.  A pipe, socket or
 * terminal gets at most PIPE_BUF bytes: when poll() calls it writable, this
 * does not block.  Returns how many bytes were written, at least 1; -EAGAIN
 * when it is to be tried again; another -errno when these lines are lost.
 */
__attribute__((warn_unused_result)) ssize_t
log_output_write(struct log_output *output, const char *data, size_t len);

/* The caller gives up on what it was writing; the next line starts afresh. */
void log_output_break(struct log_output *output);

/* Whether stderr is the stream that systemd announced in $JOURNAL_STREAM. */
bool log_output_is_journal(void);

#endif
