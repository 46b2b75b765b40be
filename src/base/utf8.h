/* SPDX-License-Identifier: MIT */
/* Whether bytes are UTF-8, in any pieces, and where a piece may be cut. */

#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Well-formed is what RFC 3629 section 4 calls so: no overlong forms, no
 * surrogates (U+D800 to U+DFFF), nothing above U+10FFFF.  A byte is refused as
 * soon as no character can begin with the bytes up to it.  No function here
 * keeps its input or allocates.  One thread at a time per state.
 */

/* Most bytes of a character that is not complete yet. */
#define UTF8_PARTIAL_MAX 3

/* Where a text stands between two pieces.  All zero is the beginning. */
struct utf8_state {
	uint32_t state; /* private: a state of the table in utf8.c */
};

/* What stands behind the whole characters of a piece. */
enum utf8_rest {
	UTF8_REST_NONE,    /* nothing */
	UTF8_REST_PARTIAL, /* 1 to UTF8_PARTIAL_MAX bytes that can go on */
	UTF8_REST_INVALID, /* bytes that are never UTF-8, whatever follows */
};

/* Prepares for the first byte of a text. */
void utf8_init(struct utf8_state *state);

/*
 * Takes the next `len` bytes of the text.  Returns `len` when the text can
 * still become well-formed, else the offset of the first byte that makes it
 * impossible; from then on every call returns 0 (with `len` 0 too).
 */
__attribute__((warn_unused_result)) size_t
utf8_validate(struct utf8_state *state, const uint8_t *data, size_t len);

/* Whether the text so far is well-formed and does not end in a character. */
bool utf8_is_complete(const struct utf8_state *state);

/*
 * Looks at `len` bytes that begin at a character: `*ret_whole` is how many of
 * them form whole characters, the return value says what the rest is.
 */
__attribute__((warn_unused_result)) enum utf8_rest
utf8_split(const uint8_t *data, size_t len, size_t *ret_whole);

#endif
