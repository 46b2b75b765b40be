/* SPDX-License-Identifier: MIT */
/* What the sessions of one worker share: its loop, memory, configuration. */

#include "relay/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/tls_context.h"
#include "relay/handshake.h"
#include "relay/session.h"

static struct session *session_of(struct list *node)
{
	return list_entry(node, struct session, link);
}

/* The loop's turn is over: nobody looks at the dead any more. */
static void reap(void *arg)
{
	struct relay *relay = arg;

	list_each(&relay->graveyard, node, after)
		session_free(session_of(node));
}

/*
 * Sessions that have work left though no socket will say so, each for a step:
 * those that have more get in line again, for the turn after this.
 */
static void resume(void *arg)
{
	struct relay *relay = arg;
	struct list now;

	list_take_all(&relay->resumable, &now);
	while (!list_is_empty(&now)) {
		struct session *s =
			list_entry(now.next, struct session, resume_link);

		list_remove(&s->resume_link);
		session_resume(s);
	}
}

void relay_init(struct relay *relay, const struct relay_options *options)
{
	*relay = (struct relay){
		.options = *options,
		.dial = { .base = options->base,
			  .resolver = options->resolver,
			  .tried = options->hooks.tried,
			  .arg = options->hooks.arg },
		.random = clock_now_us() | 1,
	};
	traffic_init(&relay->traffic);
	list_init(&relay->sessions);
	list_init(&relay->graveyard);
	list_init(&relay->resumable);
	timer_init(&relay->reaper, options->base, reap, relay);
	timer_init(&relay->resumer, options->base, resume, relay);
	session_walk_init(&relay->walk, relay);
}

void relay_done(struct relay *relay)
{
	relay_abort_all(relay);
	session_walk_done(&relay->walk);
	timer_cancel(&relay->reaper);
	timer_cancel(&relay->resumer);
	reap(relay);
	buffer_pool_done(&relay->pool);
	tally_done(&relay->traffic);
	free(relay->scratch_block);
	workshop_done(&relay->shop);
	free(relay->path);
	config_unref(&relay->config);
}

void relay_accept(struct relay *relay,
		  const struct relay_connection *connection)
{
	struct session *s = session_new(relay, connection);
	struct tls_context *tls = connection->tls;

	/* The stream has taken its own. */
	tls_context_unref(&tls);
	if (!s) {
		struct config *config = connection->config;

		close(connection->fd);
		if (connection->is_counted)
			admission_leave_peer(relay->options.admission,
					     &connection->peer);
		config_unref(&config);
		relay->options.hooks.gone(relay->options.hooks.arg);
		return;
	}
	if (connection->tls)
		handshake_tls_begin(s, connection->refusal);
	else if (connection->refusal)
		session_close(s, connection->refusal, SIDE_RELAY);
	else
		session_set_state(s, SESSION_HEAD);
	session_update(s);
}

/* Bytes of the longest read any route may make. */
static size_t largest_buffer(const struct config *config)
{
	size_t largest = config->limits.buffer;

	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_limits *limits = &config->routes[i].limits;

		if (limits->buffer > largest)
			largest = limits->buffer;
		/* A datagram is read whole. */
		if (config->routes[i].framing == CONFIG_FRAMING_SEQPACKET &&
		    limits->message > largest)
			largest = limits->message;
	}
	return largest;
}

/* Memory grows with the configuration and stays: no session holds any of it. */
static int fit_memory(struct relay *relay, const struct config *config)
{
	size_t size = largest_buffer(config);
	size_t path_size = config->limits.request_line + 1;

	if (relay->scratch.size < size) {
		uint8_t *block = malloc(ENDPOINT_HEADROOM + size);

		if (!block)
			return -ENOMEM;
		free(relay->scratch_block);
		relay->scratch_block = block;
		relay->scratch.data = block + ENDPOINT_HEADROOM;
		relay->scratch.size = size;
	}
	if (relay->path_size < path_size) {
		char *path = realloc(relay->path, path_size);

		if (!path)
			return -ENOMEM;
		relay->path = path;
		relay->path_size = path_size;
	}
	return workshop_fit(&relay->shop, config);
}

/* xorshift64: spreads moments, protects nothing. */
static uint64_t next_random(struct relay *relay)
{
	relay->random ^= relay->random << 13;
	relay->random ^= relay->random >> 7;
	relay->random ^= relay->random << 17;
	return relay->random;
}

/* Ends a session at a moment within `spread_ms`, or refuses its request. */
static void close_within(struct session *s, enum relay_cause cause,
			 uint32_t spread_ms)
{
	uint64_t at_ms = clock_coarse_ms();

	if (s->state == SESSION_OPEN && spread_ms) {
		at_ms += next_random(s->relay) % spread_ms;
		/* One that is to end already is not put off. */
		if (at_ms < s->close_at_ms) {
			s->close_at_ms = at_ms;
			s->close_cause = cause;
		}
	} else {
		session_close(s, cause, SIDE_RELAY);
	}
	session_update(s);
}

/* A route is gone, or there again before its session was told. */
static void follow_route(struct session *s, const struct config *config)
{
	bool is_there = config_route_by_name(config, s->route->name);

	if (!is_there)
		close_within(s, CAUSE_ROUTE_REMOVED,
			     config->timeouts.close_spread_ms);
	else if (s->close_cause == CAUSE_ROUTE_REMOVED)
		s->close_at_ms = SESSION_NEVER;
}

static void follow_config(struct relay *relay, const struct config *config)
{
	list_each(&relay->sessions, node, after) {
		struct session *s = session_of(node);

		session_count(s, config);
		if (s->route)
			follow_route(s, config);
	}
}

int relay_configure(struct relay *relay, struct config *config)
{
	if (fit_memory(relay, config))
		return -ENOMEM;
	config_unref(&relay->config);
	relay->config = config_ref(config);
	follow_config(relay, config);
	return 0;
}

void relay_set_stopping(struct relay *relay, bool is_stopping)
{
	relay->is_stopping = is_stopping;
}

void relay_close_all(struct relay *relay, uint32_t spread_ms)
{
	list_each(&relay->sessions, node, after)
		close_within(session_of(node), CAUSE_SHUTDOWN, spread_ms);
}

void relay_abort_all(struct relay *relay)
{
	list_each(&relay->sessions, node, after) {
		struct session *s = session_of(node);

		/* Who is owed nothing can still be told. */
		session_close(s, CAUSE_SHUTDOWN, SIDE_RELAY);
		session_update(s);
		if (s->state != SESSION_DEAD)
			session_abort(s, CAUSE_SHUTDOWN);
	}
}
