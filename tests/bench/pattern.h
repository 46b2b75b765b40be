/* SPDX-License-Identifier: MIT */
/* The bytes every bench program sends and expects. */
#ifndef BENCH_PATTERN_H
#define BENCH_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest message, and the period of an endless stream. */
#define PATTERN_SIZE 65536u

/* PATTERN_SIZE bytes without a shorter period; made at the first call. */
const uint8_t *pattern_bytes(void);

/*
 * True when DATA is what stands at stream offset OFFSET of the first PERIOD
 * bytes (1..PATTERN_SIZE) of the pattern repeated for ever.
 */
bool pattern_is_at(uint64_t offset, size_t period, const uint8_t *data,
		   size_t len);

#endif
