/* SPDX-License-Identifier: MIT */
/* What the service manager hears: how far we are, and that all threads turn. */

#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include "ops/operations.h"

struct event_base;
struct pool;

/*
 * Tells systemd by sd_notify(3), and does nothing without it.  The status is a
 * sentence with sessions and state, looked at every two seconds and sent when
 * it has changed.
 *
 * The watchdog is fed only after every worker has taken a letter from its
 * mailbox since the last time: at each quarter of the interval it is asked who
 * has, so that a worker has three quarters to do so, and one that is stuck
 * gets the daemon restarted one and a quarter intervals later at the latest.
 * The supervisor's loop proves itself by asking.
 *
 * All of it is for the supervisor's thread.
 */
struct service;

/*
 * `pool` and `operations` outlive it.  0, with null when no manager listens:
 * every function takes that; or -ENOMEM.
 */
__attribute__((warn_unused_result))
int service_new(struct event_base *base, struct pool *pool,
		const struct operations *operations,
		struct service **ret_service);

/* Clears, takes null. */
void service_free(struct service **service);

/* All listeners accept. */
void service_tell_ready(struct service *service);

/* A reload has begun; service_tell_reloaded() follows. */
void service_tell_reloading(struct service *service);

/*
 * The reload is over: taken, or refused because of `refusal`, a line that is
 * copied and shown behind the status until a reload is taken; null: taken.
 */
void service_tell_reloaded(struct service *service, const char *refusal);

/*
 * Stopping has begun.  From here on the manager is told time and again that
 * it takes longer, as long as the loop turns: timeouts.drain may be longer
 * than its patience.
 */
void service_tell_stopping(struct service *service);

#endif
