/* SPDX-License-Identifier: MIT */
/* The client's end: cut text, replies between messages, Close. */

#include "endpoint_ws_fixture.h"

static void test_each_read_is_a_message(void **state)
{
	struct fixture *f = *state;
	uint8_t data[700];

	memset(data, 'x', sizeof(data));
	assert_int_equal(down(f, "one", 3).outcome, PUMP_MOVED);
	assert_int_equal(down(f, data, sizeof(data)).outcome, PUMP_MOVED);
	check_frame(f, WS_BINARY, "one", 3);
	check_frame(f, WS_BINARY, data, sizeof(data));
	check_no_more(f);
	assert_int_equal(f->client.end.messages, 2);
	assert_int_equal(f->target.bytes, 703);
}

static void test_payload_goes_up(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(up_frame(f, WS_BINARY, "hello").outcome, PUMP_MOVED);
	fake_stream_check_text(&f->to_target, "hello");
	assert_int_equal(f->client.end.bytes, 5);
	assert_int_equal(f->client.conn.messages, 1);
}

/* Characters of every length, at the edges of each. */
#define TEXT \
	"a\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E\xF4\x8F\xBF\xBF\x7F\xED\x9F\xBF"

static size_t character_len(uint8_t first)
{
	return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* Takes a message out; its text must consist of whole characters. */
static size_t take_text(struct fixture *f, char *out)
{
	struct fake_stream *fake = &f->to_client;
	struct ws_client_view frame = { 0 };
	size_t at = 0;

	assert_true(ws_client_parse(fake->output, fake->output_len, &frame));
	assert_int_equal(frame.first, WS_TEXT);
	assert_true(frame.len > 0);
	while (at < frame.len)
		at += character_len(frame.payload[at]);
	assert_int_equal(at, frame.len);
	memcpy(out, frame.payload, frame.len);
	fake->output_len -= frame.size;
	memmove(fake->output, fake->output + frame.size, fake->output_len);
	return frame.len;
}

/* Three reads, cut at `a` and `b`: all arrives, in whole characters. */
static void check_cut(size_t a, size_t b)
{
	const size_t len = sizeof(TEXT) - 1;
	struct fixture *f = fixture_new(true);
	char text[sizeof(TEXT)];
	size_t got = 0;

	if (a > 0)
		assert_int_equal(down(f, TEXT, a).outcome, PUMP_MOVED);
	if (b > a)
		assert_int_equal(down(f, &TEXT[a], b - a).outcome, PUMP_MOVED);
	if (len > b)
		assert_int_equal(down(f, &TEXT[b], len - b).outcome,
				 PUMP_MOVED);
	while (f->to_client.output_len)
		got += take_text(f, text + got);
	assert_int_equal(got, len);
	assert_memory_equal(text, TEXT, len);
	assert_int_equal(f->client.end.ops->encode_end(&f->client.end),
			 CAUSE_NONE);
	fixture_free(f);
}

static void test_text_in_every_cut(void **unused)
{
	const size_t len = sizeof(TEXT) - 1;

	(void)unused;
	for (size_t a = 0; a <= len; a++)
		for (size_t b = a; b <= len; b++)
			check_cut(a, b);
}

static void test_text_byte_by_byte(void **state)
{
	struct fixture *f = *state;
	const size_t len = sizeof(TEXT) - 1;
	char text[sizeof(TEXT)];
	size_t got = 0;

	for (size_t i = 0; i < len; i++)
		assert_int_equal(down(f, &TEXT[i], 1).outcome, PUMP_MOVED);
	while (f->to_client.output_len)
		got += take_text(f, text + got);
	assert_memory_equal(text, TEXT, len);
	assert_int_equal(f->client.end.messages, 7);
}

/* A character cut in the middle waits, whatever comes between. */
static void test_target_text_that_is_none(void **state)
{
	struct fixture *f = *state;
	struct pump_result result;

	assert_int_equal(down(f, "ok\xE2\x82", 4).outcome, PUMP_MOVED);
	assert_int_equal(f->client.end.ops->encode_end(&f->client.end),
			 CAUSE_TARGET_UTF8);
	result = down(f, "x", 1);
	assert_int_equal(result.outcome, PUMP_FAULT);
	assert_int_equal(result.cause, CAUSE_TARGET_UTF8);
	check_frame(f, WS_TEXT, "ok", 2);
	check_no_more(f);
}

static void test_text_before_the_bad_byte_is_sent(void **state)
{
	struct fixture *f = *state;
	struct pump_result result = down(f, "good\xFF more", 10);

	assert_int_equal(result.outcome, PUMP_FAULT);
	check_frame(f, WS_TEXT, "good", 4);
	check_no_more(f);
}

static void check_fault(struct fixture *f, uint8_t first, const char *payload,
			enum relay_cause cause)
{
	struct pump_result result = up_frame(f, first, payload);

	assert_int_equal(result.outcome, PUMP_FAULT);
	assert_int_equal(result.cause, cause);
	assert_true(f->client.end.ended);
}

static void test_client_breaks_the_protocol(void **state)
{
	check_fault(*state, 0xC2, "x", CAUSE_PROTOCOL);
}

static void test_client_sends_the_other_type(void **state)
{
	check_fault(*state, WS_TEXT, "x", CAUSE_MESSAGE_TYPE);
}

static void test_client_sends_bad_text(void **state)
{
	check_fault(*state, WS_TEXT, "\xFF", CAUSE_CLIENT_UTF8);
}

static void test_client_closes(void **state)
{
	struct fixture *f = *state;
	uint8_t frames[64];
	size_t len = ws_client_frame(frames, WS_BINARY, "last", 4);

	assert_int_equal(endpoint_ws_peer_code(&f->client), 0);
	len += ws_client_close(frames + len, 4711);
	assert_int_equal(up(f, frames, len).outcome, PUMP_ENDED);
	assert_int_equal(endpoint_ws_peer_code(&f->client), 4711);
	fake_stream_check_text(&f->to_target, "last");
}

static void test_client_closes_without_a_code(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(up_frame(f, WS_CLOSE, "").outcome, PUMP_ENDED);
	assert_int_equal(endpoint_ws_peer_code(&f->client), 1005);
}

static void test_pongs_answer_all_pings_of_a_read(void **state)
{
	struct fixture *f = *state;
	uint8_t frames[64];
	size_t len = ws_client_frame(frames, WS_PING, "first", 5);

	len += ws_client_frame(frames + len, WS_PING, "second", 6);
	assert_int_equal(up(f, frames, len).outcome, PUMP_MOVED);
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
	assert_int_equal(endpoint_flush(&f->client.end), 0);
	check_frame(f, WS_PONG, "first", 5);
	check_frame(f, WS_PONG, "second", 6);
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
	check_no_more(f);
}

/* As up(), for more than a read takes: what stopped it. */
static struct pump_result up_all(struct fixture *f, const void *data,
				 size_t len)
{
	struct pump_result result = up(f, data, len);

	while (result.outcome == PUMP_MOVED)
		result = pump_run(&f->client.end, &f->target, &f->scratch);
	return result;
}

/* One that takes nothing is owed some pongs, and the latest. */
static void test_pongs_do_not_pile_up(void **state)
{
	struct fixture *f = *state;
	static uint8_t frames[100 * (125 + WS_CLIENT_OVERHEAD)];
	char payload[125] = { 0 };
	size_t len = 0;

	for (int i = 0; i < 100; i++) {
		payload[0] = (char)i;
		len += ws_client_frame(frames + len, WS_PING, payload,
				       sizeof(payload));
	}
	f->to_client.credit = 0;
	assert_int_equal(up_all(f, frames, len).outcome, PUMP_NOTHING);
	assert_in_range(f->client.end.out.len, 1000, 2000);
	f->to_client.credit = FAKE_ALL;
	assert_int_equal(endpoint_flush(&f->client.end), 0);
	f->to_client.output_len = 0;
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
	check_frame(f, WS_PONG, payload, sizeof(payload));
	check_no_more(f);
}

static void test_pong_that_cannot_be_queued(void **state)
{
	struct fixture *f = *state;
	static uint8_t frames[20 * (125 + WS_CLIENT_OVERHEAD)];
	char payload[125] = { 0 };
	size_t len = 0;

	for (int i = 0; i < 20; i++)
		len += ws_client_frame(frames + len, WS_PING, payload,
				       sizeof(payload));
	f->to_client.write_error = -EPIPE;
	struct pump_result result = up_all(f, frames, len);
	assert_int_equal(result.outcome, PUMP_FAULT);
	assert_int_equal(result.cause, CAUSE_CLIENT_RESET);
	assert_true(f->client.end.is_broken);
}

/* A pong goes behind a message that was not taken whole. */
static void test_pong_behind_a_message(void **state)
{
	struct fixture *f = *state;

	f->to_client.credit = 4;
	assert_int_equal(down(f, "message", 7).outcome, PUMP_MOVED);
	assert_int_equal(up_frame(f, WS_PING, "p").outcome, PUMP_MOVED);
	f->to_client.credit = FAKE_ALL;
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
	assert_int_equal(f->to_client.output_len, 4);
	assert_int_equal(endpoint_flush(&f->client.end), 0);
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
	check_frame(f, WS_BINARY, "message", 7);
	check_frame(f, WS_PONG, "p", 1);
	check_no_more(f);
}

/* Both are due: what is taken in part keeps the other back. */
static void test_ping_behind_a_partial_pong(void **state)
{
	struct fixture *f = *state;

	endpoint_ws_arm_ping(&f->client, 0, 10);
	assert_int_equal(up_frame(f, WS_PING, "p").outcome, PUMP_MOVED);
	assert_int_equal(endpoint_ws_keep_alive(&f->client, 10, LONG),
			 PING_FINE);
	f->to_client.credit = 2;
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
	assert_int_equal(f->client.ping, PING_DUE);
	f->to_client.credit = FAKE_ALL;
	assert_int_equal(endpoint_flush(&f->client.end), 0);
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
	assert_int_equal(f->client.ping, PING_SENT);
	check_frame(f, WS_PONG, "p", 1);
	assert_int_equal(f->to_client.output[0], WS_PING);
}

static void test_control_that_cannot_be_sent(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(up_frame(f, WS_PING, "p").outcome, PUMP_MOVED);
	f->to_client.write_error = -ECONNRESET;
	assert_int_equal(endpoint_ws_send_control(&f->client), -ECONNRESET);
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
}

static void test_ping_that_cannot_be_sent(void **state)
{
	struct fixture *f = *state;

	endpoint_ws_arm_ping(&f->client, 0, 10);
	assert_int_equal(endpoint_ws_keep_alive(&f->client, 10, LONG),
			 PING_FINE);
	f->to_client.write_error = -EPIPE;
	assert_int_equal(endpoint_ws_send_control(&f->client), -EPIPE);
}

static void test_close_is_sent_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(endpoint_ws_send_close(&f->client, 1001, "why"), 0);
	assert_int_equal(endpoint_ws_send_close(&f->client, 1002, ""), 0);
	assert_int_equal(f->client.code_sent, 1001);
	check_frame(f, WS_CLOSE, "\x03\xE9why", 5);
	check_no_more(f);
}

