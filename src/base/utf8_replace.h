/* SPDX-License-Identifier: MIT */
/* Makes any bytes well-formed UTF-8, with U+FFFD for what is not. */

#ifndef BASE_UTF8_REPLACE_H
#define BASE_UTF8_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"

/*
 * Each maximal subpart that is ill-formed becomes one U+FFFD: the longest run
 * of bytes with which a character can begin, or one byte with which none can
 * (Unicode 15.0 section 3.9, as browsers do and Python's errors="replace").
 * What is written is the same in whatever pieces the bytes come.  One thread at
 * a time per state.
 */

/* Where a text stands between two pieces.  All zero is the beginning. */
struct utf8_replacer {
	uint8_t held[UTF8_PARTIAL_MAX]; /* private: of a character */
	uint8_t held_len;               /* private */
};

/* Most bytes that a piece of `len` bytes becomes. */
static inline size_t utf8_replace_bound(size_t len)
{
	return 3 * len + 3;
}

/*
 * Takes the next `len` bytes of a text, writes whole characters to `out`,
 * where utf8_replace_bound(len) bytes of room must be, in other memory, and
 * returns how many bytes it wrote.  Bytes at the end that a character can
 * begin with are held until the next piece, but when `is_end`: then the text
 * ends here, and the state is ready for another.
 */
size_t utf8_replace(struct utf8_replacer *state, const uint8_t *in, size_t len,
		    bool is_end, uint8_t *out);

#endif
