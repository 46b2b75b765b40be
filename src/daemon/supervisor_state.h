/* SPDX-License-Identifier: MIT */
/* What the main thread has: of the files supervisor*.c alone. */

#ifndef DAEMON_SUPERVISOR_STATE_H
#define DAEMON_SUPERVISOR_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "config/config.h"
#include "config/config_errors.h"
#include "daemon/acceptor.h"
#include "daemon/admin.h"
#include "daemon/control_socket.h"
#include "daemon/pool.h"
#include "daemon/recorder.h"
#include "daemon/service.h"
#include "daemon/supervisor.h"
#include "daemon/survey.h"
#include "daemon/tls_service.h"
#include "ops/operations.h"

enum { SUPERVISOR_SIGNALS = 4 };

/* How far a stop has come; at the end only the refused are left. */
enum stop_phase { STOP_NOT, STOP_DRAINING, STOP_CLOSING, STOP_ENDING };

/* What came of reloads so far. */
struct supervisor_reloads {
	uint64_t done;
	uint64_t refused;
	uint64_t wall_s; /* of the last; 0: none yet */
	bool is_done;    /* whether that one was taken in */
};

/* Everything is of the supervisor's thread. */
struct supervisor {
	const struct supervisor_options *options;
	struct event_base *base;
	struct config *config; /* in force */
	struct acceptor *acceptor;
	struct survey *survey;
	struct tls_service *tls;
	struct pool *pool;
	struct control_socket *control;
	struct recorder *recorder;
	struct admin *admin;
	struct service *service; /* null: no manager listens */
	struct event *signals[SUPERVISOR_SIGNALS];
	struct event *stop_poll;
	struct operations operations;
	struct supervisor_reloads reloads;
	uint64_t begun_wall_s;
	uint64_t begun_ms;
	bool is_draining; /* as long as it is told to */
	enum stop_phase phase;
	uint64_t phase_ends_ms;
};

/* The table through which ops/ acts on `sv`. */
struct operations supervisor_operations(struct supervisor *sv);

/*
 * Reads the certificates and opens the sockets of the first configuration.  0,
 * EX_CONFIG or EX_UNAVAILABLE; what is wrong has been logged.
 */
__attribute__((warn_unused_result))
int supervisor_open_sockets(struct supervisor *sv);

/*
 * Takes the configuration in anew, whole or not at all: 0, or -errno with lines
 * in `errors`, which the log has as well.
 */
__attribute__((warn_unused_result))
int supervisor_reload(struct supervisor *sv, struct config_errors *errors);

/*
 * From now on, or no longer, new sessions are refused; 0, or -EBUSY while it
 * stops.
 */
__attribute__((warn_unused_result))
int supervisor_set_draining(struct supervisor *sv, bool is_draining);

/* Begins to stop; the second time it stops at once. */
void supervisor_stop(struct supervisor *sv);

/* Makes the event that a stop polls with; 0 or -ENOMEM. */
__attribute__((warn_unused_result))
int supervisor_prepare_stop(struct supervisor *sv);

#endif
