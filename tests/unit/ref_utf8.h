/* SPDX-License-Identifier: MIT */
/* UTF-8 by code point arithmetic: slow, and unlike the automaton it checks. */

#ifndef TESTS_UNIT_REF_UTF8_H
#define TESTS_UNIT_REF_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character a byte begins, 0 if it begins none. */
static inline size_t ref_size(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC0 && lead < 0xE0)
		return 2;
	if (lead >= 0xE0 && lead < 0xF0)
		return 3;
	if (lead >= 0xF0 && lead < 0xF8)
		return 4;
	return 0;
}

/* Whether two ranges of code points have one in common. */
static inline bool ref_meets(uint32_t lo, uint32_t hi, uint32_t from,
			     uint32_t to)
{
	return lo <= to && hi >= from;
}

/* Whether some character begins with these `len` bytes. */
static inline bool ref_is_possible(const uint8_t *data, size_t len)
{
	size_t size = ref_size(data[0]);
	uint32_t lo, hi;

	if (size == 0 || len > size)
		return false;
	if (size == 1)
		return true;
	lo = hi = data[0] & (0x7Fu >> size);
	for (size_t i = 1; i < size; i++) {
		if (i < len && (data[i] & 0xC0) != 0x80)
			return false;
		lo = lo << 6 | (i < len ? data[i] & 0x3Fu : 0);
		hi = hi << 6 | (i < len ? data[i] & 0x3Fu : 0x3F);
	}
	if (size == 2)
		return ref_meets(lo, hi, 0x80, 0x7FF);
	if (size == 3)
		return ref_meets(lo, hi, 0x800, 0xD7FF) ||
		       ref_meets(lo, hi, 0xE000, 0xFFFF);
	return ref_meets(lo, hi, 0x10000, 0x10FFFF);
}

#endif
