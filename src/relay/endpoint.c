/* SPDX-License-Identifier: MIT */
/* One end of a session: a stream, what its bytes mean, what it is owed. */

#include "relay/endpoint.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "net/socket.h"

void endpoint_init(struct endpoint *end, const struct endpoint_ops *ops,
		   struct buffer_pool *pool)
{
	*end = (struct endpoint){ .ops = ops, .pool = pool };
	stream_init(&end->stream);
}

static void out_release(struct endpoint *end)
{
	if (end->out.block)
		buffer_pool_put(end->pool, end->out.block, end->out.size);
	end->out = (struct outbuf){ .block = NULL };
}

void endpoint_done(struct endpoint *end)
{
	stream_close(&end->stream);
	out_release(end);
	stash_free(&end->held, end->pool);
	stash_free(&end->gather, end->pool);
}

void endpoint_break(struct endpoint *end)
{
	end->undelivered += end->out.len;
	end->owes_empty = false;
	end->is_broken = true;
	out_release(end);
}

/* Keeps `len` more bytes; the block grows, which only control frames need. */
static int out_append(struct endpoint *end, const uint8_t *data, size_t len)
{
	struct outbuf *out = &end->out;
	size_t size = out->size;
	uint8_t *block = out->block;

	if (out->begin + out->len + len > size) {
		block = buffer_pool_get(end->pool, out->len + len, &size);
		if (!block)
			return -ENOMEM;
		if (out->len)
			memcpy(block, out->block + out->begin, out->len);
		if (out->block)
			buffer_pool_put(end->pool, out->block, out->size);
		out->block = block;
		out->size = (uint32_t)size;
		out->begin = 0;
	}
	memcpy(out->block + out->begin + out->len, data, len);
	out->len += (uint32_t)len;
	return 0;
}

static void note_progress(struct endpoint *end, uint64_t now_ms)
{
	end->progress_ms = now_ms;
	end->in_flight = endpoint_in_flight(end);
}

bool endpoint_has_progress(struct endpoint *end, uint64_t now_ms)
{
	if (endpoint_in_flight(end) >= end->in_flight)
		return false;
	note_progress(end, now_ms);
	return true;
}

/* Bytes written, 0 if the peer takes none now; -errno. */
static ssize_t write_some(struct endpoint *end, const uint8_t *data, size_t len)
{
	ssize_t n = stream_write(&end->stream, data, len);

	return n == -EAGAIN ? 0 : n;
}

static int fail(struct endpoint *end, size_t lost, int error)
{
	endpoint_break(end);
	end->undelivered += lost;
	return error;
}

int endpoint_queue(struct endpoint *end, const uint8_t *data, size_t len)
{
	bool was_owing = endpoint_owes(end);
	int error;

	if (end->is_broken) {
		end->undelivered += len;
		return 0;
	}
	error = out_append(end, data, len);
	if (error)
		return fail(end, len, error);
	if (!was_owing)
		note_progress(end, clock_coarse_ms());
	return 0;
}

int endpoint_send(struct endpoint *end, const uint8_t *data, size_t len)
{
	ssize_t n = 0;

	if (!end->is_broken && !endpoint_owes(end)) {
		n = write_some(end, data, len);
		if (n < 0)
			return fail(end, len, (int)n);
		if ((size_t)n == len)
			return 0;
	}
	return endpoint_queue(end, data + n, len - (size_t)n);
}

int endpoint_send_empty(struct endpoint *end)
{
	ssize_t n;

	if (end->is_broken)
		return 0;
	n = stream_write(&end->stream, "", 0);
	end->owes_empty = n == -EAGAIN;
	if (end->owes_empty)
		note_progress(end, clock_coarse_ms());
	return n < 0 && n != -EAGAIN ? fail(end, 0, (int)n) : 0;
}

int endpoint_flush(struct endpoint *end)
{
	struct outbuf *out = &end->out;
	ssize_t n;

	if (end->owes_empty)
		return endpoint_send_empty(end);
	if (!out->len)
		return 0;
	n = write_some(end, out->block + out->begin, out->len);
	if (n < 0)
		return fail(end, 0, (int)n);
	if (!n)
		return 0;
	out->begin += (uint32_t)n;
	out->len -= (uint32_t)n;
	if (out->len)
		note_progress(end, clock_coarse_ms());
	else
		out_release(end);
	return 0;
}

void endpoint_drain(struct endpoint *end)
{
	size_t left;

	if (end->ended || end->is_draining)
		return;
	left = stream_is_open(&end->stream) ? stream_unread(&end->stream) : 0;
	end->take_left = left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
	end->is_draining = left != 0 || endpoint_has_more(end);
	end->ended = !end->is_draining;
}

/* Bytes that count as owed still and are in the socket already. */
static size_t sent_ahead(const struct endpoint *end)
{
	size_t ahead = stream_sent_ahead(&end->stream);

	return ahead < end->out.len ? ahead : end->out.len;
}

size_t endpoint_in_flight(const struct endpoint *end)
{
	if (!stream_is_open(&end->stream))
		return end->out.len;
	return end->out.len - sent_ahead(end) + socket_outq(end->stream.fd);
}

uint64_t endpoint_lost(const struct endpoint *end)
{
	uint64_t lost =
		end->undelivered + end->out.len + stash_len(end->gather);

	if (stream_is_open(&end->stream))
		lost += socket_unacked(end->stream.fd) - sent_ahead(end);
	return lost;
}
