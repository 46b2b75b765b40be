/* SPDX-License-Identifier: MIT */
/* Compresses messages for permessage-deflate (RFC 7692 section 7.2.1). */

#ifndef WS_DEFLATE_H
#define WS_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ws/allocator.h"

/*
 * A message goes in whole or in pieces; for each piece its compressed bytes
 * are told at once, nothing is held back.  Put one behind the other they are
 * the payload of one compressed message, which may be framed as one likes.
 * One thread at a time.
 *
 * Without context takeover a piece refers to no byte before it, and between
 * two calls nothing is kept: one object can serve any number of sessions, with
 * their messages' pieces in any order.  With it, every piece refers to what
 * the object was shown before: a session has one of its own, and all that it
 * is shown must be sent compressed, or its peer cannot follow.
 *
 * Memory: 6 KiB, 4 * 2^window_bits and 512 * 2^mem_level bytes, all at once:
 * 262 KiB with 15 and 8, 18 KiB with 10 and 4 (measured, zlib 1.2.13).  Level 1
 * without takeover is ISA-L's, if the build has it: 165 KiB, whatever the rest.
 */
struct ws_deflate;

struct ws_deflate_settings {
	unsigned window_bits; /* WS_WINDOW_BITS_MIN to _MAX: what was agreed */
	unsigned level;       /* 1: fastest, to 9: smallest */
	unsigned mem_level;   /* 1: least memory, to 9: fastest and smallest */
	bool has_takeover;    /* context takeover, see above */
};

/* Most bytes of a piece. */
#define WS_DEFLATE_INPUT_MAX ((size_t)1 << 30)

/*
 * Most bytes a piece of `len` bytes, at most WS_DEFLATE_INPUT_MAX, can become:
 * fixed codes have at most 9 bits for a byte, stored blocks of the smallest
 * size that mem_level 1 asks for cost 1 in 24, and the flush takes 6 bytes.
 */
static inline size_t ws_deflate_bound(size_t len)
{
	return len + len / 8 + len / 64 + 32;
}

/* Ready for the first piece.  Null: no memory.  The settings are copied. */
__attribute__((warn_unused_result)) struct ws_deflate *
ws_deflate_new(const struct ws_allocator *allocator,
	       const struct ws_deflate_settings *settings);

/* Frees it and makes the pointer null; a null pointer there is fine. */
void ws_deflate_free(struct ws_deflate **z);

/*
 * Compresses a piece, the `len` bytes at `in`, into `out`, where
 * ws_deflate_bound(len) bytes of room must be; returns how many were written.
 * `is_last` says that the message ends with the piece: only then the bytes 00
 * 00 FF FF are cut off (step 3).  A last piece of no bytes is written too, as
 * one byte; another of none is not.  It cannot fail.
 */
size_t ws_deflate_run(struct ws_deflate *z, const uint8_t *in, size_t len,
		      bool is_last, uint8_t *out);

#endif
