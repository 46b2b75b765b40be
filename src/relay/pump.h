/* SPDX-License-Identifier: MIT */
/* One direction of a relay: a read here becomes a write there. */

#ifndef RELAY_PUMP_H
#define RELAY_PUMP_H

#include <stddef.h>
#include <stdint.h>

#include "relay/endpoint.h"

/*
 * What a worker lends for one run of a pump: memory for one read, `size` bytes
 * behind ENDPOINT_HEADROOM; the rest is of ends that work by the piece.
 */
struct pump_scratch {
	uint8_t *data;
	size_t size;
	size_t piece; /* most bytes of a target's piece; 0: no bound */
	struct workshop *shop;
	const struct config_route *route; /* of the session that is served */
};

/* What one run of a pump led to. */
enum pump_outcome {
	PUMP_NOTHING,      /* nothing was there to read */
	PUMP_MOVED,        /* bytes were relayed, or were for the end itself */
	PUMP_ENDED,        /* the flow ended in order: Close, or drained */
	PUMP_EOF,          /* the stream ended */
	PUMP_FAULT,        /* `cause`: who sent broke a rule */
	PUMP_SOURCE_ERROR, /* `error`: the source's stream failed */
	PUMP_SINK_ERROR,   /* `error`: the sink's stream failed */
};

struct pump_result {
	enum pump_outcome outcome;
	enum relay_cause cause; /* PUMP_FAULT */
	int error;              /* -errno of the two errors */
};

/*
 * Reads once from `from` and sends to `to` what the bytes mean.  The rule of
 * back-pressure: only to be called when `to` owes nothing, so what `to` does
 * not take is at most one read.  Marks `from` as ended, at its end of file or
 * broken as it finds it; what to make of that is the caller's.
 */
struct pump_result pump_run(struct endpoint *from, struct endpoint *to,
			    const struct pump_scratch *scratch);

/* The same for bytes that came earlier: `len` of them at scratch->data. */
struct pump_result pump_feed(struct endpoint *from, struct endpoint *to,
			     const struct pump_scratch *scratch, size_t len);

/*
 * Reads once and drops what comes: bytes dropped, 0 at the end of the stream
 * or its failure (`from` is marked), -EAGAIN if none are there.
 */
ssize_t pump_discard(struct endpoint *from, const struct pump_scratch *scratch);

#endif
