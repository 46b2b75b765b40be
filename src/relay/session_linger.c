/* SPDX-License-Identifier: MIT */
/* All is said: sockets stay until the peers close; no reset cuts a tail. */

#include "relay/pump.h"
#include "relay/session.h"

/*
 * A refused client is awaited this long at most: its answer is short, and it
 * may be one of many who mean no good.
 */
#define LINGER_REFUSED_MS 2000

/*
 * So much is dropped of what a target sends that is no longer listened to,
 * more than the buffers of both kernels hold (tcp_wmem 4 MiB and tcp_rmem 6 MiB
 * by default): one that stops at our end is not reset.  Then it is closed all
 * the same, as it may never stop.
 */
#define LINGER_DROP_MAX (16 * 1024 * 1024)

static void flush(struct endpoint *end, unsigned met)
{
	if (met & STREAM_WRITE && endpoint_flush(end))
		end->is_eof = true;
}

static size_t discard(struct session *s, struct endpoint *end, unsigned met)
{
	ssize_t n = 0;

	if (met & STREAM_READ)
		n = pump_discard(end, &s->relay->scratch);
	return n > 0 ? (size_t)n : 0;
}

static void on_client(struct session *s, unsigned met)
{
	flush(&s->client.end, met);
	discard(s, &s->client.end, met);
}

static void on_target(struct session *s, unsigned met)
{
	size_t n;

	flush(&s->target, met);
	n = discard(s, &s->target, met);
	s->client.end.undelivered += n;
	s->dropped += n;
	if (s->dropped > LINGER_DROP_MAX)
		s->target.is_eof = true;
}

/* Shuts the write side once all is written, closes once all is read. */
static void settle_end(struct endpoint *end)
{
	if (!stream_is_open(&end->stream))
		return;
	if (end->is_broken)
		end->is_eof = true;
	if (!end->is_eof && !end->is_shut && !endpoint_owes(end)) {
		end->is_shut = true;
		if (stream_shutdown(&end->stream))
			end->is_eof = true;
	}
	if (end->is_eof && !endpoint_owes(end))
		stream_close(&end->stream);
}

static void settle(struct session *s)
{
	settle_end(&s->client.end);
	settle_end(&s->target);
	if (!stream_is_open(&s->client.end.stream) &&
	    !stream_is_open(&s->target.stream))
		session_set_state(s, SESSION_DEAD);
}

static unsigned interest(const struct endpoint *end)
{
	unsigned what = STREAM_NOTHING;

	if (!end->is_eof)
		what |= STREAM_READ;
	if (endpoint_owes(end))
		what |= STREAM_WRITE;
	return what;
}

static unsigned client_interest(const struct session *s)
{
	return interest(&s->client.end);
}

static unsigned target_interest(const struct session *s)
{
	return interest(&s->target);
}

static uint64_t deadline_ms(const struct session *s)
{
	uint32_t timeout_ms = LINGER_REFUSED_MS;

	if (s->was_open)
		timeout_ms = s->route->timeouts.close_ms;
	return session_progress_deadline_ms(s, timeout_ms);
}

static void on_deadline(struct session *s, uint64_t now_ms)
{
	if (!session_has_progress(s, now_ms))
		session_set_state(s, SESSION_DEAD);
}

const struct session_handlers session_linger_handlers = {
	.on_client = on_client,
	.on_target = on_target,
	.settle = settle,
	.client_interest = client_interest,
	.target_interest = target_interest,
	.deadline_ms = deadline_ms,
	.on_deadline = on_deadline,
};
