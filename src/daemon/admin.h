/* SPDX-License-Identifier: MIT */
/* The socket of the admin pages: opened, kept or moved over reloads. */

#ifndef DAEMON_ADMIN_H
#define DAEMON_ADMIN_H

#include "config/config.h"
#include "ops/operations.h"

struct event_base;

/* All of it belongs to the supervisor's thread. */
struct admin;

/* Serves nothing yet.  Null when memory is out; `operations` outlives it. */
__attribute__((warn_unused_result)) struct admin *
admin_new(struct event_base *base, const struct operations *operations);

/* Ends all.  Clears, takes null. */
void admin_free(struct admin **admin);

/*
 * Opens the socket `config` asks for, if it is not open already; what serves
 * goes on whatever comes of it.  0, or -errno: then nothing was opened.  Until
 * admin_commit() or admin_discard() a new one takes no connection.
 */
__attribute__((warn_unused_result)) int
admin_prepare(struct admin *admin, const struct config *config);

/* What was prepared serves from now on, and nothing else. */
void admin_commit(struct admin *admin);

/* Gives the path of a Unix socket that serves to `identity`. */
void admin_give(struct admin *admin, const struct config_identity *identity);

/* Closes what was prepared. */
void admin_discard(struct admin *admin);

#endif
