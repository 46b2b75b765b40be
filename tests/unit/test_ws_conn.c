/* SPDX-License-Identifier: MIT */
/* The rules of RFC 6455 for what an end receives, each in every cut. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "death.h"
#include "ws/conn.h"
#include "ws_stream.h"

#define BOTH (WS_ACCEPT_TEXT | WS_ACCEPT_BINARY)

/* What a stream must come to; `detail` is a reason or a control payload. */
struct outcome {
	enum ws_event event;
	uint16_t code;
	const char *payload;
	uint64_t messages;
	const char *detail;
};

#define OUTCOME(event, code, payload, messages, detail) \
	((struct outcome){ event, code, payload, messages, detail })

static void check_outcome(unsigned accept, struct stream *s,
			  struct outcome expected)
{
	struct ws_transcript t;
	const char *detail = expected.detail;

	s->seed = 1;
	run(&t, accept, s);
	assert_int_equal(t.last_event, expected.event);
	assert_int_equal(t.last_code, expected.code);
	assert_int_equal(t.messages, expected.messages);
	assert_int_equal(t.payload_len, strlen(expected.payload));
	assert_memory_equal(t.payload, expected.payload, t.payload_len);
	assert_int_equal(t.last_detail_len, strlen(detail));
	assert_memory_equal(t.last_detail, detail, t.last_detail_len);
	transcript_done(&t);
}

/* --- Messages: sections 5.4, 5.6 --- */

static void test_size_of_the_object(void **unused)
{
	(void)unused;
	assert_true(sizeof(struct ws_conn) <= 352);
}

static void test_messages(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x82, "one ");
	add_text(&s, 0x81, "two ");
	add_text(&s, 0x82, "");
	add_text(&s, 0x82, "three, with more bytes than a header has");
	check_outcome(
		BOTH, &s,
		OUTCOME(WS_EVENT_NONE, 0,
			"one two three, with more bytes than a header has", 4,
			""));
}

/* Section 5.2: the three forms of a length; here 126 to 65535 and more. */
static void test_long_frames(void **unused)
{
	static const uint8_t header[] = {
		0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4,
	};
	struct stream s = { .len = 0 };
	struct ws_transcript t;
	char text[301];

	(void)unused;
	memset(text, 't', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	add_text(&s, 0x82, text);
	check_outcome(BOTH, &s, OUTCOME(WS_EVENT_NONE, 0, text, 1, ""));

	/* A frame of 65536 bytes that has not come to its end. */
	add_raw(&s, header, sizeof(header));
	add_raw(&s, "abcd", 4);
	run(&t, BOTH, &s);
	assert_int_equal(t.messages, 1);
	assert_int_equal(t.payload_len, 304);
	assert_int_equal(t.payload[300], 'a' ^ 1);
	transcript_done(&t);
}

/* Section 5.4: fragments, of no bytes too, and control frames between. */
static void test_fragments(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x02, "a");
	add_text(&s, 0x00, "");
	add_text(&s, 0x89, "ping");
	add_text(&s, 0x00, "b");
	add_text(&s, 0x8A, "pong");
	add_text(&s, 0x80, "c");
	add_text(&s, 0x01, "");
	add_text(&s, 0x80, "");
	check_outcome(BOTH, &s, OUTCOME(WS_EVENT_PONG, 0, "abc", 2, "pong"));
}

static void check_fail(unsigned accept, struct stream *s, uint16_t code,
		       const char *payload, const char *text)
{
	uint8_t area[sizeof(s->data)];
	struct ws_cursor cursor = { area, area + s->len, area };
	struct ws_conn conn;

	check_outcome(accept, s, OUTCOME(WS_EVENT_FAIL, code, payload, 0, ""));
	memcpy(area, s->data, s->len);
	transcript_conn_init(&conn, accept);
	assert_int_equal(ws_conn_recv(&conn, &cursor), WS_EVENT_FAIL);
	assert_string_equal(conn.fail_text, text);
}

