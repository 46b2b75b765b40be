/* SPDX-License-Identifier: MIT */
/* The two flows of a session: what its ends' bytes and errors lead to. */

#include <errno.h>

#include "base/clock.h"
#include "net/socket.h"
#include "net/stream_tls.h"
#include "relay/pump.h"
#include "relay/session_flow.h"

static struct endpoint *client_of(struct session *s)
{
	return &s->client.end;
}

/* A shortage of ours, or what the side that sent did wrong. */
static void close_for_fault(struct session *s, enum relay_cause cause,
			    enum relay_side side)
{
	session_close(s, cause,
		      cause == CAUSE_NO_MEMORY ? SIDE_RELAY : side);
}

static enum relay_cause client_cause(int error)
{
	return error == -ENOMEM ? CAUSE_NO_MEMORY : CAUSE_CLIENT_RESET;
}

/*
 * EPIPE says that the target had closed before our bytes came: in order, unless
 * the socket knows of a reset (as a Unix socket does only then).
 */
static enum relay_cause target_cause(const struct session *s, int error)
{
	if (error == -ENOMEM)
		return CAUSE_NO_MEMORY;
	if (error == -ETIMEDOUT)
		return CAUSE_TARGET_VANISHED;
	/* A datagram that no socket here takes. */
	if (error == -EMSGSIZE)
		return CAUSE_MESSAGE_SIZE;
	if (error == -EPIPE &&
	    socket_take_error(s->target.stream.fd) != -ECONNRESET)
		return CAUSE_TARGET_CLOSED;
	return CAUSE_TARGET_RESET;
}

static void on_up(struct session *s, const struct pump_result *result)
{
	switch (result->outcome) {
	case PUMP_NOTHING:
	case PUMP_MOVED:
		break;
	case PUMP_ENDED:
		session_close(s, CAUSE_CLIENT_CLOSED, SIDE_CLIENT);
		break;
	case PUMP_EOF:
		session_close(s, CAUSE_CLIENT_EOF, SIDE_CLIENT);
		break;
	case PUMP_FAULT:
		close_for_fault(s, result->cause, SIDE_CLIENT);
		break;
	case PUMP_SOURCE_ERROR:
		if (stream_is_tls(&client_of(s)->stream))
			s->refusal_text =
				stream_tls_reason(&client_of(s)->stream);
		session_close(s, CAUSE_CLIENT_RESET, SIDE_CLIENT);
		break;
	case PUMP_SINK_ERROR:
		session_close(s, target_cause(s, result->error), SIDE_TARGET);
		break;
	}
}

/* The target's flow has ended: in order, or inside of something. */
static enum relay_cause end_cause(struct session *s)
{
	enum relay_cause cause = s->target.ops->decode_end(&s->target);

	if (!cause)
		cause = client_of(s)->ops->encode_end(client_of(s));
	return cause ? cause : CAUSE_TARGET_CLOSED;
}

static void on_down(struct session *s, const struct pump_result *result)
{
	switch (result->outcome) {
	case PUMP_NOTHING:
	case PUMP_MOVED:
		break;
	case PUMP_ENDED:
	case PUMP_EOF:
		session_close(s, end_cause(s), SIDE_TARGET);
		break;
	case PUMP_FAULT:
		s->target.ended = true;
		close_for_fault(s, result->cause, SIDE_TARGET);
		break;
	case PUMP_SOURCE_ERROR:
		session_close(s, target_cause(s, result->error), SIDE_TARGET);
		break;
	case PUMP_SINK_ERROR:
		session_close(s, client_cause(result->error), SIDE_CLIENT);
		break;
	}
}

/* How far one direction had come when its pump began to run. */
struct mark {
	uint64_t bytes;
	uint64_t messages;
};

static struct mark mark_up(const struct session *s)
{
	return (struct mark){ .bytes = s->client.end.bytes,
			      .messages = s->client.conn.messages };
}

static struct mark mark_down(const struct session *s)
{
	return (struct mark){ .bytes = s->target.bytes,
			      .messages = s->client.end.messages };
}

/* Pings and pongs keep nobody busy: only payload counts. */
static void note_activity(struct session *s, uint64_t bytes)
{
	if (bytes)
		s->activity_ms = clock_coarse_ms();
}

static void note_pong(struct session *s)
{
	const struct relay_hooks *hooks = &s->relay->options.hooks;

	s->client.is_measured = false;
	if (hooks->pong)
		hooks->pong(hooks->arg, s->client.rtt_us);
}

static void note_up(struct session *s, struct mark before)
{
	struct mark now = mark_up(s);
	struct counter *at = s->traffic->at;

	counter_add(&at[TRAFFIC_BYTES_UP], now.bytes - before.bytes);
	counter_add(&at[TRAFFIC_MESSAGES_UP], now.messages - before.messages);
	note_activity(s, now.bytes - before.bytes);
	if (s->client.is_measured)
		note_pong(s);
}

