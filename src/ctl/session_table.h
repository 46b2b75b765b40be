/* SPDX-License-Identifier: MIT */
/* Sessions from the daemon: fetched, sifted, and as rows of a table. */

#ifndef CTL_SESSION_TABLE_H
#define CTL_SESSION_TABLE_H

#include <jansson.h>

#include "ctl/arguments.h"
#include "ctl/table.h"

/*
 * Asks for the sessions that the options name, by their numbers.  EX_OK with
 * an array, a reference; else the exit code.
 */
__attribute__((warn_unused_result)) int
session_table_fetch(const struct arguments *arguments, struct client *client,
		    json_t **ret_sessions);

/* Makes an empty table of sessions. */
void session_table_init(struct table *table);

/* Adds a session as a row.  0 or -ENOMEM. */
__attribute__((warn_unused_result)) int
session_table_add(struct table *table, const json_t *session);

#endif
