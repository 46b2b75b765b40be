/* SPDX-License-Identifier: MIT */
/* A connection to a Unix datagram socket that a log daemon reads. */

#ifndef BASE_LOG_DATAGRAM_H
#define BASE_LOG_DATAGRAM_H

#include <stddef.h>

/*
 * Nothing here waits.  sd_journal_sendv() and syslog(3) do, when the daemon
 * does not read: hence sockets of our own, which poll() knows.
 */

/*
 * A new socket, connected to `path`; the caller closes it.  The descriptor, or
 * -errno: -ENOENT and -ECONNREFUSED when nobody listens there.
 */
__attribute__((warn_unused_result)) int log_datagram_connect(const char *path);

/*
 * Sends one datagram through `*fd`.  When that is -1, or whoever listened is
 * gone, it is connected to `path` first, once; a socket that is of no use is
 * closed and `*fd` set to -1.  Returns 0; -EAGAIN when the queue is full:
 * poll() tells when to try again; another -errno when the datagram is lost.
 */
__attribute__((warn_unused_result)) int
log_datagram_send(int *fd, const char *path, const char *data, size_t len);

#endif
