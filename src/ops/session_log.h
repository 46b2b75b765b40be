/* SPDX-License-Identifier: MIT */
/* The lines of a session in the log: one when it opens, one when it ends. */

#ifndef OPS_SESSION_LOG_H
#define OPS_SESSION_LOG_H

#include "relay/session_record.h"

/*
 * All lines are of level info: a refusal is a peer's doing, may come at any
 * rate, so it is no more urgent than a session; but a warning when the daemon
 * ran out of memory or descriptors.  What is not known is left out.
 * A query string is never logged, tokens live there: `path` ends before the
 * first "?" or "#".  Any thread.
 */

/*
 * "session opened": id worker client listener route target tls tls_cipher
 * tls_subject host path origin
 */
void session_log_opened(const struct session_log_record *record);

/*
 * "session closed": id worker client listener route target cause side reason
 * code_sent code_received seconds bytes_up bytes_down messages_up
 * messages_down undelivered_up undelivered_down rtt_ms
 */
void session_log_closed(const struct session_log_record *record);

/*
 * "handshake refused": id worker client listener route target status cause
 * reason seconds host path origin.  `status` is the HTTP status of the answer;
 * 0, where none could be sent, is left out.
 */
void session_log_refused(const struct session_log_record *record,
			 unsigned status);

#endif
