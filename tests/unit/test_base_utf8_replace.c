/* SPDX-License-Identifier: MIT */
/* What is put in the place of bytes that are no UTF-8, in every cut. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8_replace.h"
#include "guard.h"
#include "ref_utf8.h"

#define INPUT_MAX 400
#define FFFD "\xEF\xBF\xBD"

/* The same by code point arithmetic: the longest beginning of a character. */
static size_t ref_replace(const uint8_t *in, size_t len, uint8_t *out)
{
	size_t at = 0, out_len = 0;

	while (at < len) {
		size_t have = 0, size = ref_size(in[at]);

		while (have < size && at + have < len &&
		       ref_is_possible(in + at, have + 1))
			have++;
		if (size > 0 && have == size) {
			memcpy(out + out_len, in + at, size);
			out_len += size;
		} else {
			memcpy(out + out_len, FFFD, 3);
			out_len += 3;
		}
		at += have > 0 ? have : 1;
	}
	return out_len;
}

/* Shows a piece; its output is checked for room and whole characters. */
static size_t feed(struct utf8_replacer *state, const uint8_t *in, size_t len,
		   bool is_end, uint8_t *out)
{
	static uint8_t made[3 * INPUT_MAX + 3];
	struct utf8_state check;
	size_t n = utf8_replace(state, in, len, is_end, made);

	assert_true(n <= utf8_replace_bound(len));
	utf8_init(&check);
	assert_int_equal(utf8_validate(&check, made, n), n);
	assert_true(utf8_is_complete(&check));
	memcpy(out, made, n);
	return n;
}

/* In two pieces, the state one that has served before. */
static void check_cut(struct utf8_replacer *state, const uint8_t *in,
		      size_t len, size_t cut, const uint8_t *want,
		      size_t want_len)
{
	uint8_t out[3 * INPUT_MAX + 6];
	size_t n = feed(state, in, cut, false, out);

	n += feed(state, in + cut, len - cut, true, out + n);
	assert_int_equal(n, want_len);
	assert_memory_equal(out, want, n);
}

static void check_bytewise(struct utf8_replacer *state, const uint8_t *in,
			   size_t len, const uint8_t *want, size_t want_len)
{
	uint8_t out[3 * INPUT_MAX + 6];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		n += feed(state, in + i, 1, false, out + n);
		n += feed(state, NULL, 0, false, out + n);
	}
	n += feed(state, NULL, 0, true, out + n);
	assert_int_equal(n, want_len);
	assert_memory_equal(out, want, n);
}

static void check_all_cuts(const uint8_t *in, size_t len)
{
	struct utf8_replacer state = { .held_len = 0 };
	uint8_t want[3 * INPUT_MAX] = { 0 };
	size_t want_len = ref_replace(in, len, want);

	for (size_t cut = 0; cut <= len; cut++)
		check_cut(&state, in, len, cut, want, want_len);
	check_bytewise(&state, in, len, want, want_len);
}

/* Writes "?" as U+FFFD; returns the length. */
static size_t expand(const char *text, uint8_t *out)
{
	size_t len = 0;

	for (; *text; text++) {
		if (*text == '?') {
			memcpy(out + len, FFFD, 3);
			len += 3;
		} else {
			out[len++] = (uint8_t)*text;
		}
	}
	return len;
}

/*
 * Unicode 15.0 tables 3-8 to 3-11, and other bytes at the limits; results are
 * those of Python's decoder.
 */
