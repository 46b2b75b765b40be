/* SPDX-License-Identifier: MIT */
/* Host names to addresses by the system's resolver, off the event loops. */

#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "base/address.h"

/* Addresses of one name that are kept, in the order of RFC 6724. */
#define RESOLVE_ADDRESSES_MAX 16

/*
 * The helper threads that wait in getaddrinfo(), so that names work as they do
 * for every other program of the machine (files, DNS, mDNS, nsswitch.conf).
 * One for the process.  However many ask for a name at a time, one thread
 * looks it up.
 */
struct resolver;

/* The end of one event loop: where its answers arrive. */
struct resolve_client;

/* One question; belongs to the client until answered or cancelled. */
struct resolve_query;

/*
 * The answer: 0 with `count` > 0 addresses, valid during the call only, or
 * -ENOENT (no such name, no address), -EAGAIN (the resolver failed for now),
 * -ENOMEM.  On the client's loop; the query is gone.
 */
typedef void (*resolve_callback)(void *arg, int error,
				 const struct sockaddr_any *addresses,
				 size_t count);

/* Returns 0 or -ENOMEM.  Threads start when the first name is asked for. */
__attribute__((warn_unused_result))
int resolver_new(struct resolver **ret_resolver);

/*
 * Stops the threads and frees; clients are gone by then.  A thread in the
 * middle of a look-up is not waited for: it frees what it holds at its end.
 */
void resolver_free(struct resolver **resolver);

/* Returns 0 or -errno.  To be freed on the thread of `base`. */
__attribute__((warn_unused_result))
int resolve_client_new(struct resolver *resolver, struct event_base *base,
		       struct resolve_client **ret_client);

/* Cancels what is open, then frees. */
void resolve_client_free(struct resolve_client **client);

/*
 * Asks for the addresses of `name`, each given `port`.  Returns 0, then
 * `callback` comes later, once, or -errno, then never.
 */
__attribute__((warn_unused_result))
int resolve_start(struct resolve_client *client, const char *name,
		  uint16_t port, resolve_callback callback, void *arg,
		  struct resolve_query **ret_query);

/* Forgets a question; its callback does not come.  Clears, takes null. */
void resolve_cancel(struct resolve_query **query);

#endif
