/* SPDX-License-Identifier: MIT */
/* What a worker lends to ends that work by the piece. */

#ifndef RELAY_WORKSHOP_H
#define RELAY_WORKSHOP_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "ws/deflate_set.h"
#include "ws/inflate.h"

/* Levels of compression, from 1. */
#define WORKSHOP_LEVELS 9

/*
 * Memory for one run of a pump, of which no session keeps any; compressors for
 * sessions without context takeover, made when they are first needed.  All
 * zero is an empty one.
 */
struct workshop {
	uint8_t *batch; /* for struct outlet */
	size_t batch_size;
	uint8_t *spare; /* for payload that is made here: text, expanded */
	size_t spare_size;
	struct ws_deflate_set *compressors[WORKSHOP_LEVELS];
	struct ws_inflate *inflate; /* that nobody has on loan; or null */
};

/* malloc() for what ws/ needs. */
extern const struct ws_allocator workshop_allocator;

/*
 * A compressor for one piece of a message, as ws_deflate_set_get() says; null
 * when memory is out.
 */
__attribute__((warn_unused_result)) struct ws_deflate *
workshop_compressor(struct workshop *shop, unsigned level,
		    unsigned window_bits);

/*
 * Lends a decompressor for one message, to be given back or freed; null when
 * memory is out.
 */
__attribute__((warn_unused_result)) struct ws_inflate *
workshop_lend_inflate(struct workshop *shop, unsigned window_bits);

/* Takes one back and clears the pointer. */
void workshop_take_inflate(struct workshop *shop, struct ws_inflate **inflate);

/* Whether every session of `route` works by the piece. */
bool workshop_is_needed(const struct config_route *route);

/*
 * Bytes a direction of such a route may read, and collect, at a time: what is
 * read and not looked at yet, and what is made of the rest, share what the
 * route lets a direction hold.
 */
size_t workshop_share(const struct config_route *route);

/*
 * Most bytes of a target's piece, so that a share holds what it becomes; 0: no
 * bound, as it becomes no longer.
 */
size_t workshop_piece(const struct config_route *route);

/* Fits the memory to the routes of `config`: 0 or -ENOMEM. */
__attribute__((warn_unused_result))
int workshop_fit(struct workshop *shop, const struct config *config);

/* Frees all. */
void workshop_done(struct workshop *shop);

#endif
