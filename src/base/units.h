/* SPDX-License-Identifier: MIT */
/* Durations and sizes as people write them: "250ms", "1.5s", "64K". */

#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stdint.h>

#include "base/slice.h"

/* Room for what the printers write: 20 digits, a unit and the terminator. */
#define UNITS_TEXT_MAX 24

enum units_result {
	UNITS_OK,
	UNITS_EMPTY,      /* no text at all */
	UNITS_NEGATIVE,   /* begins with '-' */
	UNITS_NOT_NUMBER, /* does not begin with digits, or "1." */
	UNITS_BAD_SUFFIX, /* a unit this kind of value does not have */
	UNITS_TOO_FINE,   /* a fraction of a millisecond */
	UNITS_TOO_LARGE,  /* does not fit the result */
};

/*
 * A duration: decimal digits, a fraction if wanted ("1.5s"), then "ms", "s",
 * "m", "h" or nothing, which means seconds.  No spaces, no sign.  Writes
 * milliseconds; untouched unless UNITS_OK.
 */
__attribute__((warn_unused_result)) enum units_result
units_parse_duration(struct slice text, uint32_t *ret_ms);

/* A duration given as a number of seconds; not a number is UNITS_NOT_NUMBER. */
__attribute__((warn_unused_result)) enum units_result
units_from_seconds(double seconds, uint32_t *ret_ms);

/*
 * A size: decimal digits, then "K", "M" or "G" in either case (powers of
 * 1024) or nothing.  Writes bytes; untouched unless UNITS_OK.
 */
__attribute__((warn_unused_result)) enum units_result
units_parse_size(struct slice text, uint64_t *ret_bytes);

/* What is wrong, a constant phrase without a full stop. */
const char *units_result_text(enum units_result result);

/* The largest unit that leaves a whole number: "1h", "90s", "1500ms", "0". */
void units_print_duration(uint32_t ms, char ret_text[UNITS_TEXT_MAX]);

/* The largest unit that leaves a whole number: "64K", "1000", "0". */
void units_print_size(uint64_t bytes, char ret_text[UNITS_TEXT_MAX]);

#endif
