/* SPDX-License-Identifier: MIT */
/* RSV1: where it may stand, and what the caller has to find out then. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ws/conn.h"
#include "ws_stream.h"

#define BOTH (WS_ACCEPT_TEXT | WS_ACCEPT_BINARY)

/* A connection on which compression was agreed, and what it is to be fed. */
struct fixture {
	struct ws_conn conn;
	struct stream stream;
	struct ws_cursor cursor;
};

static void begin(struct fixture *f, bool allows)
{
	f->stream = (struct stream){ .len = 0 };
	ws_conn_init(&f->conn, BOTH);
	if (allows)
		ws_conn_allow_compression(&f->conn);
}

static enum ws_event next(struct fixture *f)
{
	f->cursor.out = f->cursor.in;
	return ws_conn_next(&f->conn, &f->cursor);
}

static void feed(struct fixture *f)
{
	f->cursor.in = f->stream.data;
	f->cursor.in_end = f->stream.data + f->stream.len;
}

static void check_fails(struct fixture *f, uint16_t code, const char *text)
{
	enum ws_event event;

	feed(f);
	do {
		event = next(f);
	} while (event != WS_EVENT_FAIL && event != WS_EVENT_NONE);
	assert_int_equal(event, WS_EVENT_FAIL);
	assert_int_equal(f->conn.fail_code, code);
	assert_string_equal(f->conn.fail_text, text);
}

static void test_not_agreed(void **unused)
{
	struct fixture f;

	(void)unused;
	begin(&f, false);
	add_text(&f.stream, 0xC1, "x");
	check_fails(&f, 1002, "reserved bit set");
}

static void test_other_bits(void **unused)
{
	static const uint8_t firsts[] = { 0xA1, 0x91, 0xE1, 0xD1, 0xF2 };

	(void)unused;
	for (size_t i = 0; i < sizeof(firsts); i++) {
		struct fixture f;

		begin(&f, true);
		add_text(&f.stream, firsts[i], "x");
		check_fails(&f, 1002, "reserved bit set");
	}
}

static void test_misplaced(void **unused)
{
	static const uint8_t firsts[] = { 0xC0, 0x40, 0xC8, 0xC9, 0xCA };

	(void)unused;
	for (size_t i = 0; i < sizeof(firsts); i++) {
		struct fixture f;

		begin(&f, true);
		add_text(&f.stream, 0x41, "x"); /* a compressed message */
		add_text(&f.stream, firsts[i], "");
		check_fails(&f, 1002, "RSV1 not in a first frame");
	}
}

/* Payload of a compressed text is not text yet; the next message is plain. */
static void test_payload_as_it_is(void **unused)
{
	struct fixture f;

	(void)unused;
	begin(&f, true);
	add_frame(&f.stream, 0x41, "\xFF\xFE", 2);
	add_frame(&f.stream, 0x80, "\xFD", 1);
	add_text(&f.stream, 0x81, "plain");
	feed(&f);
	assert_int_equal(next(&f), WS_EVENT_FRAME);
	assert_true(f.conn.is_compressed);
	assert_int_equal(next(&f), WS_EVENT_FRAGMENT);
	assert_memory_equal(f.cursor.out - 2, "\xFF\xFE", 2);
	assert_int_equal(next(&f), WS_EVENT_FRAME);
	assert_true(f.conn.is_compressed);
	assert_int_equal(next(&f), WS_EVENT_MESSAGE);
	assert_int_equal(next(&f), WS_EVENT_FRAME);
	assert_false(f.conn.is_compressed);
	assert_int_equal(next(&f), WS_EVENT_MESSAGE);
	assert_int_equal(next(&f), WS_EVENT_NONE);
	assert_int_equal(f.conn.messages, 2);
}

static void test_text_of_the_caller(void **unused)
{
	static const uint8_t text[] = "a\xE2\x82\xAC";
	struct fixture f;
	bool is_good;

	(void)unused;
	begin(&f, true);
	assert_int_equal(
		ws_conn_check_text(&f.conn, text, 2, false, &is_good), 2);
	assert_true(is_good);
	assert_int_equal(
		ws_conn_check_text(&f.conn, text + 2, 2, true, &is_good), 2);
	assert_true(is_good);
	/* One that ends inside a character, */
	assert_int_equal(
		ws_conn_check_text(&f.conn, text, 3, true, &is_good), 3);
	assert_false(is_good);
	assert_int_equal(f.conn.fail_code, 1007);
	/* and one that never was any; nothing is read any more then. */
	begin(&f, true);
	assert_int_equal(
		ws_conn_check_text(&f.conn, (const uint8_t *)"a\xFF", 2, false,
				   &is_good),
		1);
	assert_false(is_good);
	add_text(&f.stream, 0x81, "more");
	feed(&f);
	assert_int_equal(next(&f), WS_EVENT_NONE);
	assert_ptr_equal(f.cursor.in, f.cursor.in_end);
}

static void test_fault_of_the_caller(void **unused)
{
	struct fixture f;

	(void)unused;
	begin(&f, true);
	ws_conn_fail(&f.conn, 1007, "not a compressed message");
	assert_int_equal(f.conn.fail_code, 1007);
	assert_string_equal(f.conn.fail_text, "not a compressed message");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_agreed),
		cmocka_unit_test(test_other_bits),
		cmocka_unit_test(test_misplaced),
		cmocka_unit_test(test_payload_as_it_is),
		cmocka_unit_test(test_text_of_the_caller),
		cmocka_unit_test(test_fault_of_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
