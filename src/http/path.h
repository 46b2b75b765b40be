/* SPDX-License-Identifier: MIT */
/* A request path as text to compare with routes: percent-decoded, checked. */

#ifndef HTTP_PATH_H
#define HTTP_PATH_H

#include <stddef.h>

#include "base/slice.h"

/* What http_path_decode() returns. */
enum http_path_result {
	HTTP_PATH_OK = 0,
	HTTP_PATH_BAD,	    /* 400: no "/" first, bad escape, %00, dots */
	HTTP_PATH_TOO_LONG, /* does not fit `cap` */
};

/*
 * Decodes the escapes of a raw path (RFC 3986 section 2.1) once into
 * `ret_text`, terminated, and stores its length.  The decoded text is never
 * longer than the raw one: a `cap` of raw.len + 1 always does.  Segments "."
 * and ".." are refused rather than removed (section 5.2.4), however they are
 * escaped and also where an escaped slash parts them, so that no later reader
 * of the path can see another one.  Unless the answer is HTTP_PATH_OK the
 * bytes at `ret_text` are undefined and `*ret_len` is untouched.
 */
int http_path_decode(struct slice raw, char *ret_text, size_t cap,
		     size_t *ret_len) __attribute__((warn_unused_result));

#endif
