/* SPDX-License-Identifier: MIT */
/* The UTF-8 automaton against code point arithmetic, in every cut. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "guard.h"
#include "ref_utf8.h"

/* Bytes on both sides of every limit of RFC 3629 section 4. */
static const uint8_t limits[] = {
	0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
	0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
	0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF,
};

#define LIMITS (sizeof(limits) / sizeof(*limits))

/* As utf8_split(), and how many bytes can stand (`*ret_valid`). */
static enum utf8_rest ref_split(const uint8_t *data, size_t len,
				size_t *ret_whole, size_t *ret_valid)
{
	size_t at = 0;

	while (at < len) {
		size_t have = 0, size = ref_size(data[at]);

		while (at + have < len && have < (size > 0 ? size : 1) &&
		       ref_is_possible(data + at, have + 1))
			have++;
		*ret_whole = at;
		*ret_valid = at + have;
		if (size == 0 || (have < size && at + have < len))
			return UTF8_REST_INVALID;
		if (have < size)
			return UTF8_REST_PARTIAL;
		at += size;
	}
	*ret_whole = *ret_valid = len;
	return UTF8_REST_NONE;
}

/* Feeds `len` bytes in pieces that end at `cut` and at `len`. */
static void check_cut(const uint8_t *data, size_t len, size_t cut, size_t valid,
		      bool is_complete)
{
	struct utf8_state state;
	size_t got;

	utf8_init(&state);
	got = utf8_validate(&state, data, cut);
	if (valid < cut) {
		assert_int_equal(got, valid);
		assert_int_equal(utf8_validate(&state, data, 0), 0);
		assert_int_equal(utf8_validate(&state, data, len), 0);
	} else {
		assert_int_equal(got, cut);
		got = utf8_validate(&state, data + cut, len - cut);
		assert_int_equal(cut + got, valid);
	}
	assert_int_equal(utf8_is_complete(&state), is_complete);
}

static void check_bytewise(const uint8_t *data, size_t len, size_t valid,
			   bool is_complete)
{
	struct utf8_state state;

	utf8_init(&state);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(utf8_validate(&state, data + i, 1), i < valid);
	assert_int_equal(utf8_is_complete(&state), is_complete);
}

static void check_split(const uint8_t *data, size_t len)
{
	size_t whole, valid, got = SIZE_MAX;
	enum utf8_rest rest = ref_split(data, len, &whole, &valid);

	assert_int_equal(utf8_split(data, len, &got), rest);
	assert_int_equal(got, whole);
	check_cut(data, len, len, valid, rest == UTF8_REST_NONE);
}

static void check_all_cuts(const uint8_t *data, size_t len)
{
	size_t whole, valid;
	bool complete = ref_split(data, len, &whole, &valid) == UTF8_REST_NONE;

	check_split(data, len);
	check_bytewise(data, len, valid, complete);
	for (size_t cut = 0; cut <= len; cut++)
		check_cut(data, len, cut, valid, complete);
}

static void test_empty(void **unused)
{
	struct utf8_state state;
	size_t whole = 1;

	(void)unused;
	utf8_init(&state);
	assert_int_equal(utf8_validate(&state, NULL, 0), 0);
	assert_true(utf8_is_complete(&state));
	assert_int_equal(utf8_split(NULL, 0, &whole), UTF8_REST_NONE);
	assert_int_equal(whole, 0);
	assert_true(sizeof(struct utf8_state) <= 8);
}

static void test_known_texts(void **unused)
{
	static const struct {
		const char *text;
		size_t whole;
		enum utf8_rest rest;
	} cases[] = {
		{ "plain", 5, UTF8_REST_NONE },
		{ "\xCE\xBA\xE1\xBD\xB9\xCF\x83", 7, UTF8_REST_NONE },
		{ "a\xF0\x9F\x98\x80", 5, UTF8_REST_NONE },
		{ "a\xF0\x9F\x98", 1, UTF8_REST_PARTIAL },
		{ "a\xF0\x9F", 1, UTF8_REST_PARTIAL },
		{ "a\xF0", 1, UTF8_REST_PARTIAL },
		{ "a\xC0\x80", 1, UTF8_REST_INVALID },
		{ "\xE0\x80\xAF", 0, UTF8_REST_INVALID },
		{ "\xED\xA0\x80", 0, UTF8_REST_INVALID },
		{ "\xED\x9F\xBF", 3, UTF8_REST_NONE },
		{ "\xEE\x80\x80", 3, UTF8_REST_NONE },
		{ "\xF4\x8F\xBF\xBF", 4, UTF8_REST_NONE },
		{ "\xF4\x90\x80\x80", 0, UTF8_REST_INVALID },
		{ "\x80", 0, UTF8_REST_INVALID },
		{ "\xFE", 0, UTF8_REST_INVALID },
		{ "\xC3(", 0, UTF8_REST_INVALID },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t whole = SIZE_MAX;
		const uint8_t *data = (const uint8_t *)cases[i].text;
		size_t len = strlen(cases[i].text);

		assert_int_equal(utf8_split(data, len, &whole), cases[i].rest);
		assert_int_equal(whole, cases[i].whole);
		check_all_cuts(data, len);
	}
}

