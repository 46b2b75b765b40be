/* SPDX-License-Identifier: MIT */
/* What operators may ask of the daemon: functions that daemon/ fills in. */

#ifndef OPS_OPERATIONS_H
#define OPS_OPERATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/certificate_report.h"
#include "config/config.h"
#include "config/config_errors.h"
#include "ops/history.h"
#include "ops/metrics_totals.h"
#include "relay/session_info.h"

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

/* What came of a question about sessions. */
struct operations_answer {
	uint64_t ticket; /* of operations.ask() */
	struct session_query query;
	int error;       /* 0; -ETIMEDOUT: `silent_worker` did not answer */
	unsigned silent_worker;
	struct session_batch *sessions; /* in no order; the callee's */
};

/* A question about sessions, and who is to hear the answer. */
struct operations_question {
	struct session_query query; /* without its ticket */
	/* Called once, on the supervisor's thread, after ask() returned. */
	void (*answered)(void *arg, struct operations_answer *answer);
	void *arg;
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

	/* Calls `visit` for every certificate that serves. */
	void (*each_certificate)(void *arg,
				 void (*visit)(
					 void *visit_arg,
					 const struct certificate_report *),
				 void *visit_arg);

	/* The last minutes; null while nobody keeps them. */
	const struct history *(*history)(void *arg);

	/*
	 * Asks every worker; the answer comes within seconds.  0 or -ENOMEM,
	 * then none comes.  The question is copied.
	 */
	int (*ask)(void *arg, const struct operations_question *question,
		   uint64_t *ret_ticket);

	/* That question will not be answered any more. */
	void (*cancel)(void *arg, uint64_t ticket);

	/*
	 * From now on, or no longer, new sessions are refused; open ones go
	 * on.  0, also when it is so already, or -EBUSY while stopping.
	 */
	int (*set_draining)(void *arg, bool is_draining);

	/*
	 * Takes the configuration in anew, whole or not at all.  0, or -errno
	 * with at least one line in `errors`, which the caller empties.  The
	 * log has been told either way.
	 */
	int (*reload)(void *arg, struct config_errors *errors);
};

/* "running", "draining", "stopping". */
const char *operations_state_name(enum operations_state state);

#endif