/* Section 5.4: a continuation continues something. */
static void test_continuation_of_nothing(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x80, "x");
	check_fail(BOTH, &s, 1002, "", "continuation without a message");
}

/* Section 5.4: fragments of messages are not interleaved. */
static void test_message_in_a_message(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x02, "a");
	add_text(&s, 0x82, "b");
	check_fail(BOTH, &s, 1002, "a", "new message inside a fragmented one");
}

/* Section 7.4.1: 1003, a type that is not accepted; at its first header. */
static void test_types_not_accepted(void **unused)
{
	struct stream text = { .len = 0 }, binary = { .len = 0 };

	(void)unused;
	add_text(&text, 0x01, "x");
	check_fail(WS_ACCEPT_BINARY, &text, 1003, "",
		   "text message not accepted");
	check_outcome(WS_ACCEPT_TEXT, &text,
		      OUTCOME(WS_EVENT_NONE, 0, "x", 0, ""));
	add_text(&binary, 0x82, "x");
	check_fail(WS_ACCEPT_TEXT, &binary, 1003, "",
		   "binary message not accepted");
	check_outcome(WS_ACCEPT_BINARY, &binary,
		      OUTCOME(WS_EVENT_NONE, 0, "x", 1, ""));
}

/* Section 5.2 and 7.1.7; ws_frame has every violation, here one in a stream. */
static void test_bad_header(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x02, "before");
	add_text(&s, 0xC2, "with RSV1");
	add_text(&s, 0x82, "behind");
	check_fail(BOTH, &s, 1002, "before", "reserved bit set");
	s.len = 0;
	add_text(&s, 0x02, "before");
	add_raw(&s, "\x80\x01x", 3);
	check_fail(BOTH, &s, 1002, "before", "frame not masked");
}

/* Section 5.1: the same rules at the client's end, but for the mask. */
static void test_client_end(void **unused)
{
	const unsigned client = TRANSCRIPT_CLIENT | BOTH;
	struct stream s = { .from_server = true };

	(void)unused;
	add_text(&s, 0x82, "");
	add_text(&s, 0x02, "one ");
	add_text(&s, 0x89, "ping");
	add_text(&s, 0x80, "message, with more bytes than a header has");
	check_outcome(client, &s,
		      OUTCOME(WS_EVENT_PING, 0,
			      "one message, with more bytes than a header has",
			      2, "ping"));
	add_text(&s, 0x88, "\x03\xE8");
	check_outcome(client, &s,
		      OUTCOME(WS_EVENT_CLOSE, 1000,
			      "one message, with more bytes than a header has",
			      2, ""));
	s.len = 0;
	s.from_server = false;
	add_text(&s, 0x82, "x");
	check_fail(client, &s, 1002, "", "frame of a server masked");
}

/* --- Text: sections 5.6, 8.1 --- */

static void test_text_over_fragments(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x01, "\xF0");
	add_text(&s, 0x00, "\x9F\x98");
	add_text(&s, 0x89, "\xFF");
	add_text(&s, 0x80, "\x80!");
	check_outcome(BOTH, &s,
		      OUTCOME(WS_EVENT_PING, 0, "\xF0\x9F\x98\x80!", 1,
			      "\xFF"));
}

static void test_text_not_utf8(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x01, "good\xED\xA0\x80 bad");
	check_fail(BOTH, &s, 1007, "good\xED", "text message is not UTF-8");
}

/* A text ends where a character does, each text anew. */
static void test_text_cut(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x01, "\xE2\x82");
	add_text(&s, 0x80, "");
	check_fail(BOTH, &s, 1007, "\xE2\x82",
		   "text message ends inside a character");
}

static void test_binary_is_no_text(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x02, "\xFF");
	add_text(&s, 0x80, "\xC0\xE2");
	check_outcome(BOTH, &s,
		      OUTCOME(WS_EVENT_NONE, 0, "\xFF\xC0\xE2", 1, ""));
}

/* --- Close: sections 5.5.1, 7.1.5, 7.1.6, 7.4 --- */

