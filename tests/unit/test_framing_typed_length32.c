/* SPDX-License-Identifier: MIT */
/* Framing "typed-length32": types, there and back, and those there are not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "framing/framing.h"

static void test_heads(void **state)
{
	struct framing_text head;

	(void)state;
	framing_typed_length32.head(FRAMING_TEXT, 0, &head);
	assert_int_equal(head.len, 5);
	assert_memory_equal(head.data, "\1\0\0\0\0", 5);
	framing_typed_length32.head(FRAMING_BINARY, 0xFEDCBA98, &head);
	assert_int_equal(head.len, 5);
	assert_memory_equal(head.data, "\2\xFE\xDC\xBA\x98", 5);
}

static void test_any_payload_will_do(void **state)
{
	(void)state;
	assert_true(framing_typed_length32.is_typed);
	assert_null(framing_typed_length32.may_carry);
	assert_int_equal(framing_typed_length32.tail.len, 0);
	assert_int_equal(framing_typed_length32.payload_max, 0xFFFFFFFF);
}

static enum framing_status feed(struct framing_reader *reader,
				const char *bytes, size_t len,
				struct framing_piece *ret_piece)
{
	const uint8_t *in = (const uint8_t *)bytes;

	return framing_typed_length32.next(reader, &in, in + len, ret_piece);
}

/* Every piece tells the type, whether its head came whole or in pieces. */
static void test_pieces_are_typed(void **state)
{
	struct framing_reader reader = { 0 };
	struct framing_piece piece;

	(void)state;
	assert_int_equal(feed(&reader, "\1\0\0\0\3a", 6, &piece),
			 FRAMING_PIECE);
	assert_true(piece.is_first && !piece.is_last);
	assert_int_equal(piece.type, FRAMING_TEXT);
	assert_int_equal(framing_open_bytes(&reader), 6);
	assert_int_equal(feed(&reader, "b", 1, &piece), FRAMING_PIECE);
	assert_true(!piece.is_first && !piece.is_last);
	assert_int_equal(piece.type, FRAMING_TEXT);
	assert_int_equal(feed(&reader, "c", 1, &piece), FRAMING_PIECE);
	assert_true(!piece.is_first && piece.is_last);
	assert_int_equal(piece.type, FRAMING_TEXT);
	assert_int_equal(framing_open_bytes(&reader), 0);

	assert_int_equal(feed(&reader, "\2\0\0", 3, &piece), FRAMING_MORE);
	assert_int_equal(feed(&reader, "\0\2d", 3, &piece), FRAMING_PIECE);
	assert_int_equal(piece.type, FRAMING_BINARY);
	assert_int_equal(feed(&reader, "e", 1, &piece), FRAMING_PIECE);
	assert_int_equal(piece.type, FRAMING_BINARY);
	assert_true(piece.is_last);
}

/* All other bytes, told by the first of them, and at the next call as well. */
static void test_types_there_are_not(void **state)
{
	(void)state;
	for (unsigned type = 0; type <= UINT8_MAX; type++) {
		uint8_t bytes[] = { (uint8_t)type, 0, 0, 0, 0 };
		bool is_good = type == FRAMING_TEXT || type == FRAMING_BINARY;

		for (size_t len = 1; len <= sizeof(bytes); len++) {
			struct framing_reader reader = { 0 };
			struct framing_piece piece;
			const uint8_t *in = bytes;
			enum framing_status status =
				framing_typed_length32.next(
					&reader, &in, bytes + len, &piece);

			assert_int_equal(status, !is_good ? FRAMING_BAD_TYPE :
						 len == 5 ? FRAMING_PIECE :
							    FRAMING_MORE);
			assert_ptr_equal(in, is_good ? bytes + len : bytes);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_any_payload_will_do),
		cmocka_unit_test(test_pieces_are_typed),
		cmocka_unit_test(test_types_there_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
