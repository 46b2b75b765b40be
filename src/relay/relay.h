/* SPDX-License-Identifier: MIT */
/* What the sessions of one worker share: its loop, memory, configuration. */

#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

#include "base/list.h"
#include "config/config.h"
#include "net/dial.h"
#include "net/timer.h"
#include "relay/admission.h"
#include "relay/buffer_pool.h"
#include "relay/cause.h"
#include "relay/pump.h"
#include "relay/session_record.h"
#include "relay/session_walk.h"
#include "relay/traffic.h"
#include "relay/workshop.h"

struct event_base;
struct tls_context;

/* What the layers above want to hear; each on the worker's thread. */
struct relay_hooks {
	void *arg; /* of every one */
	void (*opened)(void *arg, const struct session_log_record *record);
	void (*closed)(void *arg, const struct session_log_record *record);
	void (*refused)(void *arg, const struct session_log_record *record,
			unsigned status);
	/*
	 * A connection was refused: it is no session, it only waits for its
	 * answer to be read; and, before it is gone, it no longer does.  Or
	 * null.
	 */
	void (*lingers)(void *arg, bool does);
	/* A connection that relay_accept() took is gone. */
	void (*gone)(void *arg);
	/* A client answered a ping after `usec`.  Or null. */
	void (*pong)(void *arg, uint32_t usec);
	/* A server was connected to, or could not be.  Or null. */
	void (*tried)(void *arg, const struct dial_attempt *attempt);
	/*
	 * A piece of what session_walk_ask() asked for, from here on the
	 * callee's.  Or null where nobody asks.
	 */
	void (*listed)(void *arg, struct session_batch *batch);
};

/* What a worker hands in; all of it outlives the relay. */
struct relay_options {
	struct event_base *base;
	struct resolve_client *resolver;
	struct admission *admission;
	struct relay_hooks hooks;
	unsigned worker; /* its number, for the log */
};

/* Belongs to one worker, whose thread calls everything here. */
struct relay {
	struct relay_options options;
	struct dial_context dial;
	struct config *config; /* for requests to come; null at first */
	struct buffer_pool pool;
	struct tally traffic; /* relay/traffic.h; others read it as well */
	struct pump_scratch scratch;
	uint8_t *scratch_block;
	struct workshop shop;
	char *path;            /* for one decoded path, `path_size` bytes */
	size_t path_size;
	struct list sessions;
	struct list graveyard; /* dead ones, freed when the turn ends */
	struct timer reaper;
	struct list resumable; /* that go on at the loop's next turn */
	struct timer resumer;
	struct session_walk walk;
	uint64_t random;       /* state of the generator that spreads closes */
	bool is_stopping;      /* requests are answered 503 */
};

/* A connection as the supervisor accepted it. */
struct relay_connection {
	uint64_t id; /* of the session, for the log */
	int fd;
	struct sockaddr_any peer;
	struct config *config; /* a reference that goes along */
	const struct config_listener *listener; /* in `config` */
	struct tls_context *tls; /* a reference that goes along; null: plain */
	uint64_t accepted_ms;  /* clock_coarse_ms(), the handshake's begin */
	uint64_t accepted_us;  /* clock_now_us(), the same for measurements */
	enum relay_cause refusal; /* answered at once, unless CAUSE_NONE */
	bool is_counted;       /* its address was granted admission */
};

/* Prepares a relay without a configuration: relay_configure() comes next. */
void relay_init(struct relay *relay, const struct relay_options *options);

/* Ends every session at once and frees all. */
void relay_done(struct relay *relay);

/*
 * Takes over a connection: its descriptor, its reference, its admission.
 * Whatever fails, `hooks.gone` is called once for it, now or later.
 */
void relay_accept(struct relay *relay,
		  const struct relay_connection *connection);

/*
 * Requests to come are served by `config` (a reference is taken).  Sessions
 * go on as they are, but those whose route is gone by name end with 1012,
 * spread over its timeouts.close_spread.  0, or -ENOMEM: then the old one
 * stays.
 */
__attribute__((warn_unused_result))
int relay_configure(struct relay *relay, struct config *config);

/* From now on, or no longer, requests are answered 503. */
void relay_set_stopping(struct relay *relay, bool is_stopping);

/* Ends open sessions with 1001, each at a moment within `spread_ms`. */
void relay_close_all(struct relay *relay, uint32_t spread_ms);

/* Ends every session at once; those that owe nothing still say so. */
void relay_abort_all(struct relay *relay);

#endif
