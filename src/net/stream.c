/* SPDX-License-Identifier: MIT */
/* A byte stream on an event loop: one socket, one event, derived interest. */

#include "net/stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * As recv() and send(), but not points where a thread can be cancelled, which
 * costs two locked instructions in every call of a program with threads.
 */
#if defined(SYS_recvfrom) && defined(SYS_sendto)
static ssize_t receive(int fd, void *ret_data, size_t len)
{
	return syscall(SYS_recvfrom, fd, ret_data, len, 0, NULL, NULL);
}

static ssize_t transmit(int fd, const void *data, size_t len)
{
	return syscall(SYS_sendto, fd, data, len, MSG_NOSIGNAL, NULL, 0);
}
#else
static ssize_t receive(int fd, void *ret_data, size_t len)
{
	return recv(fd, ret_data, len, 0);
}

static ssize_t transmit(int fd, const void *data, size_t len)
{
	return send(fd, data, len, MSG_NOSIGNAL);
}
#endif

static ssize_t plain_read(struct stream *stream, void *ret_data, size_t len)
{
	ssize_t n;

	do
		n = receive(stream->fd, ret_data, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t plain_write(struct stream *stream, const void *data, size_t len)
{
	ssize_t n;

	do
		n = transmit(stream->fd, data, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int plain_shutdown(struct stream *stream)
{
	return shutdown(stream->fd, SHUT_WR) ? -errno : 0;
}

static const struct stream_ops plain_ops = {
	.read = plain_read,
	.write = plain_write,
	.shutdown = plain_shutdown,
};

void stream_init(struct stream *stream)
{
	stream->fd = -1;
	stream->interest = STREAM_NOTHING;
}

void stream_open(struct stream *stream, struct event_base *base, int fd,
		 stream_callback callback, void *arg)
{
	stream->ops = &plain_ops;
	stream->base = base;
	stream->fd = fd;
	stream->callback = callback;
	stream->arg = arg;
	stream->interest = STREAM_NOTHING;
}

void stream_close(struct stream *stream)
{
	if (!stream_is_open(stream))
		return;
	if (stream->interest)
		event_del(&stream->event);
	close(stream->fd);
	stream_init(stream);
}

static void stream_on_event(evutil_socket_t fd, short what, void *arg)
{
	struct stream *stream = arg;
	unsigned met = STREAM_NOTHING;

	(void)fd;
	if (what & EV_READ)
		met |= STREAM_READ;
	if (what & EV_WRITE)
		met |= STREAM_WRITE;
	stream->callback(stream->arg, met);
}

int stream_rearm(struct stream *stream, unsigned interest)
{
	short what = EV_PERSIST;

	if (stream->interest)
		event_del(&stream->event);
	stream->interest = STREAM_NOTHING;
	if (!interest)
		return 0;
	if (interest & STREAM_READ)
		what |= EV_READ;
	if (interest & STREAM_WRITE)
		what |= EV_WRITE;
	event_assign(&stream->event, stream->base, stream->fd, what,
		     stream_on_event, stream);
	if (event_add(&stream->event, NULL))
		return -ENOMEM;
	stream->interest = interest;
	return 0;
}
