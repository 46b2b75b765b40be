/* SPDX-License-Identifier: MIT */
/* Frame headers, from a peer and to it (RFC 6455 section 5.2). */

#ifndef WS_FRAME_H
#define WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "ws/mask.h"

/* Most payload of a control frame, in bytes (section 5.5). */
#define WS_CONTROL_PAYLOAD_MAX 125

/* Most bytes of a control frame a server sends: 2 of header, no key. */
#define WS_CONTROL_FRAME_MAX (2 + WS_CONTROL_PAYLOAD_MAX)

/* Most bytes of header a server sends: 2, and 8 of length. */
#define WS_FRAME_HEADER_MAX 10

/* Most bytes of header a client sends: the key comes on top. */
#define WS_FRAME_CLIENT_HEADER_MAX (WS_FRAME_HEADER_MAX + WS_MASK_KEY_SIZE)

/* Most bytes of a control frame a client sends, likewise. */
#define WS_CLIENT_CONTROL_FRAME_MAX (WS_CONTROL_FRAME_MAX + WS_MASK_KEY_SIZE)

/* Section 11.8; the values are those on the wire. */
enum ws_opcode {
	WS_OPCODE_CONTINUATION = 0x0,
	WS_OPCODE_TEXT = 0x1,
	WS_OPCODE_BINARY = 0x2,
	WS_OPCODE_CLOSE = 0x8,
	WS_OPCODE_PING = 0x9,
	WS_OPCODE_PONG = 0xA,
};

/* What ws_frame_decode() found. */
enum ws_frame_status {
	WS_FRAME_COMPLETE,           /* the header is whole: fields are set */
	WS_FRAME_INCOMPLETE,         /* all input is taken, more must come */
	WS_FRAME_RESERVED_BIT,       /* RSV1, RSV2 or RSV3 is set */
	WS_FRAME_MISPLACED_RSV1,     /* allowed, but not in this frame */
	WS_FRAME_RESERVED_OPCODE,    /* opcode 3 to 7 or 11 to 15 */
	WS_FRAME_FRAGMENTED_CONTROL, /* control frame without FIN */
	WS_FRAME_UNMASKED,           /* a client must mask (section 5.1) */
	WS_FRAME_MASKED,             /* a server must not (section 5.1) */
	WS_FRAME_LONG_CONTROL,       /* control frame over 125 bytes */
	WS_FRAME_LENGTH_NOT_MINIMAL, /* a shorter form would have held it */
	WS_FRAME_LENGTH_TOO_LARGE,   /* most significant bit is set */
};

/*
 * A header being read.  All zero is the state before a client's first byte.
 * The fields are set when ws_frame_decode() returns WS_FRAME_COMPLETE and valid
 * until the next call on the same object.
 */
struct ws_frame_header {
	uint64_t payload_len; /* bytes, below 2^63 */
	enum ws_opcode opcode;
	uint8_t key[WS_MASK_KEY_SIZE]; /* zero in a server's */
	bool fin;
	bool rsv1;
	bool allows_rsv1; /* private: it has a meaning, as agreed */
	bool from_server; /* private: it must be unmasked */
	uint8_t have; /* private: bytes read so far, 0 between headers */
	uint8_t size; /* private: bytes in all, known from the second byte */
};

/* Whether an opcode is Close, Ping or Pong. */
static inline bool ws_opcode_is_control(enum ws_opcode opcode)
{
	return (opcode & 0x8) != 0;
}

/* Prepares for the first byte of a client's header, which is masked. */
void ws_frame_header_init(struct ws_frame_header *header);

/* Prepares for the first byte of a server's header, which is not. */
void ws_frame_header_init_client(struct ws_frame_header *header);

/*
 * From now on RSV1 may be set in the first frame of a message, and nowhere
 * else (RFC 7692 section 6: a compressed message).
 */
void ws_frame_header_allow_rsv1(struct ws_frame_header *header);

/*
 * Takes bytes of the peer's frame header from `*in`, up to `end`, and moves
 * `*in` behind those taken.  On WS_FRAME_COMPLETE `*in` is at the payload and
 * the next call begins a new header.  Every other status but
 * WS_FRAME_INCOMPLETE is the first violation in the order of the bytes, the
 * same in whatever pieces they come; where `*in` then stands is not defined,
 * and only ws_frame_header_init() or its like makes the object usable again.
 */
__attribute__((warn_unused_result)) enum ws_frame_status
ws_frame_decode(struct ws_frame_header *header, const uint8_t **in,
		const uint8_t *end);

/* A constant text for the log; never null. */
const char *ws_frame_status_text(enum ws_frame_status status);

/*
 * Writes the unmasked header of a frame of `len` bytes (below 2^63) into the
 * bytes that end at `payload`, where WS_FRAME_HEADER_MAX bytes of room must
 * be; returns its size: the frame begins that many bytes below `payload`.
 */
size_t ws_frame_header_before(uint8_t *payload, uint64_t len,
			      enum ws_opcode opcode, bool fin);

/* Sets RSV1 in a header that ws_frame_header_before() made. */
void ws_frame_header_set_rsv1(uint8_t *header);

/*
 * Writes a whole unmasked control frame with `len` <= WS_CONTROL_PAYLOAD_MAX
 * bytes of payload; returns its size.
 */
size_t ws_frame_make_control(enum ws_opcode opcode, const uint8_t *payload,
			     size_t len,
			     uint8_t ret_frame[WS_CONTROL_FRAME_MAX]);

/*
 * Writes a whole unmasked Close frame (section 5.5.1); returns its size.
 * `code` is one ws_close_code_is_wire() allows, or 1005 for a frame without
 * code and reason.  The reason is cut before the first character that does
 * not fit (123 bytes) or is not UTF-8.
 */
size_t ws_frame_make_close(uint16_t code, struct slice reason,
			   uint8_t ret_frame[WS_CONTROL_FRAME_MAX]);

/*
 * As a client: masks the `len` bytes at `payload` in place and writes the
 * header of their frame into the bytes that end there, where
 * WS_FRAME_CLIENT_HEADER_MAX bytes of room must be; returns its size.  `key` is
 * to be a new one for each frame, which nobody can foretell (section 5.3).
 */
size_t ws_frame_mask_before(uint8_t *payload, size_t len, enum ws_opcode opcode,
			    bool fin, const uint8_t key[WS_MASK_KEY_SIZE]);

/*
 * Makes a client's of a whole unmasked control frame, as the two above and
 * struct ws_conn make them, where it is; returns its size.  `key` is as above.
 */
size_t ws_frame_mask_control(uint8_t frame[WS_CLIENT_CONTROL_FRAME_MAX],
			     const uint8_t key[WS_MASK_KEY_SIZE]);

#endif
