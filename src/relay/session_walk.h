/* SPDX-License-Identifier: MIT */
/* Looks at a worker's sessions a few at a time, so that relaying goes on. */

#ifndef RELAY_SESSION_WALK_H
#define RELAY_SESSION_WALK_H

#include <stdint.h>

#include "base/list.h"
#include "net/timer.h"
#include "relay/session_info.h"

struct relay;
struct session;

/*
 * One walk at a time, the others wait in the order they came.  Each turn of
 * the loop looks at SESSION_BATCH_MAX sessions.  Sessions that come after the
 * walk began are not part of it, so it ends.  Of the worker's thread.
 */
struct session_walk {
	struct relay *relay;
	struct list queue; /* queries; the first is being answered */
	struct list *next; /* the session to look at next; null: no walk */
	uint64_t last_id;  /* the youngest session of the walk */
	struct timer turn;
};

/* Prepares a relay's walk, which asks for nothing yet. */
void session_walk_init(struct session_walk *walk, struct relay *relay);

/* Forgets all queries: nobody is told. */
void session_walk_done(struct session_walk *walk);

/*
 * Answers `query`, which is copied, by calls of hooks.listed: any number of
 * full batches and a last one.  Out of memory none comes any more: who asks
 * has a deadline.
 */
void session_walk_ask(struct session_walk *walk,
		      const struct session_query *query);

/* To be called before `session` leaves the list of the living. */
void session_walk_skip(struct session_walk *walk,
		       const struct session *session);

#endif
