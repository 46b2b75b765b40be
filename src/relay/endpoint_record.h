/* SPDX-License-Identifier: MIT */
/* The target's end: records on the wire, messages inside. */

#ifndef RELAY_ENDPOINT_RECORD_H
#define RELAY_ENDPOINT_RECORD_H

#include "relay/endpoint.h"

/*
 * Begins with the endpoint, so that one pointer serves both.  `reader` is null
 * where records have no bounds, or there are none: those of "stream".
 */
struct endpoint_record {
	struct endpoint end;
	struct framing_reader *reader;
};

/* Makes the end of a target whose bytes are the payload. */
void endpoint_record_init(struct endpoint_record *record,
			  struct buffer_pool *pool);

/*
 * From now on records of `framing`, by the piece: 0 or -ENOMEM.  To be called
 * at most once, before the first byte.
 */
__attribute__((warn_unused_result))
int endpoint_record_begin(struct endpoint_record *record,
			  const struct framing *framing);

/* Bytes of a record that is not whole. */
uint64_t endpoint_record_open_bytes(const struct endpoint_record *record);

/* As endpoint_done(). */
void endpoint_record_done(struct endpoint_record *record);

#endif
