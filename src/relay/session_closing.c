/* SPDX-License-Identifier: MIT */
/* A session that ends: each flow is run out, then the other end is told. */

#include <assert.h>

#include "base/clock.h"
#include "relay/session_flow.h"
#include "ws/close_code.h"

/*
 * Until the target has ended too, or this long, what it sends is relayed to a
 * client that broke a rule: messages it sent before are answered by then, and
 * the Close that tells it does not come late.
 */
#define ANSWER_MS 500

/*
 * Both flows end by themselves: this direction's end is passed on once its
 * last byte is, the other direction goes on until it ends too.
 */
static void end_target_flow(struct session *s)
{
	endpoint_drain(&s->target);
}

/* The client is gone, or talks nonsense: nothing more is worth taking. */
static void end_both_flows(struct session *s)
{
	s->client.end.ended = true;
	s->target.ended = true;
}

/* The rest of what the client sent counts for nothing (section 7.1.7). */
static void refuse_client(struct session *s)
{
	uint32_t half_ms = s->route->timeouts.close_ms / 2;

	s->client.end.ended = true;
	s->half_close_ms =
		s->progress_ms + (half_ms < ANSWER_MS ? half_ms : ANSWER_MS);
}

static void lose_client(struct session *s)
{
	endpoint_break(&s->client.end);
	endpoint_drain(&s->client.end);
	s->target.ended = true;
}

/* What it sent before it broke is still worth delivering. */
static void lose_target(struct session *s)
{
	endpoint_break(&s->target);
	endpoint_drain(&s->target);
}

static int send_close(struct session *s)
{
	const struct cause_info *info = cause_info(s->cause);
	uint16_t code = info->close_code;
	uint16_t peer_code = endpoint_ws_peer_code(&s->client);

	/* RFC 6455 section 5.5.1: an answer echoes the code it got. */
	if (s->cause == CAUSE_CLIENT_CLOSED && peer_code != WS_CLOSE_NO_STATUS)
		code = peer_code;
	if (!code) {
		s->client.end.finished = true;
		return 0;
	}
	return endpoint_ws_send_close(&s->client, code, info->text);
}

void session_begin_closing(struct session *s)
{
	assert(cause_info(s->cause)->ending != ENDING_NONE);
	session_set_state(s, SESSION_CLOSING);
	switch (cause_info(s->cause)->ending) {
	case ENDING_NONE:
	case ENDING_FLOWS:
		break;
	case ENDING_DRAIN_TARGET:
		end_target_flow(s);
		break;
	case ENDING_STOP:
		end_both_flows(s);
		break;
	case ENDING_STOP_TARGET:
		s->target.ended = true;
		break;
	case ENDING_REFUSE_CLIENT:
		refuse_client(s);
		break;
	case ENDING_LOSE_CLIENT:
		lose_client(s);
		break;
	case ENDING_ABANDON_CLIENT:
		end_both_flows(s);
		if (!send_close(s))
			endpoint_break(&s->client.end);
		break;
	case ENDING_LOSE_TARGET:
		lose_target(s);
		break;
	}
}

/* A flow has come to its end: timeouts.close is for what is left. */
static void restart_clock(struct session *s)
{
	s->progress_ms = clock_coarse_ms();
	s->in_flight = SIZE_MAX;
}

/* The target hears that no more comes, once it has all that came. */
static void finish_target(struct session *s)
{
	struct endpoint *target = &s->target;

	if (target->finished || !s->client.end.ended || endpoint_owes(target))
		return;
	target->finished = true;
	if (!target->is_broken && stream_shutdown(&target->stream))
		target->is_broken = true;
	restart_clock(s);
	if (!target->ended && s->half_close_ms == SESSION_NEVER)
		s->half_close_ms =
			s->progress_ms + s->route->timeouts.close_ms / 2;
}

/* The client hears that no more comes: Close, behind all that came. */
static void finish_client(struct session *s)
{
	if (s->client.end.finished || !s->target.ended)
		return;
	restart_clock(s);
	if (send_close(s))
		lose_client(s);
}

/* An end that broke on the way changes what can still be done. */
static void note_broken(struct session *s)
{
	if (s->client.end.is_broken) {
		endpoint_drain(&s->client.end);
		s->target.ended = true;
	}
	if (s->target.is_broken)
		endpoint_drain(&s->target);
}

static bool is_run_out(const struct endpoint *end)
{
	return end->ended && end->finished && !endpoint_owes(end);
}

static void settle(struct session *s)
{
	if (endpoint_ws_send_control(&s->client))
		lose_client(s);
	note_broken(s);
	finish_client(s);
	finish_target(s);
	if (is_run_out(&s->client.end) && is_run_out(&s->target))
		session_set_state(s, SESSION_LINGERING);
}

/*
 * Bytes `to` still has to take of a flow that has ended, or will when what is
 * left in the socket of `from` is relayed.
 */
static size_t left_to_take(const struct endpoint *from,
			   const struct endpoint *to)
{
	if (from->ended)
		return endpoint_in_flight(to);
	if (from->is_draining)
		return endpoint_in_flight(to) + from->take_left +
		       stash_len(from->held);
	return 0;
}

bool session_has_progress(struct session *s, uint64_t now_ms)
{
	size_t in_flight = left_to_take(&s->target, &s->client.end) +
			   left_to_take(&s->client.end, &s->target);
	bool is_first = s->in_flight == SIZE_MAX;
	bool less = in_flight < s->in_flight;

	s->in_flight = in_flight;
	if (less && !is_first)
		s->progress_ms = now_ms;
	return less;
}

uint64_t session_progress_deadline_ms(const struct session *s,
				      uint32_t timeout_ms)
{
	/* The first look, half way, is what the second is compared with. */
	if (s->in_flight == SIZE_MAX)
		return s->progress_ms + timeout_ms / 2;
	return s->progress_ms + timeout_ms;
}

static uint64_t deadline_ms(const struct session *s)
{
	uint64_t close_ms =
		session_progress_deadline_ms(s, s->route->timeouts.close_ms);

	if (!s->target.ended && s->half_close_ms < close_ms)
		return s->half_close_ms;
	return close_ms;
}

static void on_deadline(struct session *s, uint64_t now_ms)
{
	if (!s->target.ended && now_ms >= s->half_close_ms) {
		s->half_close_ms = SESSION_NEVER;
		endpoint_drain(&s->target);
	} else if (!session_has_progress(s, now_ms)) {
		session_set_state(s, SESSION_DEAD);
	}
}

const struct session_handlers session_closing_handlers = {
	.on_client = session_flow_on_client,
	.on_target = session_flow_on_target,
	.settle = settle,
	.client_interest = session_flow_client_interest,
	.target_interest = session_flow_target_interest,
	.resume = session_flow_resume,
	.may_resume = session_flow_may_resume,
	.deadline_ms = deadline_ms,
	.on_deadline = on_deadline,
};
