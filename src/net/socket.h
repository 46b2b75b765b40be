/* SPDX-License-Identifier: MIT */
/* Questions and settings of one socket that the kernel answers. */

#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sends small writes at once (TCP_NODELAY); nothing happens on Unix sockets. */
void socket_set_nodelay(int fd);

/*
 * Has the kernel ask a TCP peer that was silent for `idle_ms` whether it is
 * still there, and take it for gone when three questions within about
 * `timeout_ms` had no answer (SO_KEEPALIVE, whole seconds); nothing happens on
 * Unix sockets.
 */
void socket_keep_alive(int fd, uint32_t idle_ms, uint32_t timeout_ms);

/*
 * Makes room for datagrams of `len` bytes to be sent (SO_SNDBUF), as far as the
 * system allows it: twice net.core.wmem_max, a little less.
 */
void socket_fit_datagrams(int fd, size_t len);

/* Bytes received and not yet read (FIONREAD); 0 if it cannot be told. */
size_t socket_inq(int fd);

/*
 * Bytes written that the peer has not yet acknowledged (SIOCOUTQ); on a Unix
 * socket, the memory of what it has not read, which is more.  0 if it cannot
 * be told.
 */
size_t socket_outq(int fd);

/*
 * Bytes written that a close may still lose: what a TCP peer has not yet
 * acknowledged.  None on a Unix socket, whose peer has them at once.
 */
size_t socket_unacked(int fd);

/*
 * Milliseconds since the peer's kernel last acknowledged anything
 * (tcpi_last_ack_recv); 0 where nobody can vanish, as on a Unix socket.
 */
uint32_t socket_peer_silence_ms(int fd);

/*
 * Whether the peer's kernel has answered all that was sent to it, the probes
 * of a window that is closed included: nothing says that it is gone.
 */
bool socket_is_answered(int fd);

/* Takes the error that waits on the socket: -errno, or 0 (SO_ERROR). */
int socket_take_error(int fd);

/*
 * Bytes the peer's kernel has acknowledged since the connection began
 * (tcpi_bytes_acked); 0 where it cannot be told, as on a Unix socket.
 */
uint64_t socket_acked(int fd);

#endif
