/* SPDX-License-Identifier: MIT */
/* How many sessions an address or a route has, and how fast they come. */

#ifndef RELAY_ADMISSION_H
#define RELAY_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/*
 * The one thing threads share and change: counters by key, in locked shards,
 * touched once when a session begins and once when it ends.  A key is counted
 * only while it has sessions or a rate is remembered for it, which a second
 * without a new one forgets; so the table is no larger than the sessions and
 * the addresses of the last moments.
 */
struct admission;

/* An address or the name of a route. */
struct admission_key {
	uint8_t bytes[20];
};

/* Bounds of one key; 0: none. */
struct admission_limits {
	uint32_t sessions;
	uint32_t per_second; /* also how many may come at once */
};

enum admission_verdict {
	ADMISSION_GRANTED,  /* counted: admission_leave() when it ends */
	ADMISSION_SESSIONS, /* too many sessions */
	ADMISSION_RATE,     /* too many in too short a time */
	ADMISSION_NO_MEMORY,
};

/* Null when memory is out. */
__attribute__((warn_unused_result))
struct admission *admission_new(void);

/* All sessions are gone by then.  Takes null. */
void admission_free(struct admission **admission);

/*
 * The key of a peer: its IPv4 address (also when mapped into IPv6), or the
 * /64 network of its IPv6 address, which one customer owns whole.  False for a
 * Unix socket, whose peers have no address and are not counted.
 */
bool admission_key_of_peer(const struct sockaddr_any *peer,
			   struct admission_key *ret_key);

/* The key of a route by its name: a hash, so that names may have any length. */
struct admission_key admission_key_of_route(const char *name);

/* Counts one more session at `now_us`, or says why not.  Any thread. */
__attribute__((warn_unused_result))
enum admission_verdict admission_enter(struct admission *admission,
				       const struct admission_key *key,
				       const struct admission_limits *limits,
				       uint64_t now_us);

/* Counts one session less, of a key that was granted one.  Any thread. */
void admission_leave(struct admission *admission,
		     const struct admission_key *key);

/* The same for the address of a peer, which was granted one. */
void admission_leave_peer(struct admission *admission,
			  const struct sockaddr_any *peer);

/* Keys that are held now; for tests. */
size_t admission_key_count(struct admission *admission);

#endif
