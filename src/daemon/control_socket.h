/* SPDX-License-Identifier: MIT */
/* Where the control socket is: opened, kept or closed over reloads. */

#ifndef DAEMON_CONTROL_SOCKET_H
#define DAEMON_CONTROL_SOCKET_H

#include "config/config.h"
#include "config/config_errors.h"
#include "ops/operations.h"

struct event_base;

/* All of it belongs to the supervisor's thread. */
struct control_socket;

/* Null when memory is out.  `base` and `operations` outlive it. */
__attribute__((warn_unused_result)) struct control_socket *
control_socket_new(struct event_base *base,
		   const struct operations *operations);

/* Ends all connections, removes the socket.  Clears, takes null. */
void control_socket_free(struct control_socket **control_socket);

/*
 * Opens what `config` asks for, unless it is open already.  0, or -errno with
 * a line in `errors`.  The default path that cannot be is no error: the log is
 * told, and there will be no socket.
 */
__attribute__((warn_unused_result)) int
control_socket_prepare(struct control_socket *control_socket,
		       const struct config *config,
		       struct config_errors *errors);

/*
 * Serves what was prepared and closes what is no longer asked for.  Requests
 * that came over the old socket are answered all the same.
 */
void control_socket_commit(struct control_socket *control_socket,
			   const struct config *config);

/* Gives the path of the socket that serves to the user of `config`. */
void control_socket_give(struct control_socket *control_socket,
			 const struct config *config);

/* Closes what was prepared. */
void control_socket_discard(struct control_socket *control_socket);

#endif
