/* SPDX-License-Identifier: MIT */
/* What one worker relays, route by route, counted while it runs. */

#ifndef RELAY_TRAFFIC_H
#define RELAY_TRAFFIC_H

#include "base/tally.h"

/*
 * Names of routes that are told apart, over all reloads; sessions of the
 * others are counted together as "other".
 */
#define TRAFFIC_ROUTES_MAX 1024

/* The counters of a route. */
enum traffic_slot {
	TRAFFIC_ACTIVE,   /* sessions open now, those that end included */
	TRAFFIC_OPENED,   /* sessions ever opened */
	TRAFFIC_BYTES_UP, /* payload, client to target */
	TRAFFIC_BYTES_DOWN,
	TRAFFIC_MESSAGES_UP,
	TRAFFIC_MESSAGES_DOWN,
};

/* The rows have names of routes as keys. */
static inline void traffic_init(struct tally *traffic)
{
	tally_init(traffic, TRAFFIC_ROUTES_MAX, slice_of("other"));
}

#endif
