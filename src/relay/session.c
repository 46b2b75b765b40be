/* SPDX-License-Identifier: MIT */
/* One connection from accept to its end: the owner of all it has. */

#include "relay/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/stream_datagram.h"
#include "net/stream_tls.h"
#include "relay/handshake.h"

static const struct session_handlers *const handlers[SESSION_STATE_COUNT] = {
	[SESSION_TLS] = &handshake_tls_handlers,
	[SESSION_HEAD] = &handshake_head_handlers,
	[SESSION_DIALING] = &handshake_dial_handlers,
	[SESSION_OPEN] = &session_open_handlers,
	[SESSION_CLOSING] = &session_closing_handlers,
	[SESSION_LINGERING] = &session_linger_handlers,
};

static void on_client(void *arg, unsigned met)
{
	struct session *s = arg;

	handlers[s->state]->on_client(s, met);
	session_update(s);
}

static void on_target(void *arg, unsigned met)
{
	struct session *s = arg;

	handlers[s->state]->on_target(s, met);
	session_update(s);
}

static void on_timer(void *arg)
{
	struct session *s = arg;
	uint64_t now_ms = clock_coarse_ms();

	s->timer_ms = SESSION_NEVER;
	/* Too early when the deadline has moved since: it is armed again. */
	if (now_ms >= handlers[s->state]->deadline_ms(s))
		handlers[s->state]->on_deadline(s, now_ms);
	session_update(s);
}

static void keep_peer(struct session *s, const struct sockaddr_any *peer)
{
	s->peer.sa_family = peer->sa.sa_family;
	if (peer->sa.sa_family == AF_INET)
		s->peer_in = peer->in;
	else if (peer->sa.sa_family == AF_INET6)
		s->peer_in6 = peer->in6;
}

struct sockaddr_any session_peer(const struct session *s)
{
	struct sockaddr_any peer = { .len = sizeof(sa_family_t) };

	peer.sa.sa_family = s->peer.sa_family;
	if (s->peer.sa_family == AF_INET) {
		peer.in = s->peer_in;
		peer.len = sizeof(peer.in);
	} else if (s->peer.sa_family == AF_INET6) {
		peer.in6 = s->peer_in6;
		peer.len = sizeof(peer.in6);
	}
	return peer;
}

/* The client's end, in TLS if its listener speaks it. */
static int open_client(struct session *s,
		       const struct relay_connection *connection)
{
	struct stream *stream = &s->client.end.stream;

	stream_open(stream, s->relay->options.base, connection->fd, on_client,
		    s);
	if (!connection->tls)
		return 0;
	return stream_tls_begin(stream, connection->tls);
}

struct session *session_new(struct relay *relay,
			    const struct relay_connection *connection)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->relay = relay;
	endpoint_ws_init(&s->client, &relay->pool);
	endpoint_record_init(&s->target_record, &relay->pool);
	s->handshake = handshake_new(connection);
	if (!s->handshake || open_client(s, connection)) {
		handshake_free(&s->handshake);
		free(s);
		return NULL;
	}
	s->config = connection->config;
	s->listener = connection->listener;
	s->is_counted_peer = connection->is_counted;
	s->id = connection->id;
	s->begun_ms = connection->accepted_ms;
	s->close_at_ms = SESSION_NEVER;
	s->half_close_ms = SESSION_NEVER;
	s->timer_ms = SESSION_NEVER;
	keep_peer(s, &connection->peer);
	timer_init(&s->timer, relay->options.base, on_timer, s);
	list_append(&relay->sessions, &s->link);
	list_init(&s->resume_link);
	return s;
}

void session_connect_target(struct session *s, int fd)
{
	stream_open(&s->target.stream, s->relay->options.base, fd, on_target,
		    s);
	if (config_backend_is_seqpacket(s->route->backend))
		stream_datagram_begin(&s->target.stream);
}

static bool is_counted_by(struct session *s, const struct admission_key *key)
{
	static const struct admission_limits none = { .sessions = 0 };

	return admission_enter(s->relay->options.admission, key, &none,
			       clock_now_us()) == ADMISSION_GRANTED;
}

void session_count(struct session *s, const struct config *config)
{
	struct sockaddr_any peer = session_peer(s);
	const struct config_route *route = NULL;
	struct admission_key key;

	if (s->was_refused)
		return;
	if (s->route)
		route = config_route_by_name(config, s->route->name);
	if (!s->is_counted_peer && config->limits.max_sessions_per_ip &&
	    admission_key_of_peer(&peer, &key))
		s->is_counted_peer = is_counted_by(s, &key);
	if (!s->is_counted_route && route && route->max_sessions) {
		key = admission_key_of_route(route->name);
		s->is_counted_route = is_counted_by(s, &key);
	}
}

static void leave_admission(struct session *s)
{
	struct admission *admission = s->relay->options.admission;

	if (s->is_counted_peer) {
		struct sockaddr_any peer = session_peer(s);

		admission_leave_peer(admission, &peer);
	}
	if (s->is_counted_route) {
		struct admission_key key =
			admission_key_of_route(s->route->name);

		admission_leave(admission, &key);
	}
	s->is_counted_peer = false;
	s->is_counted_route = false;
}

void session_tell_lingering(const struct session *s, bool does)
{
	const struct relay_hooks *hooks = &s->relay->options.hooks;

	if (hooks->lingers)
		hooks->lingers(hooks->arg, does);
}

