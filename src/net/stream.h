/* SPDX-License-Identifier: MIT */
/* A byte stream on an event loop: one socket, one event, derived interest. */

#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <event2/event.h>
#include <event2/event_struct.h>

/* What a stream may wait for, and what it tells, to be or-ed. */
enum stream_interest {
	STREAM_NOTHING = 0,
	STREAM_READ = 1,
	STREAM_WRITE = 2,
	/* Of a stream's kind: what is armed is no longer right. */
	STREAM_STALE = 4,
};

struct stream;

/* Called on the loop with the interests that are met, at least one. */
typedef void (*stream_callback)(void *arg, unsigned met);

/* How bytes get through; one table a kind of stream. */
struct stream_ops {
	/* Bytes read, 0 at the end, -EAGAIN if none yet, else -errno. */
	ssize_t (*read)(struct stream *stream, void *ret_data, size_t len);
	/* Bytes taken, -EAGAIN if none, else -errno.  Never raises SIGPIPE. */
	ssize_t (*write)(struct stream *stream, const void *data, size_t len);
	/* Tells the peer that nothing more will be written: 0 or -errno. */
	int (*shutdown)(struct stream *stream);

	/* Those below are null where a stream is its socket and no more. */

	/* As stream_rearm(). */
	int (*rearm)(struct stream *stream, unsigned interest);
	/* Bytes that can be read and are in the socket no more. */
	size_t (*unread)(const struct stream *stream);
	/* As stream_sent_ahead(). */
	size_t (*sent_ahead)(const struct stream *stream);
	/* Frees what the kind added; the socket is closed next. */
	void (*release)(struct stream *stream);
};

/*
 * Lives inside its owner and on one event loop.  A stream that was never
 * opened, or is closed, has fd -1; the memory of an unopened stream must be
 * zero but for that (stream_init()).
 */
struct stream {
	const struct stream_ops *ops;
	struct event_base *base;
	stream_callback callback;
	void *arg;
	int fd;
	unsigned interest; /* what its owner waits for */
	struct event event;
};

/* Makes `stream` a closed one. */
void stream_init(struct stream *stream);

/* Opens `stream` on the connected non-blocking socket `fd`, which it owns. */
void stream_open(struct stream *stream, struct event_base *base, int fd,
		 stream_callback callback, void *arg);

/* Closes the socket and forgets the event; a closed stream stays closed. */
void stream_close(struct stream *stream);

/* Whether stream_open() was called and stream_close() was not. */
static inline bool stream_is_open(const struct stream *stream)
{
	return stream->fd >= 0;
}

/* What stream_watch() does when `interest` is another than before. */
__attribute__((warn_unused_result))
int stream_rearm(struct stream *stream, unsigned interest);

/*
 * Arms the event for `interest` (enum stream_interest, or-ed) and nothing
 * else.  Costs nothing when it is armed so already; STREAM_NOTHING leaves no
 * event behind.  If memory runs out the stream hears nothing: -ENOMEM.
 */
__attribute__((warn_unused_result))
static inline int stream_watch(struct stream *stream, unsigned interest)
{
	return interest == stream->interest ? 0 :
					      stream_rearm(stream, interest);
}

/*
 * Bytes that can be read without waiting, or nearly so: where they are
 * encrypted, that is not exactly known.  The stream must be open.
 */
size_t stream_unread(const struct stream *stream);

/*
 * Whether a stream that only nearly knows its unread bytes has none for now;
 * one that knows them is never said to be dry.  The stream must be open.
 */
static inline bool stream_is_dry(const struct stream *stream)
{
	return stream->ops->unread && !stream_unread(stream);
}

/*
 * Bytes the socket has already though stream_write() did not yet take them, as
 * a record that is not written whole.  The stream must be open.
 */
size_t stream_sent_ahead(const struct stream *stream);

/* For kinds of streams: arms the event for `interest`, 0 or -ENOMEM. */
__attribute__((warn_unused_result))
int stream_arm(struct stream *stream, unsigned interest,
	       event_callback_fn on_event);

/* For kinds of streams: what an event of the loop says. */
static inline unsigned stream_interest_of(short what)
{
	return (what & EV_READ ? STREAM_READ : 0u) |
	       (what & EV_WRITE ? STREAM_WRITE : 0u);
}

/* As struct stream_ops says; the stream must be open. */
static inline ssize_t stream_read(struct stream *stream, void *ret_data,
				  size_t len)
{
	return stream->ops->read(stream, ret_data, len);
}

/* As struct stream_ops says; the stream must be open. */
static inline ssize_t stream_write(struct stream *stream, const void *data,
				   size_t len)
{
	return stream->ops->write(stream, data, len);
}

/* As struct stream_ops says; the stream must be open. */
static inline int stream_shutdown(struct stream *stream)
{
	return stream->ops->shutdown(stream);
}

#endif
