/* SPDX-License-Identifier: MIT */
/* What operators may ask of the daemon: functions that daemon/ fills in. */

#ifndef OPS_OPERATIONS_H
#define OPS_OPERATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "ops/history.h"
#include "ops/metrics_totals.h"

/* How far the daemon has come with its life. */
enum operations_state {
	OPERATIONS_RUNNING,
	OPERATIONS_DRAINING, /* no new sessions, until undrained */
	OPERATIONS_STOPPING, /* no new sessions, and it will end */
};

/* One moment's figures of the whole daemon. */
struct operations_report {
	enum operations_state state;
	uint64_t begun_wall_s;  /* when the process began, Unix time */
	uint64_t begun_ms;      /* the same by clock_coarse_ms() */
	uint32_t sessions;      /* those that end included, refused ones not */
	uint32_t connections;   /* the refused ones included */
	uint32_t session_limit; /* most sessions at a time */
	uint32_t workers;
	uint64_t reloads_done;    /* configurations taken in */
	uint64_t reloads_refused; /* and those that were not */
	uint64_t reload_wall_s;   /* when the last was asked for; 0: never */
	bool reload_is_done;      /* whether that one was taken in */
};

/* A socket that accepts; the texts are valid during the call. */
struct operations_listener {
	const char *name;
	const char *address; /* as it really is, the kernel's port included */
};

/*
 * Everything is called on the supervisor's thread and returns at once.  The
 * tables' owner outlives all that use it.
 */
struct operations {
	void *arg; /* of every function */

	/* The configuration in force; valid until the loop's turn ends. */
	const struct config *(*config)(void *arg);

	/* Fills in what there is to say of the daemon as a whole. */
	void (*report)(void *arg, struct operations_report *ret_report);

	/* Sessions of one worker, those that end included; `worker` is less
	 * than report.workers.
	 */
	uint32_t (*worker_sessions)(void *arg, unsigned worker);

	/* Sums up what was counted; metrics_totals_done() is due. */
	void (*measure)(void *arg, struct metrics_totals *ret_totals);

	/* Calls `visit` for every listener, the admin's not. */
	void (*each_listener)(void *arg,
			      void (*visit)(void *visit_arg,
					    const struct operations_listener *),
			      void *visit_arg);

	/* The last minutes; null while nobody keeps them. */
	const struct history *(*history)(void *arg);
};

/* "running", "draining", "stopping". */
const char *operations_state_name(enum operations_state state);

#endif
