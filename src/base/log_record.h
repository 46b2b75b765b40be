/* SPDX-License-Identifier: MIT */
/* Log lines as the journal and syslog want them: one datagram each. */

#ifndef BASE_LOG_RECORD_H
#define BASE_LOG_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/log_format.h"

/*
 * A record is a line of several fields, so that it travels through the log's
 * ring as any other line does:
 *
 *   MESSAGE=text SEP NAME=value SEP ... NAME=value NEWLINE
 *
 * No value has a control character.  No line of another style begins with
 * "MESSAGE=".  After a change of target lines of an old style may still come:
 * each function takes lines of any.
 *
 * Pure functions for any thread.
 */
#define LOG_RECORD_SEPARATOR '\x1f'
#define LOG_RECORD_MESSAGE "MESSAGE="
#define LOG_RECORD_IDENTIFIER "SYSLOG_IDENTIFIER=wsrelayd"

/* Room for a datagram made of any one line. */
enum { LOG_RECORD_DATAGRAM_MAX = LOG_RECORD_MAX + 64 };

/*
 * Makes of the `len` bytes at `data`, whole lines, what a reader of text is to
 * see: of a record only its message.  Returns how many bytes are left.
 */
size_t log_record_flatten(char *data, size_t len);

/*
 * Writes what journald takes (systemd's "Native Journal Protocol") for one
 * line, its newline included, and returns its length, at most
 * LOG_RECORD_DATAGRAM_MAX.
 */
size_t log_record_to_journal(char *out, const char *line, size_t len);

/*
 * Writes what a syslog daemon takes at /dev/log (RFC 3164) for one line, its
 * newline included, and returns its length, at most LOG_RECORD_DATAGRAM_MAX:
 *
 *   <30>Nov 24 00:12:01 wsrelayd[812]: info session closed id=12
 *
 * The facility is daemon; a line without a priority is a notice.  `now` is the
 * local time.
 */
size_t log_record_to_syslog(char *out, const char *line, size_t len,
			    const struct tm *now, pid_t pid);

#endif
