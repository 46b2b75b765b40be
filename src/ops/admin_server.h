/* SPDX-License-Identifier: MIT */
/* HTTP for operators on one listening socket, beside whatever the loop does. */

#ifndef OPS_ADMIN_SERVER_H
#define OPS_ADMIN_SERVER_H

#include <stdbool.h>

#include "ops/operations.h"

struct event_base;

/*
 * Connections at a time: one more pushes out the oldest, so that those who hold
 * on to theirs keep nobody out and take no descriptors from sessions.
 */
#define ADMIN_CONNECTIONS_MAX 16

/* Descriptors it may have at a time: those, and what is being pushed out. */
#define ADMIN_FDS (2 * ADMIN_CONNECTIONS_MAX)

/* All of it belongs to the thread of its loop. */
struct admin_server;

/* What to serve; `operations` outlives the server. */
struct admin_server_options {
	struct event_base *base;
	const struct operations *operations;
	int fd; /* listening, stays the caller's; closed after the server */
	/*
	 * Only requests for "localhost" or an address are answered: a page of
	 * another site whose name leads here gets nothing (DNS rebinding).
	 */
	bool wants_local_host;
};

/* Prepares a server that takes no connection yet.  Null: out of memory. */
__attribute__((warn_unused_result)) struct admin_server *
admin_server_new(const struct admin_server_options *options);

/* From now on it takes connections. */
void admin_server_start(struct admin_server *server);

/* Ends its connections, whatever they wait for.  Clears, takes null. */
void admin_server_free(struct admin_server **server);

#endif
