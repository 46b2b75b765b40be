/* SPDX-License-Identifier: MIT */
/* A thread with an event loop of its own, and the sessions that live on it. */

#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include <stdint.h>

#include "daemon/mailbox.h"
#include "net/resolve.h"
#include "ops/metrics_totals.h"
#include "relay/admission.h"
#include "relay/relay.h"

struct worker;

/* What all workers share; outlives them. */
struct worker_options {
	struct resolver *resolver;
	struct admission *admission;
	unsigned number;
	struct config *config; /* the worker takes a reference */
	struct mailbox *answers; /* the supervisor's */
};

/*
 * Starts a worker.  0 or -errno; then nothing is left behind.
 */
__attribute__((warn_unused_result))
int worker_start(const struct worker_options *options,
		 struct worker **ret_worker);

/*
 * Sends a letter, from the supervisor's thread.  A connection counts as a
 * session from here on.  0 or -ENOMEM: what goes along stays the caller's.
 */
__attribute__((warn_unused_result))
int worker_post(struct worker *worker, const struct mail *mail);

/* Connections it has or was sent, to the last that ends.  Any thread. */
uint32_t worker_connection_count(const struct worker *worker);

/*
 * Those of them that are or may become sessions: not the refused ones, which
 * only wait for their answers to be read.  For the supervisor's thread.
 */
uint32_t worker_session_count(const struct worker *worker);

/* Adds what it has counted so far.  Any thread, while the worker is there. */
void worker_measure(const struct worker *worker, struct metrics_totals *totals);

/* The last MAIL_PULSE its loop has seen, 0 before the first.  Any thread. */
uint32_t worker_pulse(const struct worker *worker);

/* Ends the worker with all it has, and waits for it.  Clears, takes null. */
void worker_stop(struct worker **worker);

#endif
