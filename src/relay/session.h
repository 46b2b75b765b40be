/* SPDX-License-Identifier: MIT */
/* One connection from accept to its end: the owner of all it has. */

#ifndef RELAY_SESSION_H
#define RELAY_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

#include "base/list.h"
#include "config/config.h"
#include "net/timer.h"
#include "relay/cause.h"
#include "relay/endpoint.h"
#include "relay/endpoint_record.h"
#include "relay/endpoint_ws.h"
#include "relay/relay.h"
#include "relay/session_state.h"

/* A moment that never comes. */
#define SESSION_NEVER UINT64_MAX

struct handshake;

/*
 * Allocated once, in session_new(), freed in one place, by the worker's reaper.
 * Everything here is of the worker's thread; times are clock_coarse_ms().
 */
struct session {
	struct list link;         /* in relay.sessions or relay.graveyard */
	struct list resume_link;  /* in relay.resumable, or alone */
	struct relay *relay;
	struct config *config;    /* what it began with, a reference */
	const struct config_listener *listener;
	const struct config_route *route;   /* null until it is known */
	const struct config_server *server; /* null until it is connected */
	struct handshake *handshake;        /* null once it is over */
	struct tally_row *traffic;          /* its route's; null until open */
	struct endpoint_ws client;
	union {
		struct endpoint target;
		struct endpoint_record target_record; /* begins with it */
	};
	struct timer timer;
	uint64_t timer_ms;        /* what the timer is armed for, or NEVER */
	uint64_t id;
	uint64_t begun_ms;        /* accepted; once open, opened */
	uint64_t activity_ms;     /* last payload, either way */
	uint64_t close_at_ms;     /* OPEN: to be ended with `close_cause` */
	uint64_t progress_ms;     /* ends: since when nothing moved */
	uint64_t half_close_ms;   /* CLOSING: the target's last moment */
	size_t dropped;           /* LINGERING: bytes of the target */
	size_t in_flight;         /* ends: bytes on their way when last asked */
	enum relay_cause close_cause; /* TLS: to be refused with it */
	enum session_state state;
	enum relay_cause cause;   /* the first, which counts */
	enum relay_side side;
	const char *refusal_text; /* constant: the rule broken; or null */
	bool was_open : 1;
	bool is_target_asked : 1;  /* its kernel is, once it is silent */
	bool is_target_silent : 1; /* OPEN: owed an answer at the last ping */
	bool was_refused : 1;
	bool is_counted_peer : 1;
	bool is_counted_route : 1;
	union {
		struct sockaddr peer; /* AF_UNIX: without a name */
		struct sockaddr_in peer_in;
		struct sockaddr_in6 peer_in6;
	};
};

/* Takes over `connection`; null when memory is out, then nothing was taken. */
__attribute__((warn_unused_result))
struct session *session_new(struct relay *relay,
			    const struct relay_connection *connection);

/* Gives the target's end its connected socket. */
void session_connect_target(struct session *session, int fd);

/* Frees a dead session. */
void session_free(struct session *session);

/*
 * The one door between states; the successor must be allowed.  SESSION_DEAD
 * releases the sockets and puts the session into the graveyard.
 */
void session_set_state(struct session *session, enum session_state state);

/*
 * Ends the session for `cause`, which came from `side`: the one way to die.
 * Before it was open, the request is refused; then the flows are run out as
 * the cause demands.  The first cause counts, later calls do nothing.
 */
void session_close(struct session *session, enum relay_cause cause,
		   enum relay_side side);

/*
 * Ends the session at once, whatever is still owed, for `cause` unless it ends
 * for another already.
 */
void session_abort(struct session *session, enum relay_cause cause);

/*
 * To be called last after any work: takes the steps that the state of the
 * flows now allows, and derives from it the events and the deadline to wait
 * for.  Nothing else arms them.
 */
void session_update(struct session *session);

/* Goes on with what is left of a read, at the loop's next turn. */
void session_resume(struct session *session);

/* How a state meets events; one table a state, in the file that serves it. */
struct session_handlers {
	void (*on_client)(struct session *session, unsigned met);
	void (*on_target)(struct session *session, unsigned met);
	/* Takes what steps it can, perhaps to another state; may be null. */
	void (*settle)(struct session *session);
	/* What streams wait for (enum stream_interest). */
	unsigned (*client_interest)(const struct session *session);
	unsigned (*target_interest)(const struct session *session);
	/* A step of what can be done without a socket; null: nothing can. */
	void (*resume)(struct session *session);
	/* Whether there is such a step; null where `resume` is. */
	bool (*may_resume)(const struct session *session);
	uint64_t (*deadline_ms)(const struct session *session);
	void (*on_deadline)(struct session *session, uint64_t now_ms);
};

extern const struct session_handlers handshake_tls_handlers;
extern const struct session_handlers handshake_head_handlers;
extern const struct session_handlers handshake_dial_handlers;
extern const struct session_handlers session_open_handlers;
extern const struct session_handlers session_closing_handlers;
extern const struct session_handlers session_linger_handlers;

/*
 * Counts it for the limits of `config` that did not count it when it began,
 * however many there are.  What memory does not suffice for is not counted.
 */
void session_count(struct session *session, const struct config *config);

/* Tells the hooks that it lingers with its refusal, or no longer does. */
void session_tell_lingering(const struct session *session, bool does);

/* Enters CLOSING for session->cause: what the causes have in common. */
void session_begin_closing(struct session *session);

/*
 * Whether fewer bytes are on their way to the ends that get no more than when
 * last asked: a slow peer, not a stuck one.  Restarts the clock when so.
 */
bool session_has_progress(struct session *session, uint64_t now_ms);

/*
 * When to ask that next, so that a peer that takes nothing for `timeout_ms`
 * is found at its end.
 */
uint64_t session_progress_deadline_ms(const struct session *session,
				      uint32_t timeout_ms);

/* Fills in what the log wants to know; texts are valid while `ret` is. */
void session_report(const struct session *session,
		    struct session_log_record *ret_record);

/* The peer's address as it was accepted. */
struct sockaddr_any session_peer(const struct session *session);

#endif
