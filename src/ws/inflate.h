/* SPDX-License-Identifier: MIT */
/* Decompresses messages of permessage-deflate (RFC 7692 section 7.2.2). */

#ifndef WS_INFLATE_H
#define WS_INFLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "ws/allocator.h"

/*
 * The payload of a compressed message goes in, unmasked and without frame
 * headers, in any pieces; the message comes out, in any pieces.  No call does
 * more than its input and its room for output ask for, so a message that
 * expands a thousandfold costs no more memory than one that does not, and no
 * more time a call.  One thread at a time.
 *
 * One object can serve any number of sessions whose messages do not refer to
 * earlier ones (no context takeover), a message at a time: the caller resets
 * it before each.  With context takeover a session has one of its own.
 *
 * Memory: 7.2 KiB, and 2^window_bits bytes from the first message on; 40,064
 * bytes with the largest window (measured, zlib 1.2.13).
 */
struct ws_inflate;

/* Windows a peer can ask for, as powers of two (section 7.1.2). */
#define WS_WINDOW_BITS_MIN 8
#define WS_WINDOW_BITS_MAX 15

enum ws_inflate_status {
	WS_INFLATE_MORE,      /* all input is used, all output told */
	WS_INFLATE_FULL,      /* the output is full: call again with room */
	WS_INFLATE_DONE,      /* the message is whole, all of it told */
	WS_INFLATE_CORRUPT,   /* this is no compressed message */
	WS_INFLATE_NO_MEMORY, /* the allocator had none */
};

/*
 * A decompressor for messages compressed with a window of 2^window_bits
 * bytes, WS_WINDOW_BITS_MIN to WS_WINDOW_BITS_MAX; ready for the first
 * message.  Null: no memory.
 */
__attribute__((warn_unused_result)) struct ws_inflate *
ws_inflate_new(const struct ws_allocator *allocator, unsigned window_bits);

/* Frees it and makes the pointer null; a null pointer there is fine. */
void ws_inflate_free(struct ws_inflate **z);

/*
 * Forgets everything: what comes next is the first message of a connection
 * whose window is 2^window_bits bytes.  Allowed at any time.
 */
void ws_inflate_reset(struct ws_inflate *z, unsigned window_bits);

/*
 * Decompresses on, from `*in` and to `*out`, and moves both.  `is_end` says
 * that the message ends at `in_end`; it is repeated with what a call left.
 *
 * WS_INFLATE_MORE: *in == in_end, show what comes next.  Not if `is_end`.
 * WS_INFLATE_FULL: *out == out_end; call again with more room and the input
 * that is left, which may be none.  Told as well where nothing turns out to be
 * left, and whenever there is no room.
 * WS_INFLATE_DONE: *in == in_end.  Go on with the next message, which may
 * refer to this one; or reset first.
 * WS_INFLATE_CORRUPT, WS_INFLATE_NO_MEMORY: bytes at [old out, new out) may be
 * of the message; only ws_inflate_reset() makes the object usable again.
 *
 * A message is valid if, with 00 00 FF FF behind it, it is a row of whole
 * DEFLATE blocks (RFC 1951) of which these bytes end the last, an empty one
 * without compression: that is what section 7.2.1 makes senders send.  So a
 * message cut short is corrupt, and so is one with no byte at all: an empty
 * message is the byte 00 (section 7.2.3.6).  Blocks with BFINAL may stand
 * anywhere, padded to a whole byte; more may follow (sections 7.2.3.4, 7.2.1),
 * and may refer to bytes before them.
 *
 * A reference to bytes farther back than the window is corrupt if they are no
 * longer there, and taken if they still are: which of both depends on where
 * the pieces are cut.
 */
__attribute__((warn_unused_result)) enum ws_inflate_status
ws_inflate_run(struct ws_inflate *z, const uint8_t **in, const uint8_t *in_end,
	       bool is_end, uint8_t **out, uint8_t *out_end);

#endif
