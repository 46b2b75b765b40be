/* SPDX-License-Identifier: MIT */
/* Unmasks the payload of a frame while it is moved (RFC 6455 section 5.3). */

#ifndef WS_MASK_H
#define WS_MASK_H

#include <stddef.h>
#include <stdint.h>

#define WS_MASK_KEY_SIZE 4

/*
 * Writes to `dst` the `len` bytes at `src`, each xored with its byte of `key`.
 * `offset` is the position of the first of them in the frame's payload; only
 * its value modulo 4 counts.  `dst` is at `src`, below it at any distance, or
 * in other memory; never inside (src, src + len).  Reads and writes no other
 * byte.  Masking and unmasking are the same.
 */
void ws_mask_move(uint8_t *dst, const uint8_t *src, size_t len,
		  const uint8_t key[WS_MASK_KEY_SIZE], size_t offset);

#endif
