/* SPDX-License-Identifier: MIT */
/* The client's half of RFC 6455 framing, as much as a load generator needs. */
#ifndef BENCH_CLIENT_FRAME_H
#define BENCH_CLIENT_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define CLIENT_FRAME_HEAD_MAX 14u     /* RFC 6455 §5.2: 2 + 8 + 4 */
#define CLIENT_FRAME_CONTROL_MAX 125u /* RFC 6455 §5.5 */

enum client_frame_opcode {
	CLIENT_FRAME_CONTINUATION = 0,
	CLIENT_FRAME_TEXT = 1,
	CLIENT_FRAME_BINARY = 2,
	CLIENT_FRAME_CLOSE = 8,
	CLIENT_FRAME_PING = 9,
	CLIENT_FRAME_PONG = 10
};

enum client_frame_result {
	CLIENT_FRAME_MORE,    /* all input consumed */
	CLIENT_FRAME_DATA,    /* a piece of a data frame's payload */
	CLIENT_FRAME_CONTROL, /* a whole control frame */
	CLIENT_FRAME_INVALID  /* not what a server may send */
};

/* All zero is its first state. */
struct client_frame_decoder {
	uint64_t left; /* payload still to come */
	uint8_t head[CLIENT_FRAME_HEAD_MAX];
	uint8_t head_len; /* bytes of head gathered, 0 = between frames */
	uint8_t in_payload;
	uint8_t opcode;
	uint8_t control_len;
	uint8_t control[CLIENT_FRAME_CONTROL_MAX];
};

/* A view of bytes; what a result points at stays where it was received. */
struct client_frame_bytes {
	const uint8_t *p;
	size_t len;
};

/*
 * Writes a final masked frame to OUT, which has room for LEN +
 * CLIENT_FRAME_HEAD_MAX bytes. Returns its size.
 */
size_t client_frame_build(uint8_t *out, enum client_frame_opcode opcode,
			  uint32_t key, const uint8_t *payload, size_t len);

/*
 * Consumes from IN up to one event. With DATA, RET_PAYLOAD is the piece; with
 * CONTROL, d->opcode says which and RET_PAYLOAD is in the decoder, valid until
 * the next call on the same object.
 */
enum client_frame_result
client_frame_next(struct client_frame_decoder *d, struct client_frame_bytes *in,
		  struct client_frame_bytes *ret_payload);

#endif
