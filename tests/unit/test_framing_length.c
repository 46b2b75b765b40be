/* SPDX-License-Identifier: MIT */
/* Framings "length8" to "length32": heads, and the longest of records. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "framing/framing.h"

struct length {
	const struct framing *framing;
	uint64_t len;
	uint8_t size;
	uint8_t head[4];
};

static const struct length lengths[] = {
	{ &framing_length8, 0, 1, { 0 } },
	{ &framing_length8, 0xAB, 1, { 0xAB } },
	{ &framing_length8, 0xFF, 1, { 0xFF } },
	{ &framing_length16, 0, 2, { 0, 0 } },
	{ &framing_length16, 0x01AB, 2, { 0x01, 0xAB } },
	{ &framing_length16, 0xFFFF, 2, { 0xFF, 0xFF } },
	{ &framing_length16_le, 0x01AB, 2, { 0xAB, 0x01 } },
	{ &framing_length16_le, 0xFFFF, 2, { 0xFF, 0xFF } },
	{ &framing_length32, 0x01, 4, { 0, 0, 0, 0x01 } },
	{ &framing_length32, 0x8123CDEF, 4, { 0x81, 0x23, 0xCD, 0xEF } },
	{ &framing_length32, 0xFFFFFFFF, 4, { 0xFF, 0xFF, 0xFF, 0xFF } },
	{ &framing_length32_le, 0x01, 4, { 0x01, 0, 0, 0 } },
	{ &framing_length32_le, 0x8123CDEF, 4, { 0xEF, 0xCD, 0x23, 0x81 } },
	{ &framing_length32_le, 0xFFFFFFFF, 4, { 0xFF, 0xFF, 0xFF, 0xFF } },
};

#define LENGTHS (sizeof(lengths) / sizeof(*lengths))

static void test_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTHS; i++) {
		const struct length *length = &lengths[i];
		struct framing_text head;

		length->framing->head(FRAMING_TEXT, length->len, &head);
		assert_int_equal(head.len, length->size);
		assert_memory_equal(head.data, length->head, length->size);
	}
}

static void test_any_payload_will_do(void **state)
{
	(void)state;
	assert_int_equal(framing_length8.payload_max, 0xFF);
	assert_int_equal(framing_length16.payload_max, 0xFFFF);
	assert_int_equal(framing_length16_le.payload_max, 0xFFFF);
	assert_int_equal(framing_length32.payload_max, 0xFFFFFFFF);
	assert_int_equal(framing_length32_le.payload_max, 0xFFFFFFFF);
	for (size_t i = 0; i < LENGTHS; i++) {
		assert_null(lengths[i].framing->may_carry);
		assert_int_equal(lengths[i].framing->tail.len, 0);
		assert_false(lengths[i].framing->is_typed);
	}
}

/* Tells the payload of a record whose head was fed, in pieces of any size. */
static void check_payload(const struct length *length,
			  struct framing_reader *reader)
{
	static const uint8_t zeros[3 << 20];
	bool is_first = true;

	for (uint64_t told = 0; told < length->len;) {
		const uint8_t *in = zeros;
		uint64_t left = length->len - told;
		size_t size = left < sizeof(zeros) ? (size_t)left :
						     sizeof(zeros);
		struct framing_piece piece;

		assert_int_equal(framing_open_bytes(reader),
				 length->size + told);
		/* Never more than is left, however long the input is. */
		assert_int_equal(length->framing->next(reader, &in,
						       zeros + sizeof(zeros),
						       &piece),
				 FRAMING_PIECE);
		assert_ptr_equal(piece.data, zeros);
		assert_int_equal(piece.len, size);
		assert_ptr_equal(in, zeros + size);
		told += size;
		assert_int_equal(piece.is_first, is_first);
		assert_int_equal(piece.is_last, told == length->len);
		is_first = false;
	}
}

/* Up to 4 GiB in one record, and the reader holds nothing of it. */
static void test_long_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTHS; i++) {
		const struct length *length = &lengths[i];
		struct framing_reader reader = { 0 };
		struct framing_piece piece;
		const uint8_t *in = length->head;
		enum framing_status status = length->framing->next(
			&reader, &in, in + length->size, &piece);

		assert_int_equal(status, length->len == 0 ? FRAMING_PIECE :
							    FRAMING_MORE);
		if (length->len == 0)
			assert_true(piece.len == 0 && piece.is_first &&
				    piece.is_last);
		check_payload(length, &reader);
		assert_int_equal(framing_open_bytes(&reader), 0);
	}
}

/* Bytes of a head count, of a record without payload too. */
static void test_a_head_that_is_cut(void **state)
{
	static const uint8_t zeros[4];

	(void)state;
	for (uint8_t len = 0; len < 4; len++) {
		struct framing_reader reader = { 0 };
		struct framing_piece piece;
		const uint8_t *in = zeros;

		assert_int_equal(framing_length32.next(&reader, &in, in + len,
						       &piece),
				 FRAMING_MORE);
		assert_int_equal(framing_open_bytes(&reader), len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_any_payload_will_do),
		cmocka_unit_test(test_long_records),
		cmocka_unit_test(test_a_head_that_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
