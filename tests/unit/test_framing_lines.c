/* SPDX-License-Identifier: MIT */
/* Framing "lines": line ends that are written, read, held and refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "framing/framing.h"

static bool may_carry(const struct framing *framing, const char *text)
{
	return framing->may_carry((const uint8_t *)text, strlen(text));
}

static void test_what_a_line_cannot_have(void **state)
{
	(void)state;
	assert_true(framing_lines.may_carry(NULL, 0));
	assert_true(may_carry(&framing_lines, "a b\tc"));
	assert_true(may_carry(&framing_lines, "a\r"));
	assert_false(may_carry(&framing_lines, "\n"));
	assert_false(may_carry(&framing_lines, "a\nb"));
	assert_false(may_carry(&framing_lines, "ab\n"));
	assert_true(framing_lines.may_carry((const uint8_t *)"\0", 1));
}

static void test_what_a_line_with_crlf_cannot_have(void **state)
{
	(void)state;
	assert_true(framing_lines_crlf.may_carry(NULL, 0));
	assert_true(may_carry(&framing_lines_crlf, "a b\tc"));
	assert_false(may_carry(&framing_lines_crlf, "a\r"));
	assert_false(may_carry(&framing_lines_crlf, "\rb"));
	assert_false(may_carry(&framing_lines_crlf, "a\nb"));
	assert_false(may_carry(&framing_lines_crlf, "\r\n"));
}

static void test_tails(void **state)
{
	(void)state;
	assert_null(framing_lines.head);
	assert_int_equal(framing_lines.tail.len, 1);
	assert_memory_equal(framing_lines.tail.data, "\n", 1);
	assert_null(framing_lines_crlf.head);
	assert_int_equal(framing_lines_crlf.tail.len, 2);
	assert_memory_equal(framing_lines_crlf.tail.data, "\r\n", 2);
	assert_true(framing_lines.payload_max == UINT64_MAX);
}

/* Feeds a text; the status of the first call. */
static enum framing_status feed(const struct framing *framing,
				struct framing_reader *reader, const char *text,
				struct framing_piece *ret_piece)
{
	const uint8_t *in = (const uint8_t *)text;

	return framing->next(reader, &in, in + strlen(text), ret_piece);
}

static void assert_piece(const struct framing_piece *piece, const char *text,
			 bool is_first, bool is_last)
{
	assert_int_equal(piece->len, strlen(text));
	assert_memory_equal(piece->data, text, piece->len);
	assert_int_equal(piece->is_first, is_first);
	assert_int_equal(piece->is_last, is_last);
	assert_int_equal(piece->type, FRAMING_UNTYPED);
}

/* Bytes of an open line count from its first on, whatever was told of it. */
static void test_a_line_that_is_cut(void **state)
{
	struct framing_reader reader = { 0 };
	struct framing_piece piece;

	(void)state;
	assert_int_equal(feed(&framing_lines, &reader, "ab", &piece),
			 FRAMING_PIECE);
	assert_piece(&piece, "ab", true, false);
	assert_int_equal(framing_open_bytes(&reader), 2);
	assert_int_equal(feed(&framing_lines, &reader, "", &piece),
			 FRAMING_MORE);
	assert_int_equal(feed(&framing_lines, &reader, "\r", &piece),
			 FRAMING_PIECE);
	assert_piece(&piece, "\r", false, false);
	assert_int_equal(framing_open_bytes(&reader), 3);
	assert_int_equal(feed(&framing_lines, &reader, "\n", &piece),
			 FRAMING_PIECE);
	assert_piece(&piece, "", false, true);
	assert_int_equal(framing_open_bytes(&reader), 0);
}

/* A CR is held until the next byte, and counted meanwhile. */
static void test_a_cr_that_ends_the_input(void **state)
{
	struct framing_reader reader = { 0 };
	struct framing_piece piece;

	(void)state;
	assert_int_equal(feed(&framing_lines_crlf, &reader, "\r", &piece),
			 FRAMING_MORE);
	assert_int_equal(framing_open_bytes(&reader), 1);
	assert_int_equal(feed(&framing_lines_crlf, &reader, "", &piece),
			 FRAMING_MORE);
	assert_int_equal(feed(&framing_lines_crlf, &reader, "\n", &piece),
			 FRAMING_PIECE);
	assert_piece(&piece, "", true, true);
	assert_int_equal(framing_open_bytes(&reader), 0);

	assert_int_equal(feed(&framing_lines_crlf, &reader, "a\r", &piece),
			 FRAMING_PIECE);
	assert_piece(&piece, "a", true, false);
	assert_int_equal(framing_open_bytes(&reader), 2);
	assert_int_equal(feed(&framing_lines_crlf, &reader, "b", &piece),
			 FRAMING_PIECE);
	assert_piece(&piece, "\r", false, false);
	assert_int_equal(framing_open_bytes(&reader), 2);
	assert_int_equal(feed(&framing_lines_crlf, &reader, "b\r\n", &piece),
			 FRAMING_PIECE);
	assert_piece(&piece, "b", false, true);
}

/* Of two CRs before LF one is payload. */
static void test_crs_that_are_payload(void **state)
{
	struct framing_reader reader = { 0 };
	struct framing_piece piece;

	(void)state;
	assert_int_equal(feed(&framing_lines_crlf, &reader, "\r\r\n", &piece),
			 FRAMING_PIECE);
	assert_piece(&piece, "\r", true, true);
	assert_int_equal(feed(&framing_lines_crlf, &reader, "a\rb\n", &piece),
			 FRAMING_PIECE);
	assert_piece(&piece, "a\rb", true, true);
	assert_int_equal(feed(&framing_lines, &reader, "a\r\n", &piece),
			 FRAMING_PIECE);
	assert_piece(&piece, "a\r", true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_line_cannot_have),
		cmocka_unit_test(test_what_a_line_with_crlf_cannot_have),
		cmocka_unit_test(test_tails),
		cmocka_unit_test(test_a_line_that_is_cut),
		cmocka_unit_test(test_a_cr_that_ends_the_input),
		cmocka_unit_test(test_crs_that_are_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
