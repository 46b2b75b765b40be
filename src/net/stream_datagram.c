/* SPDX-License-Identifier: MIT */
/* A stream of datagrams: a seqpacket socket, read and written by the whole. */

#include "net/stream_datagram.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/socket.h"
#include "net/socket_io.h"

/*
 * A read of 0 bytes is the end, or a datagram that has none.  As long as the
 * peer can send, and as long as something waits behind it, it is no end; what
 * is then left undecided is as stream_datagram.h says.
 */
static bool datagram_is_end(const struct stream *stream)
{
	struct pollfd poller = { .fd = stream->fd, .events = POLLRDHUP };

	if (poll(&poller, 1, 0) != 1)
		return false;
	return socket_inq(stream->fd) == 0;
}

static ssize_t datagram_read(struct stream *stream, void *ret_data, size_t len)
{
	/* The datagram's length, however much of it there was room for. */
	ssize_t n = socket_receive(stream->fd, ret_data, len, MSG_TRUNC);

	if (n > 0 && (size_t)n > len)
		return -EMSGSIZE;
	if (n == 0 && !datagram_is_end(stream))
		return -ENOMSG;
	return n;
}

static ssize_t datagram_write(struct stream *stream, const void *data,
			      size_t len)
{
	ssize_t n = socket_send(stream->fd, data, len, 0);

	/* The socket would take it, but there is no memory of that length. */
	return n == -ENOBUFS ? -EMSGSIZE : n;
}

static int datagram_shutdown(struct stream *stream)
{
	return shutdown(stream->fd, SHUT_WR) ? -errno : 0;
}

static const struct stream_ops datagram_ops = {
	.read = datagram_read,
	.write = datagram_write,
	.shutdown = datagram_shutdown,
};

void stream_datagram_begin(struct stream *stream)
{
	stream->ops = &datagram_ops;
}
