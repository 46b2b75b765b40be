/* SPDX-License-Identifier: MIT */
/* Unmasking while moving: every distance, alignment, length and offset. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "ws/mask.h"

enum {
	DISTANCE_MAX = 64,
	ALIGN_MAX = 32,
	LEN_MAX = 160,
	MARGIN = 8,
	AREA = DISTANCE_MAX + ALIGN_MAX + LEN_MAX + 2 * MARGIN,
};

static const uint8_t key[WS_MASK_KEY_SIZE] = { 0x37, 0xFA, 0x21, 0x3D };

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 167 + i / 7);
}

static void fill(uint8_t *area, size_t len)
{
	for (size_t i = 0; i < len; i++)
		area[i] = pattern(i);
}

/* Section 5.7: "Hello" masked with 37 fa 21 3d. */
static void test_example_of_the_rfc(void **unused)
{
	static const uint8_t masked[] = { 0x7f, 0x9f, 0x4d, 0x51, 0x58 };
	uint8_t text[sizeof(masked)];

	(void)unused;
	ws_mask_move(text, masked, sizeof(masked), key, 0);
	assert_memory_equal(text, "Hello", 5);
}

/* One move inside an area whose every other byte must stay as it was. */
static void check_move(size_t align, size_t distance, size_t len, size_t offset)
{
	uint8_t area[AREA], expected[AREA];
	size_t to = MARGIN + align, from = to + distance;

	fill(area, sizeof(area));
	fill(expected, sizeof(expected));
	for (size_t i = 0; i < len; i++)
		expected[to + i] =
			(uint8_t)(pattern(from + i) ^ key[(offset + i) % 4]);
	ws_mask_move(area + to, area + from, len, key, offset);
	if (memcmp(area, expected, sizeof(area)) != 0)
		fail_msg("align %zu distance %zu len %zu offset %zu", align,
			 distance, len, offset);
}

static void test_every_distance_and_length(void **unused)
{
	(void)unused;
	for (size_t distance = 0; distance <= DISTANCE_MAX; distance++)
		for (size_t len = 0; len <= LEN_MAX; len++)
			for (size_t align = 0; align < ALIGN_MAX; align++)
				check_move(align, distance, len, align % 4);
}

static void test_every_offset(void **unused)
{
	(void)unused;
	for (size_t offset = 0; offset < 9; offset++)
		for (size_t len = 0; len <= LEN_MAX; len++)
			check_move(3, 6, len, offset);
	check_move(0, 14, LEN_MAX, SIZE_MAX);
	check_move(0, 14, LEN_MAX, SIZE_MAX - 1);
}

/* The processor's wider instructions are chosen for longer payloads too. */
static void test_long_payloads(void **unused)
{
	enum { LONG = 70000 };
	static uint8_t area[LONG + DISTANCE_MAX], expected[LONG];

	(void)unused;
	for (size_t distance = 0; distance <= DISTANCE_MAX; distance += 2) {
		fill(area, sizeof(area));
		for (size_t i = 0; i < LONG; i++)
			expected[i] = (uint8_t)(pattern(distance + i) ^
						key[(i + 1) % 4]);
		ws_mask_move(area, area + distance, LONG, key, 1);
		assert_memory_equal(area, expected, LONG);
	}
}

/* A payload in pieces is the payload whole: the offset carries over. */
static void test_every_split(void **unused)
{
	uint8_t masked[LEN_MAX], whole[LEN_MAX], pieces[LEN_MAX];

	(void)unused;
	fill(masked, sizeof(masked));
	ws_mask_move(whole, masked, sizeof(masked), key, 0);
	for (size_t cut = 0; cut <= sizeof(masked); cut++) {
		memset(pieces, 0, sizeof(pieces));
		ws_mask_move(pieces, masked, cut, key, 0);
		ws_mask_move(pieces + cut, masked + cut, sizeof(masked) - cut,
			     key, cut);
		assert_memory_equal(pieces, whole, sizeof(whole));
	}
}

static void test_no_byte_outside(void **unused)
{
	uint8_t out[LEN_MAX];

	(void)unused;
	for (size_t len = 0; len <= LEN_MAX; len++) {
		uint8_t *last = guard_alloc_end(len);
		uint8_t *first = guard_alloc_start(len);

		ws_mask_move(out, last, len, key, 0);
		ws_mask_move(last, last, len, key, 0);
		ws_mask_move(first, first, len, key, 0);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(last[i], first[i]);
		guard_free_end(last, len);
		guard_free_start(first, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example_of_the_rfc),
		cmocka_unit_test(test_every_distance_and_length),
		cmocka_unit_test(test_every_offset),
		cmocka_unit_test(test_long_payloads),
		cmocka_unit_test(test_every_split),
		cmocka_unit_test(test_no_byte_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
