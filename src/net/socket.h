/* SPDX-License-Identifier: MIT */
/* Questions and settings of one socket that the kernel answers. */

#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <stddef.h>
#include <stdint.h>

/* Sends small writes at once (TCP_NODELAY); nothing happens on Unix sockets. */
void socket_set_nodelay(int fd);

/* Makes the next close of `fd` a reset, so that its port is free at once. */
void socket_set_reset(int fd);

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
 * Bytes the peer's kernel has acknowledged since the connection began
 * (tcpi_bytes_acked); 0 where it cannot be told, as on a Unix socket.
 */
uint64_t socket_acked(int fd);

#endif
