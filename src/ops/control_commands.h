/* SPDX-License-Identifier: MIT */
/* What can be asked for over the control socket: one table. */

#ifndef OPS_CONTROL_COMMANDS_H
#define OPS_CONTROL_COMMANDS_H

#include <jansson.h>

#include "ops/control_access.h"
#include "ops/operations.h"

struct control_connection;

/* A request while it is being answered. */
struct control_request {
	struct control_connection *connection;
	const struct operations *operations;
	const struct control_peer *peer;
	json_t *arguments; /* the request's object; valid during the call */
};

/*
 * Parses the line and does what it says; the answer comes by one call of
 * control_answer(), control_refuse() or control_list(), now or later.
 */
void control_command_run(struct control_request *request, const char *line,
			 size_t len);

/*
 * The functions below are the connection's (ops/control.c).
 */

/* Ends the answer with "ok" and the members of `more`, a reference, or null. */
void control_answer(struct control_connection *connection, json_t *more);

/* Ends the answer with an error: a sentence without a full stop. */
__attribute__((format(printf, 2, 3))) void
control_refuse(struct control_connection *connection, const char *format, ...);

/* Likewise, with a list of lines beside it. */
void control_refuse_lines(struct control_connection *connection,
			  const char *sentence,
			  const struct config_errors *lines);

/* Writes the sessions as a list, as fast as the peer reads, then "ok". */
void control_list(struct control_connection *connection,
		  struct session_batch *sessions);

/*
 * Asks about sessions on behalf of the connection; `answered` is called with
 * the connection, unless it is gone by then.  0 or -ENOMEM.
 */
__attribute__((warn_unused_result)) int control_ask(
	struct control_connection *connection,
	const struct session_query *query,
	void (*answered)(void *connection, struct operations_answer *answer));

#endif
