/* SPDX-License-Identifier: MIT */
/* The bytes every bench program sends and expects. */
#include "pattern.h"

#include <string.h>

static uint8_t bytes[PATTERN_SIZE];

const uint8_t *pattern_bytes(void)
{
	uint32_t x = 2463534242u; /* Marsaglia's xorshift32 and its seed */

	for (size_t i = 0; bytes[0] == 0 && i < PATTERN_SIZE; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes[PATTERN_SIZE - 1 - i] = (uint8_t)((x >> 11) | 1u);
	}
	return bytes;
}

bool pattern_is_at(uint64_t offset, size_t period, const uint8_t *data,
		   size_t len)
{
	const uint8_t *want = pattern_bytes();
	size_t at = (size_t)(offset % period);

	while (len > 0) {
		size_t n = period - at < len ? period - at : len;

		if (memcmp(want + at, data, n) != 0)
			return false;
		data += n;
		len -= n;
		at = 0;
	}
	return true;
}