/* Behind a Close nothing goes out (RFC 6455 section 5.5.1). */
static void test_no_pong_behind_a_close(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(endpoint_ws_send_close(&f->client, 1000, ""), 0);
	f->to_client.output_len = 0;
	assert_int_equal(up_frame(f, WS_PING, "p").outcome, PUMP_MOVED);
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
	check_no_more(f);
}

static void test_close_behind_a_partial_frame(void **state)
{
	struct fixture *f = *state;

	f->to_client.credit = 3;
	assert_int_equal(down(f, "message", 7).outcome, PUMP_MOVED);
	f->to_client.credit = FAKE_ALL;
	assert_int_equal(endpoint_ws_send_close(&f->client, 1000, ""), 0);
	assert_int_equal(f->to_client.output_len, 3);
	assert_int_equal(endpoint_flush(&f->client.end), 0);
	check_frame(f, WS_BINARY, "message", 7);
	check_frame(f, WS_CLOSE, "\x03\xE8", 2);
}

static void test_close_to_a_broken_end(void **state)
{
	struct fixture *f = *state;

	endpoint_break(&f->client.end);
	assert_int_equal(endpoint_ws_send_close(&f->client, 1000, ""), 0);
	assert_true(f->client.end.finished);
	assert_int_equal(f->client.code_sent, 0);
	assert_int_equal(f->client.end.undelivered, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEXT_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup_text, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_read_is_a_message),
		TEST(test_payload_goes_up),
		cmocka_unit_test(test_text_in_every_cut),
		TEXT_TEST(test_text_byte_by_byte),
		TEXT_TEST(test_target_text_that_is_none),
		TEXT_TEST(test_text_before_the_bad_byte_is_sent),
		TEST(test_client_breaks_the_protocol),
		TEST(test_client_sends_the_other_type),
		TEXT_TEST(test_client_sends_bad_text),
		TEST(test_client_closes),
		TEST(test_client_closes_without_a_code),
		TEST(test_pongs_answer_all_pings_of_a_read),
		TEST(test_pongs_do_not_pile_up),
		TEST(test_pong_that_cannot_be_queued),
		TEST(test_pong_behind_a_message),
		TEST(test_ping_behind_a_partial_pong),
		TEST(test_control_that_cannot_be_sent),
		TEST(test_ping_that_cannot_be_sent),
		TEST(test_close_is_sent_once),
		TEST(test_no_pong_behind_a_close),
		TEST(test_close_behind_a_partial_frame),
		TEST(test_close_to_a_broken_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
