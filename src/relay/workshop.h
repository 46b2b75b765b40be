/* SPDX-License-Identifier: MIT */
/* What a worker lends to ends that work by the piece. */

#ifndef RELAY_WORKSHOP_H
#define RELAY_WORKSHOP_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

/*
 * Memory for one run of a pump; no session keeps any of it.  Null pointers
 * while no route of any configuration so far needed it.
 */
struct workshop {
	uint8_t *batch; /* for struct outlet */
	size_t batch_size;
	uint8_t *spare; /* for payload that is made here: text, expanded */
	size_t spare_size;
};

/* Whether sessions of `route` work by the piece. */
bool workshop_serves(const struct config_route *route);

/*
 * Bytes a direction of such a route may read, and collect, at a time: what is
 * read and not looked at yet, and what is made of the rest, share what the
 * route lets a direction hold.
 */
size_t workshop_share(const struct config_route *route);

/* Fits the memory to the routes of `config`: 0 or -ENOMEM. */
__attribute__((warn_unused_result))
int workshop_fit(struct workshop *shop, const struct config *config);

/* Frees all. */
void workshop_done(struct workshop *shop);

#endif
