/* SPDX-License-Identifier: MIT */
/* A session that relays: what its ends' bytes, errors and silence lead to. */

#include <errno.h>

#include "base/clock.h"
#include "relay/pump.h"
#include "relay/session_flow.h"

static struct endpoint *client_of(struct session *s)
{
	return &s->client.end;
}

static enum relay_cause sink_cause(bool is_up, int error)
{
	if (error == -ENOMEM)
		return CAUSE_NO_MEMORY;
	if (!is_up)
		return CAUSE_CLIENT_RESET;
	/* EPIPE: it had closed in order before our bytes came. */
	return error == -EPIPE ? CAUSE_TARGET_CLOSED : CAUSE_TARGET_RESET;
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
		session_close(s, result->cause, SIDE_CLIENT);
		break;
	case PUMP_SOURCE_ERROR:
		session_close(s, CAUSE_CLIENT_RESET, SIDE_CLIENT);
		break;
	case PUMP_SINK_ERROR:
		session_close(s, sink_cause(true, result->error), SIDE_TARGET);
		break;
	}
}

static void on_down(struct session *s, const struct pump_result *result)
{
	enum relay_cause cause;

	switch (result->outcome) {
	case PUMP_NOTHING:
	case PUMP_MOVED:
		break;
	case PUMP_ENDED:
	case PUMP_EOF:
		cause = client_of(s)->ops->encode_end(client_of(s));
		session_close(s, cause ? cause : CAUSE_TARGET_CLOSED,
			      SIDE_TARGET);
		break;
	case PUMP_FAULT:
		s->target.ended = true;
		session_close(s, result->cause, SIDE_TARGET);
		break;
	case PUMP_SOURCE_ERROR:
		session_close(s, CAUSE_TARGET_RESET, SIDE_TARGET);
		break;
	case PUMP_SINK_ERROR:
		session_close(s, sink_cause(false, result->error), SIDE_CLIENT);
		break;
	}
}

void session_flow_feed(struct session *s, size_t len)
{
	struct pump_result result =
		pump_feed(client_of(s), &s->target, &s->relay->scratch, len);

	on_up(s, &result);
}

/* One read's worth, never more than the route lets a direction hold. */
static struct pump_scratch scratch_of(const struct session *s)
{
	struct pump_scratch scratch = s->relay->scratch;
	size_t size = s->route->limits.buffer - ENDPOINT_OVERHEAD;

	/* A worker that was out of memory at a reload may have less. */
	if (size < scratch.size)
		scratch.size = size;
	return scratch;
}

/* Pings and pongs keep nobody busy: only payload counts. */
static void note_activity(struct session *s)
{
	uint64_t bytes = s->client.end.bytes + s->target.bytes;

	if (bytes == s->bytes_seen)
		return;
	s->bytes_seen = bytes;
	s->activity_ms = clock_coarse_ms();
}

static void pump_up(struct session *s)
{
	struct pump_scratch scratch = scratch_of(s);
	struct pump_result result;

	if (client_of(s)->ended) {
		/* RFC 6455 section 5.5.1: nothing counts behind a Close. */
		(void)pump_discard(client_of(s), &s->relay->scratch);
		return;
	}
	if (endpoint_owes(&s->target))
		return;
	result = pump_run(client_of(s), &s->target, &scratch);
	note_activity(s);
	if (result.outcome != PUMP_MOVED)
		on_up(s, &result);
}

static void pump_down(struct session *s)
{
	struct pump_scratch scratch = scratch_of(s);
	struct pump_result result;

	if (s->target.ended || endpoint_owes(client_of(s)))
		return;
	result = pump_run(&s->target, client_of(s), &scratch);
	note_activity(s);
	if (result.outcome != PUMP_MOVED)
		on_down(s, &result);
}