/* Lets go of everything but the memory, which others may still look at. */
static void die(struct session *s)
{
	const struct relay_hooks *hooks = &s->relay->options.hooks;

	if (s->was_open) {
		struct session_log_record record;

		session_report(s, &record);
		record.undelivered_up = endpoint_lost(&s->target) +
					stash_len(s->client.end.held);
		record.undelivered_down = endpoint_lost(&s->client.end) +
					  endpoint_ws_cut(&s->client) +
					  stash_len(s->target.held);
		record.record_bytes =
			endpoint_record_open_bytes(&s->target_record);
		counter_add(&s->traffic->at[TRAFFIC_ACTIVE], -UINT64_C(1));
		hooks->closed(hooks->arg, &record);
	}
	handshake_free(&s->handshake);
	timer_cancel(&s->timer);
	endpoint_ws_done(&s->client);
	endpoint_record_done(&s->target_record);
	list_remove(&s->resume_link);
	leave_admission(s);
	session_walk_skip(&s->relay->walk, s);
	list_remove(&s->link);
	list_append(&s->relay->graveyard, &s->link);
	timer_fire(&s->relay->reaper);
	if (s->was_refused)
		session_tell_lingering(s, false);
	hooks->gone(hooks->arg);
}

void session_free(struct session *s)
{
	list_remove(&s->link);
	config_unref(&s->config);
	free(s);
}

void session_set_state(struct session *s, enum session_state state)
{
	assert(session_state_may_follow(s->state, state));
	s->state = state;
	s->progress_ms = clock_coarse_ms();
	s->in_flight = SIZE_MAX;
	if (state == SESSION_DEAD)
		die(s);
}

void session_close(struct session *s, enum relay_cause cause,
		   enum relay_side side)
{
	if (s->cause || s->state > SESSION_OPEN)
		return;
	s->cause = cause;
	s->side = side;
	if (s->state == SESSION_OPEN)
		session_begin_closing(s);
	else
		handshake_refuse(s);
}

void session_abort(struct session *s, enum relay_cause cause)
{
	if (!s->cause) {
		s->cause = cause;
		s->side = SIDE_RELAY;
	}
	session_set_state(s, SESSION_DEAD);
}

/* Arms the timer, unless it is armed for an earlier moment already. */
static int arm_timer(struct session *s)
{
	uint64_t deadline_ms = handlers[s->state]->deadline_ms(s);
	uint64_t now_ms;

	if (deadline_ms >= s->timer_ms)
		return 0;
	now_ms = clock_coarse_ms();
	s->timer_ms = deadline_ms;
	if (deadline_ms <= now_ms)
		return timer_arm(&s->timer, 0);
	/* One more: the clock is as of its last tick. */
	return timer_arm(&s->timer, deadline_ms - now_ms + 1);
}

static int watch(struct stream *stream, unsigned interest)
{
	return stream_is_open(stream) ? stream_watch(stream, interest) : 0;
}

/* A step may lead to a state that can take steps of its own. */
static void settle(struct session *s)
{
	enum session_state before;

	do {
		before = s->state;
		if (handlers[before]->settle)
			handlers[before]->settle(s);
	} while (s->state != before && s->state != SESSION_DEAD);
}

/* Gets in line, unless it is there already, for what no socket will tell. */
static void line_up(struct session *s)
{
	const struct session_handlers *state = handlers[s->state];

	if (!state->resume || !state->may_resume(s) ||
	    !list_is_empty(&s->resume_link))
		return;
	list_append(&s->relay->resumable, &s->resume_link);
	timer_fire(&s->relay->resumer);
}

void session_resume(struct session *s)
{
	if (s->state != SESSION_DEAD && handlers[s->state]->resume &&
	    handlers[s->state]->may_resume(s))
		handlers[s->state]->resume(s);
	session_update(s);
}

void session_update(struct session *s)
{
	const struct session_handlers *state;

	if (s->state != SESSION_DEAD)
		settle(s);
	if (s->state == SESSION_DEAD)
		return;
	state = handlers[s->state];
	if (watch(&s->client.end.stream, state->client_interest(s)) ||
	    watch(&s->target.stream, state->target_interest(s)) || arm_timer(s))
		session_abort(s, CAUSE_NO_MEMORY); /* it would hear nothing */
	else if (s->client.end.by_piece)
		line_up(s);
}

/* The rule of RFC 6455 that was broken, or another that was. */
static const char *reason_of(const struct session *s)
{
	return s->client.conn.fail_text ? s->client.conn.fail_text :
					  s->refusal_text;
}

void session_report(const struct session *s,
		    struct session_log_record *ret_record)
{
	*ret_record = (struct session_log_record){
		.id = s->id,
		.worker = s->relay->options.worker,
		.is_shortage = s->cause == CAUSE_NO_DESCRIPTORS ||
			       s->cause == CAUSE_NO_MEMORY,
		.client = session_peer(s),
		.listener = s->listener->name,
		.route = s->route ? s->route->name : NULL,
		.backend = s->route && s->route->backend ?
				   s->route->backend->name :
				   NULL,
		.target = s->server ? s->server->text : NULL,
		.cause_number = s->cause,
		.cause = s->cause ? cause_info(s->cause)->label : NULL,
		.side = s->cause ? cause_side_name(s->side) : NULL,
		.reason = reason_of(s),
		.code_sent = s->client.code_sent,
		.code_received = endpoint_ws_peer_code(&s->client),
		.usec = (clock_coarse_ms() - s->begun_ms) * 1000,
		.bytes_up = s->client.end.bytes,
		.bytes_down = s->target.bytes,
		.messages_up = s->client.conn.messages,
		.messages_down = s->client.end.messages,
		.rtt_usec = s->client.rtt_us,
	};
}
