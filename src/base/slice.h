/* SPDX-License-Identifier: MIT */
/* A borrowed run of text: a pointer and a length, never a terminator. */

#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * The bytes belong to somebody else; whoever hands out a slice says how long
 * they stay valid.  An empty slice may have a null pointer.
 */
struct slice {
	const char *data;
	size_t len; /* bytes */
};

static inline struct slice slice_make(const char *data, size_t len)
{
	return (struct slice){ .data = data, .len = len };
}

/* The text of a C string, without its terminator; null gives an empty slice. */
static inline struct slice slice_of(const char *text)
{
	return slice_make(text, text ? strlen(text) : 0);
}

/* Whether both hold the same bytes. */
bool slice_equal(struct slice a, struct slice b);

/* As slice_equal(), with ASCII letters compared without regard to case. */
bool slice_equal_nocase(struct slice a, struct slice b);

/* Whether `s` begins with `prefix` (an empty prefix: always). */
bool slice_has_prefix(struct slice s, struct slice prefix);

/* Whether `s` ends with `suffix` (an empty suffix: always). */
bool slice_has_suffix(struct slice s, struct slice suffix);

/* `s` without spaces and tabs at both ends (OWS of RFC 9110 section 5.6.3). */
struct slice slice_trim(struct slice s);

/*
 * Cuts `s` at the first `separator`: returns what stands before it and leaves
 * in `*rest` what stands behind it.  Without a separator returns all of `s`
 * and leaves an empty slice with a null pointer.
 */
struct slice slice_cut(struct slice s, char separator, struct slice *ret_rest);

#endif
