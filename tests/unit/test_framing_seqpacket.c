/* SPDX-License-Identifier: MIT */
/* Framing "seqpacket": a datagram is a message. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "framing/framing.h"

static void test_any_message_whole(void **state)
{
	(void)state;
	assert_true(framing_seqpacket.is_datagram);
	assert_false(framing_seqpacket.is_stream);
	assert_true(framing_seqpacket.may_carry(NULL, 0));
	assert_true(framing_seqpacket.may_carry((const uint8_t *)"\0\r\n", 3));
	assert_null(framing_seqpacket.head);
	assert_int_equal(framing_seqpacket.tail.len, 0);
	assert_true(framing_seqpacket.payload_max == UINT64_MAX);
}

static void test_a_datagram_is_a_record(void **state)
{
	static const uint8_t bytes[] = "a\r\n";
	struct framing_reader reader = { 0 };

	(void)state;
	for (size_t len = 1; len <= sizeof(bytes); len++) {
		struct framing_piece piece;
		const uint8_t *in = bytes;

		assert_int_equal(framing_seqpacket.next(&reader, &in,
							bytes + len, &piece),
				 FRAMING_PIECE);
		assert_ptr_equal(in, bytes + len);
		assert_ptr_equal(piece.data, bytes);
		assert_int_equal(piece.len, len);
		assert_int_equal(piece.type, FRAMING_UNTYPED);
		assert_true(piece.is_first && piece.is_last);
		assert_int_equal(framing_seqpacket.next(&reader, &in,
							bytes + len, &piece),
				 FRAMING_MORE);
		assert_int_equal(framing_open_bytes(&reader), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_message_whole),
		cmocka_unit_test(test_a_datagram_is_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
