/* SPDX-License-Identifier: MIT */
/* A connection to the daemon's control socket. */

#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/*
 * What goes wrong is gathered in `said` and written to stderr at the end: by
 * then nobody draws on the terminal any more.
 */
struct client {
	const char *path; /* of the socket; borrowed */
	FILE *said;
	char *said_text;
	size_t said_len;
	FILE *in; /* answers; null: not connected */
	int fd;
	bool is_answered; /* the last question, over this connection */
};

/*
 * Connects to the socket at `path`.  EX_OK; or the program's exit code, when a
 * message that helps was said: EX_UNAVAILABLE (no daemon), EX_NOPERM,
 * EX_OSERR.  client_close() is due either way.
 */
__attribute__((warn_unused_result)) int client_open(struct client *client,
						    const char *path);

/* Hangs up, and writes what was said to stderr. */
void client_close(struct client *client);

/*
 * Asks `command` with the members of `arguments`, a reference, or null.
 * Elements of a list are appended to `elements`, if that is not null, by their
 * only member.  Returns EX_OK with the line that ended the answer, a reference:
 * it has "ok" or "error".  Else the exit code, when a message was said:
 * EX_UNAVAILABLE (it went away), EX_PROTOCOL, EX_USAGE (no UTF-8); or
 * those of client_open(), as it connects again if the daemon has hung up since
 * the last answer: that does so with who rests for too long.
 */
__attribute__((warn_unused_result)) int
client_ask(struct client *client, const char *command, json_t *arguments,
	   json_t *elements, json_t **ret_end);

#endif