static void test_close(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x82, "last");
	add_text(&s, 0x88,
		 "\x03\xE9"
		 "bye \xC3\xA4");
	check_outcome(BOTH, &s,
		      OUTCOME(WS_EVENT_CLOSE, 1001, "last", 1, "bye \xC3\xA4"));
	s.len = 0;
	add_text(&s, 0x88, "\x0F\xA0");
	check_outcome(BOTH, &s, OUTCOME(WS_EVENT_CLOSE, 4000, "", 0, ""));
}

/* Section 7.1.5: no code is 1005. */
static void test_close_without_code(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x88, "");
	check_outcome(BOTH, &s, OUTCOME(WS_EVENT_CLOSE, 1005, "", 0, ""));
}

/* Section 5.5.1: what comes behind a Close is not looked at. */
static void test_data_behind_close(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x88, "\x03\xE8");
	add_text(&s, 0x82, "late");
	add_raw(&s, "\xFF\xFF\xFF\xFF", 4);
	check_outcome(BOTH, &s, OUTCOME(WS_EVENT_CLOSE, 1000, "", 0, ""));
}

/* A Close may come inside a message; the message is never complete. */
static void test_close_in_a_message(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x01, "\xE2");
	add_text(&s, 0x88, "\x03\xE8");
	check_outcome(BOTH, &s, OUTCOME(WS_EVENT_CLOSE, 1000, "\xE2", 0, ""));
}

static void test_bad_close(void **unused)
{
	struct stream s = { .len = 0 };

	(void)unused;
	add_text(&s, 0x88, "\x03");
	check_fail(BOTH, &s, 1002, "", "close frame with one byte");
	s.len = 0;
	add_text(&s, 0x88, "\x03\xED");
	check_fail(BOTH, &s, 1002, "", "close frame with a reserved code");
	s.len = 0;
	add_text(&s, 0x88, "\x03\xE8 \xFF");
	check_fail(BOTH, &s, 1007, "", "close reason is not UTF-8");
	s.len = 0;
	add_text(&s, 0x88, "\x03\xE8 \xC3");
	check_fail(BOTH, &s, 1007, "", "close reason is not UTF-8");
}

static void test_longest_close(void **unused)
{
	char payload[126] = "\x03\xE8";
	struct stream s = { .len = 0 };

	(void)unused;
	memset(payload + 2, 'r', 123);
	add_text(&s, 0x88, payload);
	check_outcome(BOTH, &s,
		      OUTCOME(WS_EVENT_CLOSE, 1000, "", 0, payload + 2));
}

/* --- Ping and pong: sections 5.5.2, 5.5.3 --- */

static enum ws_event recv_stream(struct ws_conn *conn, struct stream *s)
{
	struct ws_cursor cursor = { s->data, s->data + s->len, s->data };
	enum ws_event event = ws_conn_recv(conn, &cursor);

	s->len = (size_t)(s->data + s->len - cursor.in);
	memmove(s->data, cursor.in, s->len);
	return event;
}

/* Section 5.5.3: only the latest of several pings need be answered. */
static void test_latest_ping_wins(void **unused)
{
	uint8_t frame[WS_CONTROL_FRAME_MAX];
	struct stream s = { .len = 0 };
	struct ws_conn conn;

	(void)unused;
	ws_conn_init(&conn, BOTH);
	assert_false(ws_conn_has_reply(&conn));
	assert_int_equal(ws_conn_take_reply(&conn, frame), 0);
	add_text(&s, 0x89, "first one");
	add_text(&s, 0x89, "second");
	add_text(&s, 0x8A, "not a ping");
	assert_int_equal(recv_stream(&conn, &s), WS_EVENT_PING);
	assert_int_equal(recv_stream(&conn, &s), WS_EVENT_PING);
	assert_int_equal(recv_stream(&conn, &s), WS_EVENT_PONG);
	assert_int_equal(recv_stream(&conn, &s), WS_EVENT_NONE);
	assert_true(ws_conn_has_reply(&conn));
	assert_int_equal(ws_conn_take_reply(&conn, frame), 8);
	assert_memory_equal(frame, "\x8A\x06second", 8);
	assert_false(ws_conn_has_reply(&conn));
	assert_int_equal(ws_conn_take_reply(&conn, frame), 0);
}