static void note_down(struct session *s, struct mark before)
{
	struct mark now = mark_down(s);
	struct counter *at = s->traffic->at;

	counter_add(&at[TRAFFIC_BYTES_DOWN], now.bytes - before.bytes);
	counter_add(&at[TRAFFIC_MESSAGES_DOWN],
		    now.messages - before.messages);
	note_activity(s, now.bytes - before.bytes);
}

/*
 * By the piece a read may become more than it was: what of it is held, and
 * what it became, have half of the bound each.
 */
static void share(const struct session *s, struct pump_scratch *scratch)
{
	size_t size = workshop_share(s->route);

	if (size < scratch->size)
		scratch->size = size;
	scratch->piece = workshop_piece(s->route);
	scratch->shop = &s->relay->shop;
	scratch->route = s->route;
}

/* One read's worth, never more than the route lets a direction hold. */
static struct pump_scratch scratch_of(const struct session *s)
{
	struct pump_scratch scratch = s->relay->scratch;
	size_t size = s->route->limits.buffer - ENDPOINT_OVERHEAD;

	/* A worker that was out of memory at a reload may have less. */
	if (size < scratch.size)
		scratch.size = size;
	if (s->client.end.by_piece)
		share(s, &scratch);
	return scratch;
}

/* A datagram is one message: it has to be read whole. */
static void widen(const struct session *s, struct pump_scratch *scratch)
{
	size_t message = s->route->limits.message;

	if (s->route->framing != CONFIG_FRAMING_SEQPACKET ||
	    message <= scratch->size)
		return;
	scratch->size = s->relay->scratch.size;
	if (message < scratch->size)
		scratch->size = message;
}

void session_flow_feed(struct session *s, size_t len)
{
	struct pump_scratch scratch = scratch_of(s);
	struct mark before = mark_up(s);
	struct pump_result result =
		pump_feed(client_of(s), &s->target, &scratch, len);

	note_up(s, before);
	on_up(s, &result);
}

static void pump_up(struct session *s)
{
	struct pump_scratch scratch = scratch_of(s);
	struct pump_result result;
	struct mark before;

	if (client_of(s)->ended) {
		/* RFC 6455 section 5.5.1: nothing counts behind a Close. */
		(void)pump_discard(client_of(s), &s->relay->scratch);
		return;
	}
	if (endpoint_owes(&s->target))
		return;
	before = mark_up(s);
	result = pump_run(client_of(s), &s->target, &scratch);
	note_up(s, before);
	if (result.outcome != PUMP_MOVED)
		on_up(s, &result);
}

static void pump_down(struct session *s)
{
	struct pump_scratch scratch = scratch_of(s);
	struct pump_result result;
	struct mark before;

	if (s->target.ended || endpoint_owes(client_of(s)))
		return;
	if (s->client.end.by_piece)
		widen(s, &scratch);
	before = mark_down(s);
	result = pump_run(&s->target, client_of(s), &scratch);
	note_down(s, before);
	if (result.outcome != PUMP_MOVED)
		on_down(s, &result);
}

void session_flow_on_client(struct session *s, unsigned met)
{
	int error;

	if (met & STREAM_WRITE) {
		error = endpoint_flush(client_of(s));
		if (error)
			session_close(s, client_cause(error), SIDE_CLIENT);
	}
	if (met & STREAM_READ)
		pump_up(s);
}

void session_flow_on_target(struct session *s, unsigned met)
{
	int error;

	if (met & STREAM_WRITE) {
		error = endpoint_flush(&s->target);
		if (error)
			session_close(s, target_cause(s, error), SIDE_TARGET);
	}
	if (met & STREAM_READ)
		pump_down(s);
}

static unsigned write_interest(const struct endpoint *end)
{
	return endpoint_owes(end) ? STREAM_WRITE : STREAM_NOTHING;
}

/* What is left of the last read comes before the next. */
static bool may_read(const struct endpoint *from, const struct endpoint *to)
{
	return !endpoint_owes(to) && !endpoint_has_more(from);
}

/* One that has ended is still watched, for the end of its stream. */
unsigned session_flow_client_interest(const struct session *s)
{
	const struct endpoint *client = &s->client.end;
	unsigned what = write_interest(client);

	if (client->ended ? !client->is_eof : may_read(client, &s->target))
		what |= STREAM_READ;
	return what;
}

/* One that has ended may send without end: it is not listened to. */
unsigned session_flow_target_interest(const struct session *s)
{
	unsigned what = write_interest(&s->target);

	if (!s->target.ended && may_read(&s->target, &s->client.end))
		what |= STREAM_READ;
	return what;
}

static bool may_go_on(const struct endpoint *from, const struct endpoint *to)
{
	return !from->ended && endpoint_has_more(from) && !endpoint_owes(to);
}

bool session_flow_may_resume(const struct session *s)
{
	return may_go_on(&s->client.end, &s->target) ||
	       may_go_on(&s->target, &s->client.end);
}

void session_flow_resume(struct session *s)
{
	if (may_go_on(&s->client.end, &s->target))
		pump_up(s);
	if (may_go_on(&s->target, &s->client.end))
		pump_down(s);
}
