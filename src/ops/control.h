/* SPDX-License-Identifier: MIT */
/* The control socket: connections, requests by the line, answers by the line.
 */

#ifndef OPS_CONTROL_H
#define OPS_CONTROL_H

#include "ops/control_access.h"
#include "ops/operations.h"

/*
 * What wsrelayctl and the daemon say to each other.  It is theirs alone: both
 * are of one release, scripts use "wsrelayctl --json".
 *
 * A request is one line, a JSON object of at most CONTROL_REQUEST_MAX bytes:
 *
 *     {"version": 1, "command": "show", "id": 17}
 *
 * The answer is any number of lines with an element of a list each, and one
 * line that ends it, with "ok" or with "error" (a sentence) in it:
 *
 *     {"session": {"id": 17, ...}}
 *     {"ok": true, ...}
 *     {"error": "...", "errors": ["FILE:LINE: ...", ...]}
 *
 * Then the next request may come.  A list is written as fast as the peer reads
 * it.  Who says nothing, or reads nothing, for CONTROL_IDLE_S is hung up on.
 */
#define CONTROL_VERSION 1
#define CONTROL_REQUEST_MAX 4096
#define CONTROL_IDLE_S 60

/* Connections at a time; one more is told so. */
#define CONTROL_CONNECTIONS_MAX 8

struct event_base;

/* All of it belongs to the supervisor's thread. */
struct control;

/* Null when memory is out.  `base` and `operations` outlive it. */
__attribute__((warn_unused_result)) struct control *
control_new(struct event_base *base, const struct operations *operations);

/* Ends all connections.  Clears, takes null. */
void control_free(struct control **control);

/*
 * Takes connections from the listening Unix socket `fd`, which stays the
 * caller's, instead of another one, if they may come in by `access`.  0 or
 * -ENOMEM.
 */
__attribute__((warn_unused_result)) int
control_listen(struct control *control, int fd,
	       const struct control_access *access);

/* Takes no more connections; those there are go on. */
void control_deafen(struct control *control);

#endif
