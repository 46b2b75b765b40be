/* SPDX-License-Identifier: MIT */
/* Framing "nul": the byte that ends a record. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "framing/framing.h"

static void test_what_a_record_cannot_have(void **state)
{
	(void)state;
	assert_true(framing_nul.may_carry(NULL, 0));
	assert_true(framing_nul.may_carry((const uint8_t *)"a\n", 2));
	assert_false(framing_nul.may_carry((const uint8_t *)"a", 2));
	assert_false(framing_nul.may_carry((const uint8_t *)"\0a", 2));
}

static void test_tail(void **state)
{
	(void)state;
	assert_null(framing_nul.head);
	assert_int_equal(framing_nul.tail.len, 1);
	assert_int_equal(framing_nul.tail.data[0], 0);
	assert_true(framing_nul.payload_max == UINT64_MAX);
}

static void test_a_record_that_is_cut(void **state)
{
	static const uint8_t bytes[] = { 0, 'a', '\n' };
	struct framing_reader reader = { 0 };
	struct framing_piece piece;
	const uint8_t *in = bytes;
	const uint8_t *end = bytes + sizeof(bytes);

	(void)state;
	assert_int_equal(framing_nul.next(&reader, &in, end, &piece),
			 FRAMING_PIECE);
	assert_true(piece.is_first && piece.is_last && piece.len == 0);
	assert_int_equal(framing_nul.next(&reader, &in, end, &piece),
			 FRAMING_PIECE);
	assert_true(piece.is_first && !piece.is_last && piece.len == 2);
	assert_int_equal(framing_nul.next(&reader, &in, end, &piece),
			 FRAMING_MORE);
	assert_int_equal(framing_open_bytes(&reader), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_record_cannot_have),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_a_record_that_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
