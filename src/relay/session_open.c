/* SPDX-License-Identifier: MIT */
/* A session that relays: its pings, and what stalls and silence lead to. */

#include "base/clock.h"
#include "net/socket.h"
#include "relay/session_flow.h"

/* Pongs and pings go between the messages. */
static void settle(struct session *s)
{
	if (endpoint_ws_has_control(&s->client) &&
	    endpoint_ws_send_control(&s->client))
		session_close(s, CAUSE_CLIENT_RESET, SIDE_CLIENT);
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

/*
 * Asked at each ping: the target's kernel has acknowledged nothing since the
 * last one, though bytes were on their way already then.  TCP by itself would
 * try for a quarter of an hour.
 */
static bool has_target_vanished(struct session *s)
{
	const struct config_timeouts *timeouts = &s->route->timeouts;
	uint32_t shortest_ms =
		timeouts->ping_interval_ms < timeouts->ping_timeout_ms ?
			timeouts->ping_interval_ms :
			timeouts->ping_timeout_ms;
	int fd = s->target.stream.fd;
	bool was_silent = s->is_target_silent;

	s->is_target_silent = !socket_is_answered(fd);
	return was_silent && s->is_target_silent &&
	       socket_peer_silence_ms(fd) >= shortest_ms;
}

/* Not before the first ping: short sessions can do without. */
static void ask_target(struct session *s)
{
	const struct config_timeouts *timeouts = &s->route->timeouts;

	if (s->is_target_asked)
		return;
	s->is_target_asked = true;
	socket_keep_alive(s->target.stream.fd, timeouts->ping_interval_ms,
			  timeouts->ping_timeout_ms);
}

static void keep_alive(struct session *s, uint64_t now_ms)
{
	uint32_t timeout_ms = s->route->timeouts.ping_timeout_ms;

	ask_target(s);
	if (endpoint_ws_keep_alive(&s->client, now_ms, timeout_ms) == PING_DEAD)
		session_close(s, CAUSE_PING_TIMEOUT, SIDE_CLIENT);
	else if (has_target_vanished(s))
		session_close(s, CAUSE_TARGET_VANISHED, SIDE_TARGET);
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
	.resume = session_flow_resume,
	.may_resume = session_flow_may_resume,
	.deadline_ms = deadline_ms,
	.on_deadline = on_deadline,
};
