/* SPDX-License-Identifier: MIT */
/* From root to the user of the configuration, for good. */

#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

#include "config/config.h"

/*
 * No program this process could run gives it more than it has: no_new_privs.
 * Before any other thread, as each inherits it.
 */
void privileges_forbid_more(void);

/*
 * Becomes the user and group of `config`, with the supplementary groups the
 * system has for that user, in all threads, and makes sure that there is no
 * way back.  A log file that root owns is given to the user first, so that it
 * can be opened again.  Whether the process dumps core stays as it was.
 *
 * Started as another user, or without a user to become, it stays who it is;
 * the log hears a warning if that is not what was asked for or if it is root.
 * Returns 0, or -errno when the change failed: the process must end then.
 */
__attribute__((warn_unused_result))
int privileges_drop(const struct config *config);

#endif
