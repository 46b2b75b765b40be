/* SPDX-License-Identifier: MIT */
/* The client's half of RFC 6455 framing, by views of what was received. */
#ifndef BENCH_CLIENT_FRAME_H
#define BENCH_CLIENT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ws/frame.h"

enum client_frame_result {
	CLIENT_FRAME_MORE,    /* all input consumed */
	CLIENT_FRAME_DATA,    /* a piece of a data frame's payload */
	CLIENT_FRAME_CONTROL, /* a whole control frame */
	CLIENT_FRAME_INVALID  /* not what a server may send */
};

/* All zero is its first state. */
struct client_frame_decoder {
	struct ws_frame_header header;
	uint64_t left; /* payload still to come */
	bool in_payload;
	uint8_t control_len;
	uint8_t control[WS_CONTROL_PAYLOAD_MAX];
};

/* A view of bytes; what a result points at stays where it was received. */
struct client_frame_bytes {
	const uint8_t *p;
	size_t len;
};

/*
 * Writes a final masked frame to OUT, which has room for LEN +
 * WS_FRAME_CLIENT_HEADER_MAX bytes. Returns its size.
 */
size_t client_frame_build(uint8_t *out, enum ws_opcode opcode, uint32_t key,
			  const uint8_t *payload, size_t len);

/*
 * Consumes from IN up to one event. With DATA, RET_PAYLOAD is the piece; with
 * CONTROL, d->header.opcode says which and RET_PAYLOAD is in the decoder, valid
 * until the next call on the same object.
 */
enum client_frame_result
client_frame_next(struct client_frame_decoder *d, struct client_frame_bytes *in,
		  struct client_frame_bytes *ret_payload);

#endif
