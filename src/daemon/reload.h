/* SPDX-License-Identifier: MIT */
/* Takes a configuration in: every part of the daemon, or none. */

#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include <stddef.h>

#include "config/config.h"
#include "config/config_errors.h"

/*
 * What a part of the daemon does when the configuration changes.  Functions
 * that have nothing to do are null.  The supervisor's thread.
 */
struct reload_part {
	/*
	 * Does all that can fail, without anybody noticing: 0, or -errno with
	 * a line in `errors` that names the place; then nothing is left.
	 */
	int (*prepare)(void *arg, struct config *config,
		       struct config_errors *errors);
	/* Takes over what was prepared; cannot fail. */
	void (*commit)(void *arg, struct config *config);
	/* Drops what was prepared. */
	void (*discard)(void *arg);
};

/* The parts in the order in which they are prepared, and committed. */
struct reload_plan {
	const struct reload_part *parts;
	size_t count;
	void *arg; /* of every function */
};

/*
 * Prepares every part, then commits every part; should one fail, those that
 * were prepared discard it, the last first.  0 or -errno, as prepare().
 */
__attribute__((warn_unused_result)) int
reload_take(const struct reload_plan *plan, struct config *config,
	    struct config_errors *errors);

/*
 * Loads `path` and takes it in.  0, or -errno with at least one line in
 * `errors`, unless memory is short even for that.
 */
__attribute__((warn_unused_result)) int
reload_run(const struct reload_plan *plan, const char *path,
	   struct config_errors *errors);

/* Writes the lines into the log. */
void reload_log_errors(const struct config_errors *errors);

#endif
