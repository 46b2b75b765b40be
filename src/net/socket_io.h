/* SPDX-License-Identifier: MIT */
/* Reads and writes of a socket, as cheap as they come. */

#ifndef NET_SOCKET_IO_H
#define NET_SOCKET_IO_H

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * As recv() and send(), but not points where a thread can be cancelled, which
 * costs two locked instructions in every call of a program with threads.
 */
#if defined(SYS_recvfrom) && defined(SYS_sendto)
static inline ssize_t socket_receive_once(int fd, void *ret_data, size_t len,
					  int flags)
{
	return syscall(SYS_recvfrom, fd, ret_data, len, flags, NULL, NULL);
}

static inline ssize_t socket_send_once(int fd, const void *data, size_t len,
				       int flags)
{
	return syscall(SYS_sendto, fd, data, len, flags | MSG_NOSIGNAL, NULL,
		       0);
}
#else
static inline ssize_t socket_receive_once(int fd, void *ret_data, size_t len,
					  int flags)
{
	return recv(fd, ret_data, len, flags);
}

static inline ssize_t socket_send_once(int fd, const void *data, size_t len,
				       int flags)
{
	return send(fd, data, len, flags | MSG_NOSIGNAL);
}
#endif

/*
 * Bytes read, 0 at the end, -errno (-EAGAIN: none are there); `flags` as of
 * recv().  Any thread.
 */
static inline ssize_t socket_receive(int fd, void *ret_data, size_t len,
				     int flags)
{
	ssize_t n;

	do
		n = socket_receive_once(fd, ret_data, len, flags);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/*
 * Bytes written, or -errno (-EAGAIN: there is no room); `flags` as of send(),
 * never a SIGPIPE.  Any thread.
 */
static inline ssize_t socket_send(int fd, const void *data, size_t len,
				  int flags)
{
	ssize_t n;

	do
		n = socket_send_once(fd, data, len, flags);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

#endif
