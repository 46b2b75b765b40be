/* SPDX-License-Identifier: MIT */
/* The main thread: accepts, hands out, reloads, stops. */

#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include "config/config.h"

/* What to run; outlives the run. */
struct supervisor_options {
	const char *config_path; /* read again at a reload; null: never */
	struct config *config;   /* what to begin with; a reference is taken */
	/* Called with the first listener's address once all accept; or null. */
	void (*on_ready)(const char *address);
};

/*
 * Runs until it is told to stop.  Returns an exit code of <sysexits.h>: 0,
 * EX_UNAVAILABLE (a listener cannot be opened), EX_CONFIG (a certificate cannot
 * be read) or EX_SOFTWARE; what is wrong has been logged.
 */
int supervisor_run(const struct supervisor_options *options);

#endif
