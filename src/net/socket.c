/* SPDX-License-Identifier: MIT */
/* Questions and settings of one socket that the kernel answers. */

#include "net/socket.h"

#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

void socket_set_nodelay(int fd)
{
	int on = 1;

	/* EOPNOTSUPP on a Unix socket is as good as success. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void set_seconds(int fd, int option, uint32_t ms)
{
	int seconds = ms < 1000 ? 1 : (int)(ms / 1000);

	(void)setsockopt(fd, IPPROTO_TCP, option, &seconds, sizeof(seconds));
}

void socket_keep_alive(int fd, uint32_t idle_ms, uint32_t timeout_ms)
{
	int questions = 3;
	int on = 1;

	/* Fails on a Unix socket, which can do without the rest. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &questions,
		       sizeof(questions)))
		return;
	set_seconds(fd, TCP_KEEPIDLE, idle_ms);
	set_seconds(fd, TCP_KEEPINTVL, timeout_ms / 3);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

void socket_fit_datagrams(int fd, size_t len)
{
	/* The kernel doubles it; what it adds to a datagram is far less. */
	size_t half = len / 2 + 1024;
	int size = half < INT_MAX / 2 ? (int)half : INT_MAX / 2;
	int now = 0;
	socklen_t now_len = sizeof(now);

	/* Never less than it was. */
	if (!getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &now, &now_len) &&
	    now / 2 < size)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size));
}

static size_t socket_count(int fd, unsigned long request)
{
	int count = 0;

	if (ioctl(fd, request, &count) || count < 0)
		return 0;
	return (size_t)count;
}

size_t socket_inq(int fd)
{
	return socket_count(fd, FIONREAD);
}

size_t socket_outq(int fd)
{
	return socket_count(fd, SIOCOUTQ);
}

size_t socket_unacked(int fd)
{
	int domain = AF_UNSPEC;
	socklen_t len = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len))
		return 0;
	return domain == AF_UNIX ? 0 : socket_outq(fd);
}

/* All zero where there is no TCP. */
static struct tcp_info tcp_info_of(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return (struct tcp_info){ 0 };
	return info;
}

uint32_t socket_peer_silence_ms(int fd)
{
	return tcp_info_of(fd).tcpi_last_ack_recv;
}

bool socket_is_answered(int fd)
{
	struct tcp_info info = tcp_info_of(fd);

	return !info.tcpi_unacked && !info.tcpi_probes;
}

int socket_take_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		return -errno;
	return -error;
}

uint64_t socket_acked(int fd)
{
	return tcp_info_of(fd).tcpi_bytes_acked;
}
