/* SPDX-License-Identifier: MIT */
/* Looks at a worker's sessions a few at a time, so that relaying goes on. */

#include "relay/session_walk.h"

#include <stdlib.h>

#include "base/clock.h"
#include "relay/session.h"

/* A query that waits its turn. */
struct waiting {
	struct list link;
	struct session_query query;
};

static struct session *session_of(struct list *node)
{
	return list_entry(node, struct session, link);
}

static struct waiting *first_of(struct session_walk *walk)
{
	return list_entry(walk->queue.next, struct waiting, link);
}

static uint64_t since(uint64_t now_ms, uint64_t then_ms)
{
	return now_ms > then_ms ? now_ms - then_ms : 0;
}

/* Bytes that came from one end and that the other does not have yet. */
static uint32_t kept(const struct endpoint *from, const struct endpoint *to)
{
	size_t bytes = stash_len(from->held) + stash_len(to->gather) +
		       to->out.len;

	return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

static void inform(const struct session *s, struct session_info *ret_info)
{
	struct sockaddr_any peer = session_peer(s);
	uint64_t now_ms = clock_coarse_ms();
	uint64_t active_ms = s->was_open ? s->activity_ms : s->begun_ms;

	*ret_info = (struct session_info){
		.id = s->id,
		.config = config_ref(s->config),
		.listener = s->listener->name,
		.route = s->route ? s->route->name : NULL,
		.target = s->server ? s->server->text : NULL,
		.state = session_state_name(s->state),
		.cause = s->cause ? cause_info(s->cause)->label : NULL,
		.worker = s->relay->options.worker,
		.rtt_usec = s->client.rtt_us,
		.age_ms = since(now_ms, s->begun_ms),
		.idle_ms = since(now_ms, active_ms),
		.bytes_up = s->client.end.bytes,
		.bytes_down = s->target.bytes,
		.messages_up = s->client.conn.messages,
		.messages_down = s->client.end.messages,
		.owed_up = kept(&s->client.end, &s->target),
		.owed_down = kept(&s->target, &s->client.end),
	};
	address_format(&peer, ret_info->client);
}

/* The next session of the walk, or null at its end. */
static struct session *take_next(struct session_walk *walk)
{
	struct session *s;

	if (walk->next == &walk->relay->sessions)
		return NULL;
	s = session_of(walk->next);
	if (s->id > walk->last_id)
		return NULL;
	walk->next = walk->next->next;
	return s;
}

/* A refused connection is no session, it only waits for its answer. */
static bool is_asked_for(const struct session *s,
			 const struct session_query *query)
{
	if (query->only_id)
		return s->id == query->only_id;
	return !s->was_refused;
}

static void fill(struct session_walk *walk, const struct session_query *query,
		 struct session_batch *batch)
{
	for (int i = 0; i < SESSION_BATCH_MAX; i++) {
		struct session *s = take_next(walk);

		if (!s) {
			batch->is_last = true;
			return;
		}
		if (!is_asked_for(s, query))
			continue;
		inform(s, &batch->at[batch->count++]);
		if (query->does_kill) {
			session_close(s, CAUSE_KILLED, SIDE_RELAY);
			session_update(s);
		}
	}
}

static void forget_first(struct session_walk *walk)
{
	struct waiting *gone = first_of(walk);

	list_remove(&gone->link);
	free(gone);
	walk->next = NULL;
}

static void begin(struct session_walk *walk)
{
	struct list *sessions = &walk->relay->sessions;

	walk->next = sessions->next;
	walk->last_id = 0;
	if (!list_is_empty(sessions))
		walk->last_id = session_of(sessions->prev)->id;
}

/* In the next turn, after others had theirs; a timer_fire() would be before. */
static void come_again(struct session_walk *walk)
{
	if (!list_is_empty(&walk->queue) && timer_arm(&walk->turn, 0))
		timer_fire(&walk->turn);
}

static void on_turn(void *arg)
{
	struct session_walk *walk = arg;
	const struct relay_hooks *hooks = &walk->relay->options.hooks;
	struct session_query query = first_of(walk)->query;
	size_t room = query.only_id ? 1 : SESSION_BATCH_MAX;
	struct session_batch *batch =
		session_batch_new(&query, walk->relay->options.worker, room);

	if (!walk->next)
		begin(walk);
	if (batch)
		fill(walk, &query, batch);
	if (!batch || batch->is_last)
		forget_first(walk);
	come_again(walk);
	if (batch && (batch->count || batch->is_last))
		hooks->listed(hooks->arg, batch);
	else
		session_batch_free(&batch);
}

void session_walk_init(struct session_walk *walk, struct relay *relay)
{
	walk->relay = relay;
	walk->next = NULL;
	list_init(&walk->queue);
	timer_init(&walk->turn, relay->options.base, on_turn, walk);
}

void session_walk_done(struct session_walk *walk)
{
	timer_cancel(&walk->turn);
	while (!list_is_empty(&walk->queue))
		forget_first(walk);
}

void session_walk_ask(struct session_walk *walk,
		      const struct session_query *query)
{
	bool rests = list_is_empty(&walk->queue);
	struct waiting *waiting = malloc(sizeof(*waiting));

	if (!waiting)
		return;
	waiting->query = *query;
	list_append(&walk->queue, &waiting->link);
	if (rests)
		come_again(walk);
}

void session_walk_skip(struct session_walk *walk, const struct session *session)
{
	if (walk->next == &session->link)
		walk->next = walk->next->next;
}
