/* SPDX-License-Identifier: MIT */
/* One connection, from looking up its host to its last byte. */

#ifndef CONNECT_SESSION_H
#define CONNECT_SESSION_H

#include "connect/arguments.h"
#include "connect/exits.h"

/* How the program is to end. */
struct session_outcome {
	enum exit_code code;
	int signal; /* to die of; 0: none */
};

/*
 * Runs it all on a loop of its own; stderr has been told what the user is to
 * know.  SIGPIPE must be ignored.
 */
struct session_outcome session_run(const struct arguments *arguments);

#endif
