/* SPDX-License-Identifier: MIT */
/* A byte stream on an event loop: one socket, one event, derived interest. */

#include "net/stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/socket.h"
#include "net/socket_io.h"

static ssize_t plain_read(struct stream *stream, void *ret_data, size_t len)
{
	return socket_receive(stream->fd, ret_data, len, 0);
}

static ssize_t plain_write(struct stream *stream, const void *data, size_t len)
{
	return socket_send(stream->fd, data, len, 0);
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
	if (stream->ops->release)
		stream->ops->release(stream);
	if (stream->interest)
		event_del(&stream->event);
	close(stream->fd);
	stream_init(stream);
}

static void stream_on_event(evutil_socket_t fd, short what, void *arg)
{
	struct stream *stream = arg;

	(void)fd;
	stream->callback(stream->arg, stream_interest_of(what));
}

int stream_arm(struct stream *stream, unsigned interest,
	       event_callback_fn on_event)
{
	short what = EV_PERSIST;

	if (interest & STREAM_READ)
		what |= EV_READ;
	if (interest & STREAM_WRITE)
		what |= EV_WRITE;
	event_assign(&stream->event, stream->base, stream->fd, what, on_event,
		     stream);
	return event_add(&stream->event, NULL) ? -ENOMEM : 0;
}

int stream_rearm(struct stream *stream, unsigned interest)
{
	int error = 0;

	if (stream->ops->rearm)
		return stream->ops->rearm(stream, interest);
	if (stream->interest)
		event_del(&stream->event);
	stream->interest = STREAM_NOTHING;
	if (interest)
		error = stream_arm(stream, interest, stream_on_event);
	if (!error)
		stream->interest = interest;
	return error;
}

size_t stream_unread(const struct stream *stream)
{
	size_t held = 0;

	if (stream->ops->unread)
		held = stream->ops->unread(stream);
	return held + socket_inq(stream->fd);
}

size_t stream_sent_ahead(const struct stream *stream)
{
	if (stream->ops->sent_ahead)
		return stream->ops->sent_ahead(stream);
	return 0;
}