static void test_known_results(void **unused)
{
	static const struct {
		const char *in;
		const char *want; /* "?" for each U+FFFD */
	} cases[] = {
		{ "\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", "????????\x41" },
		{ "\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", "????????\x41" },
		{ "\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", "?????\x41??\x42" },
		{ "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", "????\x41" },
		{ "\x61\xF0\x9F\x98\x80\x62\xF0\x9F\x98",
		  "\x61\xF0\x9F\x98\x80\x62?" },
		{ "\xE2\x82", "?" },
		{ "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "?????????" },
		{ "\xE2\x82\xE2\x82\xE2\x82\xE2\x82\xE2\x82", "?????" },
		{ "\xF0\x90\x80\xF0\x90\x80\x80", "?\xF0\x90\x80\x80" },
		{ "\xF4\x8F\xBF\xC2", "??" },
		{ "\xE0\xF1\x41\xEF\xBF\x7F", "??\x41?\x7F" },
		{ "\x8F\xE0\xF0\xBF", "???" },
		{ "\xF4\x8F\xF5\xBF\x41\xA0\xED\xC0", "???\x41???" },
		{ "\xE1\x9F\x80\x90", "\xE1\x9F\x80?" },
		{ "\x90\x90\x41\x41\xA0\xA0\x9F\x9F\xC2", "??\x41\x41?????" },
		{ "\xA0\xF4\xA0\x9F\xA0\xE1\xC2", "???????" },
		{ "\xE0\xED", "??" },
		{ "\x90\xC0\x80\xDF", "????" },
		{ "\xFF\xF5\x41\xFF\xDF\x80", "??\x41?\xDF\x80" },
		{ "\xE0\xC2\xF0\xDF\x9F\xF0", "???\xDF\x9F?" },
		{ "\x9F\x7F\xC0\x41\xE0\xE1\x41\xF4\xED",
		  "?\x7F?\x41??\x41??" },
		{ "\xE1\xF5\x41\xEF\x7F\x9F\xFF", "??\x41?\x7F??" },
		{ "\x8F\xBF\xEF\xE0\xF1", "?????" },
		{ "\xF1\xC0\xEF\x8F\xF5\xE0\xC2", "??????" },
		{ "\xED\x80", "?" },
		{ "\xDF\xF1\xFF\xE0\x90", "?????" },
		{ "\xC0\xF4\x80\xC2\xDF\xC2\x9F", "????\xC2\x9F" },
		{ "\x90\xC2\xF0", "???" },
		{ "\x7F\x80\xFF\xF4", "\x7F???" },
		{ "\x7F\xBF\xFF\xE0\xC0\xEF\xED\x90", "\x7F??????" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct utf8_replacer state = { .held_len = 0 };
		const uint8_t *in = (const uint8_t *)cases[i].in;
		size_t len = strlen(cases[i].in);
		uint8_t want[100];
		size_t want_len = expand(cases[i].want, want);

		for (size_t cut = 0; cut <= len; cut++)
			check_cut(&state, in, len, cut, want, want_len);
		check_bytewise(&state, in, len, want, want_len);
		check_all_cuts(in, len);
	}
}

static void test_empty(void **unused)
{
	struct utf8_replacer state = { .held_len = 0 };
	uint8_t out[3];

	(void)unused;
	assert_int_equal(utf8_replace(&state, NULL, 0, false, out), 0);
	assert_int_equal(utf8_replace(&state, NULL, 0, true, out), 0);
	assert_true(sizeof(state) <= 4);
}

/* A text that ends in a character is replaced, and not part of the next. */
static void test_end(void **unused)
{
	struct utf8_replacer state = { .held_len = 0 };
	uint8_t out[12];

	(void)unused;
	assert_int_equal(feed(&state, (const uint8_t *)"\xF0\x9F", 2, true,
			      out),
			 3);
	assert_memory_equal(out, FFFD, 3);
	assert_int_equal(feed(&state, (const uint8_t *)"\x98", 1, true, out),
			 3);
	assert_memory_equal(out, FFFD, 3);
}

static void test_every_pair_and_limits(void **unused)
{
	static const uint8_t limits[] = {
		0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2,
		0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5,
	};
	const size_t count = sizeof(limits);

	(void)unused;
	for (unsigned i = 0; i < 0x10000; i++) {
		uint8_t in[2] = { (uint8_t)(i >> 8), (uint8_t)i };
		check_all_cuts(in, sizeof(in));
	}
	for (size_t i = 0; i < count * count * count * count; i++) {
		uint8_t in[4] = {
			limits[i % count],
			limits[i / count % count],
			limits[i / count / count % count],
			limits[i / count / count / count],
		};
		check_all_cuts(in, sizeof(in));
	}
}

static void test_random_bytes(void **unused)
{
	static const uint8_t leads[] = { 0xC3, 0xE2, 0xED, 0xF0, 0xF4, 0xFF };
	uint32_t seed = 0x5eed3;

	(void)unused;
	for (int round = 0; round < 200; round++) {
		uint8_t in[INPUT_MAX];
		size_t len = 0;

		while (len < 150) {
			seed = seed * 1103515245 + 12345;
			uint32_t r = seed >> 8;
			if (r % 8 == 0)
				in[len++] = leads[r / 8 % sizeof(leads)];
			else if (r % 8 < 4)
				in[len++] = (uint8_t)(0x80 | r / 8 % 64);
			else
				for (uint32_t n = r / 8 % 20; n > 0; n--)
					in[len++] = 'x';
		}
		check_all_cuts(in, len);
	}
}

/* No byte outside of the input is read, none outside of the room written. */
static void test_touches_nothing_else(void **unused)
{
	(void)unused;
	for (size_t len = 0; len <= 70; len++)
		for (uint8_t lead = 0xF0; lead != 0; lead += 3) {
			struct utf8_replacer state = {
				.held = { 0xF0, 0x9F, 0x98 },
				.held_len = 3,
			};
			size_t bound = utf8_replace_bound(len);
			uint8_t *in = guard_alloc_end(len);
			uint8_t *out = guard_alloc_end(bound);

			memset(in, lead, len);
			size_t n = utf8_replace(&state, in, len, true, out);
			assert_true(n <= bound && n >= 3);
			guard_free_end(in, len);
			guard_free_end(out, bound);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_results),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_every_pair_and_limits),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_touches_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
