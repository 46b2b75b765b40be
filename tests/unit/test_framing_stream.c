/* SPDX-License-Identifier: MIT */
/* Framing "stream": what a read gives is a message. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "framing/framing.h"

static void test_a_message_needs_nothing(void **state)
{
	(void)state;
	assert_true(framing_stream.is_stream);
	assert_false(framing_stream.is_datagram);
	assert_null(framing_stream.may_carry);
	assert_null(framing_stream.head);
	assert_int_equal(framing_stream.tail.len, 0);
	assert_true(framing_stream.payload_max == UINT64_MAX);
}

static void test_a_read_is_a_record(void **state)
{
	static const uint8_t bytes[] = "a\r\n";
	struct framing_reader reader = { 0 };

	(void)state;
	for (size_t len = 1; len <= sizeof(bytes); len++) {
		struct framing_piece piece;
		const uint8_t *in = bytes;

		assert_int_equal(framing_stream.next(&reader, &in, bytes + len,
						     &piece),
				 FRAMING_PIECE);
		assert_ptr_equal(in, bytes + len);
		assert_ptr_equal(piece.data, bytes);
		assert_int_equal(piece.len, len);
		assert_int_equal(piece.type, FRAMING_UNTYPED);
		assert_true(piece.is_first && piece.is_last);
		assert_int_equal(framing_stream.next(&reader, &in, bytes + len,
						     &piece),
				 FRAMING_MORE);
		assert_int_equal(framing_open_bytes(&reader), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_message_needs_nothing),
		cmocka_unit_test(test_a_read_is_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