/* The byte that ends hope is the earliest one, not the character's last. */
static void test_earliest_byte(void **unused)
{
	struct utf8_state state;

	(void)unused;
	utf8_init(&state);
	assert_int_equal(utf8_validate(&state, (const uint8_t *)"\xED\xA0", 2),
			 1);
	utf8_init(&state);
	assert_int_equal(utf8_validate(&state, (const uint8_t *)"\xF4\x90", 2),
			 1);
	utf8_init(&state);
	assert_int_equal(utf8_validate(&state, (const uint8_t *)"\xC1", 1), 0);
}

static size_t encode(uint32_t point, uint8_t out[4])
{
	size_t size = point < 0x80    ? 1 :
		      point < 0x800   ? 2 :
		      point < 0x10000 ? 3 :
					4;

	for (size_t i = size; i-- > 1; point >>= 6)
		out[i] = (uint8_t)(0x80 | (point & 0x3F));
	out[0] = (uint8_t)(size == 1 ? point : (0xF0u << (4 - size)) | point);
	return size;
}

static void test_every_code_point(void **unused)
{
	(void)unused;
	for (uint32_t point = 0; point < 0x120000; point++) {
		struct utf8_state state;
		uint8_t data[4];
		size_t len = encode(point, data);
		bool is_valid = point < 0x110000 &&
				(point < 0xD800 || point > 0xDFFF);

		utf8_init(&state);
		if ((utf8_validate(&state, data, len) == len) != is_valid)
			fail_msg("U+%04X", (unsigned)point);
	}
}

static void test_every_pair_of_bytes(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 0x10000; i++) {
		uint8_t data[2] = { (uint8_t)(i >> 8), (uint8_t)i };

		check_split(data, sizeof(data));
	}
}

static void test_limits_in_four_bytes(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < LIMITS * LIMITS * LIMITS * LIMITS; i++) {
		uint8_t data[4] = {
			limits[i % LIMITS],
			limits[i / LIMITS % LIMITS],
			limits[i / LIMITS / LIMITS % LIMITS],
			limits[i / LIMITS / LIMITS / LIMITS],
		};

		check_split(data, sizeof(data));
	}
}

/* A few bytes at every place of a longer text: the blocks of the fast path. */
static void test_every_place_in_blocks(void **unused)
{
	static const char *const inserts[] = {
		"",
		"\xC3\xA4",
		"\xE2\x82\xAC",
		"\xF0\x9F\x98\x80",
		"\xF0\x9F",
		"\xFF",
		"\xE2\x82",
		"\x80",
		"\xED\xA0\x80",
		"\xC3\xA4\xC3",
	};
	enum { LEN = 100 };

	(void)unused;
	for (size_t i = 0; i < sizeof(inserts) / sizeof(*inserts); i++) {
		size_t size = strlen(inserts[i]);

		for (size_t at = 0; at + size <= LEN; at++) {
			uint8_t data[LEN];

			memset(data, 'x', sizeof(data));
			memcpy(data + at, inserts[i], size);
			check_all_cuts(data, sizeof(data));
			check_split(data, at + size);
		}
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void test_random_texts(void **unused)
{
	uint32_t seed = 0x5eed1;

	(void)unused;
	for (int round = 0; round < 2000; round++) {
		uint8_t data[160];
		size_t len = 0;

		while (len < 150) {
			uint32_t r = next_random(&seed);

			if (r % 64 == 0)
				data[len++] = limits[r / 64 % LIMITS];
			else if (r % 4 == 0)
				len += encode((r >> 8) % 0x110000, data + len);
			else
				data[len++] = (uint8_t)('a' + r / 64 % 26);
		}
		check_all_cuts(data, len);
	}
}

/* Without a single bad byte, so that every text is read to its end. */
static void test_random_valid_texts(void **unused)
{
	uint32_t seed = 0x5eed2;

	(void)unused;
	for (int round = 0; round < 300; round++) {
		uint8_t data[160];
		size_t len = 0;

		while (len < 150) {
			uint32_t r = next_random(&seed) % 0x110000;

			if (r < 0xD800 || r > 0xDFFF)
				len += encode(r % 3 ? r : r % 0x80, data + len);
		}
		for (size_t end = 0; end <= len; end++)
			check_split(data, end);
		check_all_cuts(data, len);
	}
}

static void test_no_byte_behind_the_end(void **unused)
{
	(void)unused;
	for (size_t len = 0; len <= 100; len++) {
		uint8_t *data = guard_alloc_end(len);

		memset(data, 'x', len);
		check_split(data, len);
		if (len > 0)
			data[len - 1] = 0xE2;
		check_split(data, len);
		memset(data, 0xA4, len);
		for (size_t i = 0; i < len; i += 2)
			data[i] = 0xC3;
		check_split(data, len);
		guard_free_end(data, len);
	}
}

/* Nor before the start: stepping back from an open character must stop. */
static void test_no_byte_before_the_start(void **unused)
{
	static const char *const texts[] = {
		"\xF0\x9F\x98", "\xF0\x9F", "\xF0", "\x80", "\xF0\x9F\x98x",
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		size_t len = strlen(texts[i]);
		uint8_t *data = guard_alloc_start(len);

		memcpy(data, texts[i], len);
		check_split(data, len);
		guard_free_start(data, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_known_texts),
		cmocka_unit_test(test_earliest_byte),
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_every_pair_of_bytes),
		cmocka_unit_test(test_limits_in_four_bytes),
		cmocka_unit_test(test_every_place_in_blocks),
		cmocka_unit_test(test_random_texts),
		cmocka_unit_test(test_random_valid_texts),
		cmocka_unit_test(test_no_byte_behind_the_end),
		cmocka_unit_test(test_no_byte_before_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
