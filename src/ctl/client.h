/* SPDX-License-Identifier: MIT */
/* A connection to the daemon's control socket. */

#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <stdio.h>

#include <jansson.h>

struct client {
	const char *path; /* of the socket; borrowed */
	FILE *in;         /* answers; null: not connected */
	int fd;
};

/*
 * Connects to the socket at `path`.  EX_OK; or the program's exit code, when a
 * message that helps has gone to stderr: EX_UNAVAILABLE (no daemon),
 * EX_NOPERM.
 */
__attribute__((warn_unused_result)) int client_open(struct client *client,
						    const char *path);

/* Hangs up; harmless if it is not connected. */
void client_close(struct client *client);

/*
 * Asks `command` with the members of `arguments`, a reference, or null.
 * Elements of a list are appended to `elements`, if that is not null, by their
 * only member.  Returns EX_OK with the line that ended the answer, a reference:
 * it has "ok" or "error".  Else the exit code, when a message has gone to
 * stderr: EX_UNAVAILABLE (it went away), EX_PROTOCOL.
 */
__attribute__((warn_unused_result)) int
client_ask(struct client *client, const char *command, json_t *arguments,
	   json_t *elements, json_t **ret_end);

#endif