static void test_longest_ping(void **unused)
{
	struct stream s = { .len = 0 };
	char payload[126] = "";

	(void)unused;
	memset(payload, 'p', 125);
	add_text(&s, 0x89, payload);
	add_text(&s, 0x82, "x");
	check_outcome(BOTH, &s, OUTCOME(WS_EVENT_PING, 0, "x", 1, payload));
}

/* Makes a ping, and feeds its payload back as a pong if asked to. */
static void ping(struct ws_conn *conn, bool echo, uint8_t ret_payload[4])
{
	uint8_t frame[WS_CONTROL_FRAME_MAX];
	struct stream s = { .len = 0 };

	assert_int_equal(ws_conn_make_ping(conn, frame), 6);
	assert_memory_equal(frame, "\x89\x04", 2);
	memcpy(ret_payload, frame + 2, 4);
	if (!echo)
		return;
	add_frame(&s, 0x8A, ret_payload, 4);
	assert_int_equal(recv_stream(conn, &s), WS_EVENT_PONG);
}

static bool pong_is_ours(struct ws_conn *conn, const void *payload, size_t len)
{
	struct stream s = { .len = 0 };

	add_frame(&s, 0x8A, payload, len);
	assert_int_equal(recv_stream(conn, &s), WS_EVENT_PONG);
	return ws_conn_pong_is_ours(conn);
}

/* Section 5.5.3: pongs nobody asked for may come, and answer nothing. */
static void test_pong_is_ours(void **unused)
{
	uint8_t first[4], second[4];
	struct ws_conn conn;

	(void)unused;
	ws_conn_init(&conn, BOTH);
	assert_false(ws_conn_pong_is_ours(&conn));
	assert_false(pong_is_ours(&conn, "\0\0\0\0", 4));
	ping(&conn, true, first);
	assert_true(ws_conn_pong_is_ours(&conn));
	ping(&conn, false, second);
	assert_memory_not_equal(first, second, 4);
	assert_false(pong_is_ours(&conn, first, 4));
	assert_false(pong_is_ours(&conn, second, 3));
	assert_false(pong_is_ours(&conn, "", 0));
	assert_true(pong_is_ours(&conn, second, 4));
	assert_false(pong_is_ours(&conn, second, 3));
	assert_false(pong_is_ours(&conn, "\0\0\0\2x", 5));
}

static void init_for_nothing(void)
{
	struct ws_conn conn;

	ws_conn_init(&conn, 0);
}

static void init_for_unknown(void)
{
	struct ws_conn conn;

	ws_conn_init(&conn, 4);
}

static void test_bugs_of_the_caller(void **unused)
{
	(void)unused;
	assert_true(aborts(init_for_nothing));
	assert_true(aborts(init_for_unknown));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size_of_the_object),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_long_frames),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_continuation_of_nothing),
		cmocka_unit_test(test_message_in_a_message),
		cmocka_unit_test(test_types_not_accepted),
		cmocka_unit_test(test_bad_header),
		cmocka_unit_test(test_client_end),
		cmocka_unit_test(test_text_over_fragments),
		cmocka_unit_test(test_text_not_utf8),
		cmocka_unit_test(test_text_cut),
		cmocka_unit_test(test_binary_is_no_text),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_close_without_code),
		cmocka_unit_test(test_data_behind_close),
		cmocka_unit_test(test_close_in_a_message),
		cmocka_unit_test(test_bad_close),
		cmocka_unit_test(test_longest_close),
		cmocka_unit_test(test_latest_ping_wins),
		cmocka_unit_test(test_longest_ping),
		cmocka_unit_test(test_pong_is_ours),
		cmocka_unit_test(test_bugs_of_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
