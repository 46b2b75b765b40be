/* SPDX-License-Identifier: MIT */
/* Base64 with the standard alphabet and padding (RFC 4648 section 4). */

#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Pure functions: no state, any thread. */

/* Characters that `len` bytes become, padding included, terminator not. */
#define BASE64_TEXT_LEN(len) (((len) + 2) / 3 * 4)

/* Memory for the text of `len` bytes with its terminator. */
#define BASE64_TEXT_SIZE(len) (BASE64_TEXT_LEN(len) + 1)

/*
 * Writes the text of `data`, terminated, into `ret_text`, which must have
 * BASE64_TEXT_SIZE(len) bytes.
 */
void base64_encode(const uint8_t *data, size_t len, char *ret_text);

/*
 * Decodes `text` into the `cap` bytes at `ret_data` and stores their number.
 * Strict: whole groups of four, padding where it belongs, no space or line
 * end, and the bits that carry nothing are zero (RFC 4648 section 3.5), so
 * that two different texts never give the same bytes.  False if the text is
 * anything else or its bytes do not fit; the outputs then are untouched.
 */
bool base64_decode(struct slice text, uint8_t *ret_data, size_t cap,
		   size_t *ret_len) __attribute__((warn_unused_result));

#endif
