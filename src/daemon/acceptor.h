/* SPDX-License-Identifier: MIT */
/* The listening sockets: opened, kept or closed as configurations change. */

#ifndef DAEMON_ACCEPTOR_H
#define DAEMON_ACCEPTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "config/config.h"
#include "daemon/inherited.h"
#include "ops/operations.h"

struct event_base;

/* All of it belongs to the supervisor's thread. */
struct acceptor;

/* A connection: `fd` is the callee's.  `listener` is of the configuration. */
typedef void (*acceptor_callback)(void *arg, int fd,
				  const struct sockaddr_any *peer,
				  const struct config_listener *listener);

/* Null when memory is out. */
__attribute__((warn_unused_result))
struct acceptor *acceptor_new(struct event_base *base,
			      acceptor_callback callback, void *arg);

/*
 * Takes over what systemd handed to this process; once, before other threads
 * look at the environment.  0, -ENOMEM or another -errno if what is announced
 * there is not so.
 */
__attribute__((warn_unused_result))
int acceptor_inherit(struct acceptor *acceptor);

/* Closes all sockets.  Clears, takes null. */
void acceptor_free(struct acceptor **acceptor);

/* What stands in the way of a configuration's listeners. */
struct acceptor_failure {
	const struct config_listener *listener;
	int error; /* -errno */
	char reason[INHERITED_REASON_MAX]; /* in words */
};

/*
 * Opens what `config` listens on and is not open yet; what is open goes on
 * untouched, whatever comes of it.  0, or -errno with `ret_failure` filled in:
 * then nothing was opened.  Until acceptor_commit() or acceptor_discard() the
 * new sockets take no connection.
 */
__attribute__((warn_unused_result))
int acceptor_prepare(struct acceptor *acceptor, const struct config *config,
		     struct acceptor_failure *ret_failure);

/*
 * Takes over what was prepared: new sockets accept, sockets that the
 * configuration no longer has are closed, after the connections in their
 * queues were taken.  `config` must outlive its time here.
 */
void acceptor_commit(struct acceptor *acceptor);

/*
 * Closes the sockets of systemd that nothing asks for, with a warning each;
 * after the first acceptor_commit().
 */
void acceptor_close_unwanted(struct acceptor *acceptor);

/*
 * Takes no more connections from sockets of systemd: they wait for the next
 * daemon.
 */
void acceptor_leave_inherited(struct acceptor *acceptor);

/*
 * Closes all other sockets, after the connections in their queues were taken,
 * and leaves those of systemd.
 */
void acceptor_end(struct acceptor *acceptor);

/* Gives the paths of Unix sockets that were opened here to another user. */
void acceptor_give_paths(const struct acceptor *acceptor,
			 const struct config_identity *identity);

/* Where the first listener really listens, as address_format() writes it. */
void acceptor_first_address(const struct acceptor *acceptor,
			    char ret_text[ADDRESS_TEXT_MAX]);

/* Calls `visit` for every listener that serves, with where it really does. */
void acceptor_each(const struct acceptor *acceptor,
		   void (*visit)(void *arg,
				 const struct operations_listener *listener),
		   void *arg);

/* Connections it answered 503 itself, because no descriptor was left. */
uint64_t acceptor_refused_count(const struct acceptor *acceptor);

/* Closes what was prepared. */
void acceptor_discard(struct acceptor *acceptor);

#endif