void session_flow_on_client(struct session *s, unsigned met)
{
	int error;

	if (met & STREAM_WRITE) {
		error = endpoint_flush(client_of(s));
		if (error)
			session_close(s, sink_cause(false, error), SIDE_CLIENT);
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
			session_close(s, sink_cause(true, error), SIDE_TARGET);
	}
	if (met & STREAM_READ)
		pump_down(s);
}

static unsigned write_interest(const struct endpoint *end)
{
	return endpoint_owes(end) ? STREAM_WRITE : STREAM_NOTHING;
}

/* One that has ended is still watched, for the end of its stream. */
unsigned session_flow_client_interest(const struct session *s)
{
	const struct endpoint *client = &s->client.end;
	unsigned what = write_interest(client);

	if (client->ended ? !client->is_eof : !endpoint_owes(&s->target))
		what |= STREAM_READ;
	return what;
}

/* One that has ended may send without end: it is not listened to. */
unsigned session_flow_target_interest(const struct session *s)
{
	unsigned what = write_interest(&s->target);

	if (!s->target.ended && !endpoint_owes(&s->client.end))
		what |= STREAM_READ;
	return what;
}

/* Pongs and pings go between the messages. */
static void settle(struct session *s)
{
	int error = endpoint_ws_send_control(&s->client);

	if (error)
		session_close(s, sink_cause(false, error), SIDE_CLIENT);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t after(uint64_t since_ms, uint32_t timeout_ms)
{
	return timeout_ms ? since_ms + timeout_ms : SESSION_NEVER;
}

static uint64_t stall_ms(const struct session *s, const struct endpoint *end)
{
	if (!endpoint_owes(end))
		return SESSION_NEVER;
	return after(end->progress_ms, s->route->timeouts.send_stall_ms);
}

static uint64_t ping_ms(const struct session *s)
{
	return s->client.ping_interval_ms ? s->client.ping_at_ms :
					    SESSION_NEVER;
}

static uint64_t deadline_ms(const struct session *s)
{
	uint64_t first_ms = s->close_at_ms;

	first_ms = earlier(first_ms, ping_ms(s));
	first_ms = earlier(first_ms, stall_ms(s, &s->client.end));
	first_ms = earlier(first_ms, stall_ms(s, &s->target));
	return earlier(first_ms,
		       after(s->activity_ms, s->route->timeouts.idle_ms));
}

static void keep_alive(struct session *s, uint64_t now_ms)
{
	uint32_t timeout_ms = s->route->timeouts.ping_timeout_ms;

	if (endpoint_ws_keep_alive(&s->client, now_ms, timeout_ms) == PING_DEAD)
		session_close(s, CAUSE_PING_TIMEOUT, SIDE_CLIENT);
}

/* Whether its time is over and its kernel took nothing either meanwhile. */
static bool is_stalled(const struct session *s, struct endpoint *end,
		       uint64_t now_ms)
{
	return now_ms >= stall_ms(s, end) &&
	       !endpoint_has_progress(end, now_ms);
}

static void on_deadline(struct session *s, uint64_t now_ms)
{
	uint32_t idle_ms = s->route->timeouts.idle_ms;

	if (now_ms >= s->close_at_ms)
		session_close(s, s->close_cause, SIDE_RELAY);
	else if (is_stalled(s, &s->client.end, now_ms))
		session_close(s, CAUSE_CLIENT_STALLED, SIDE_CLIENT);
	else if (is_stalled(s, &s->target, now_ms))
		session_close(s, CAUSE_TARGET_STALLED, SIDE_TARGET);
	else if (now_ms >= after(s->activity_ms, idle_ms))
		session_close(s, CAUSE_IDLE, SIDE_RELAY);
	else if (now_ms >= ping_ms(s))
		keep_alive(s, now_ms);
}

const struct session_handlers session_open_handlers = {
	.on_client = session_flow_on_client,
	.on_target = session_flow_on_target,
	.settle = settle,
	.client_interest = session_flow_client_interest,
	.target_interest = session_flow_target_interest,
	.deadline_ms = deadline_ms,
	.on_deadline = on_deadline,
};
