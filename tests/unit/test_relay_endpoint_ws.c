/* SPDX-License-Identifier: MIT */
/* The client's end: cut text, replies between messages, Close, keep-alive. */

#include "fake_stream.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/socket.h"
#include "relay/endpoint_raw.h"
#include "relay/endpoint_ws.h"
#include "relay/pump.h"
#include "ws_client.h"

/* Longer than any timeout here, in milliseconds. */
#define LONG 1000000

struct fixture {
	struct buffer_pool pool;
	struct endpoint_ws client;
	struct endpoint target;
	struct fake_stream to_client;
	struct fake_stream to_target;
	uint8_t block[ENDPOINT_HEADROOM + 1024];
	struct pump_scratch scratch;
};

static struct fixture *fixture_new(bool is_text)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	endpoint_ws_init(&f->client, &f->pool);
	endpoint_init(&f->target, &endpoint_raw_ops, &f->pool);
	fake_stream_open(&f->to_client, &f->client.end);
	fake_stream_open(&f->to_target, &f->target);
	f->scratch.data = f->block + ENDPOINT_HEADROOM;
	f->scratch.size = sizeof(f->block) - ENDPOINT_HEADROOM;
	endpoint_ws_begin(&f->client, is_text);
	return f;
}

static void fixture_free(struct fixture *f)
{
	fake_stream_close(&f->to_client, &f->client.end);
	fake_stream_close(&f->to_target, &f->target);
	buffer_pool_done(&f->pool);
	free(f);
}

static int setup(void **state)
{
	*state = fixture_new(false);
	return 0;
}

static int setup_text(void **state)
{
	*state = fixture_new(true);
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

/* One read of the target. */
static struct pump_result down(struct fixture *f, const void *data, size_t len)
{
	fake_stream_say(&f->to_target, data, len);
	return pump_run(&f->target, &f->client.end, &f->scratch);
}

/* One read of the client. */
static struct pump_result up(struct fixture *f, const void *data, size_t len)
{
	fake_stream_say(&f->to_client, data, len);
	return pump_run(&f->client.end, &f->target, &f->scratch);
}

static struct pump_result up_frame(struct fixture *f, uint8_t first,
				   const char *payload)
{
	uint8_t frame[512];

	return up(f, frame,
		  ws_client_frame(frame, first, payload, strlen(payload)));
}

/* The client's next frame is this; the rest moves up. */
static void check_frame(struct fixture *f, uint8_t first, const void *payload,
			size_t len)
{
	struct fake_stream *fake = &f->to_client;
	struct ws_client_view frame = { 0 };

	assert_true(ws_client_parse(fake->output, fake->output_len, &frame));
	assert_int_equal(frame.first, first);
	assert_int_equal(frame.len, len);
	if (len)
		assert_memory_equal(frame.payload, payload, len);
	fake->output_len -= frame.size;
	memmove(fake->output, fake->output + frame.size, fake->output_len);
}

static void check_no_more(struct fixture *f)
{
	assert_int_equal(f->to_client.output_len, 0);
}

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

static void test_pong_answers_the_latest_ping(void **state)
{
	struct fixture *f = *state;
	uint8_t frames[64];
	size_t len = ws_client_frame(frames, WS_PING, "first", 5);

	len += ws_client_frame(frames + len, WS_PING, "second", 6);
	assert_int_equal(up(f, frames, len).outcome, PUMP_MOVED);
	check_no_more(f);
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
	check_frame(f, WS_PONG, "second", 6);
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
	check_no_more(f);
}

/* A pong waits behind a message that was not taken whole, then follows. */
static void test_pong_waits_for_the_message(void **state)
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

/* Makes the ping due and sends it; returns its payload's length. */
static size_t send_ping(struct fixture *f, uint8_t payload[125])
{
	struct ws_client_view frame = { 0 };

	assert_int_equal(endpoint_ws_keep_alive(&f->client,
						f->client.ping_at_ms, LONG),
			 PING_FINE);
	assert_int_equal(endpoint_ws_send_control(&f->client), 0);
	assert_true(ws_client_parse(f->to_client.output,
				    f->to_client.output_len, &frame));
	assert_int_equal(frame.first, WS_PING);
	memcpy(payload, frame.payload, frame.len);
	f->to_client.output_len = 0;
	return frame.len;
}

static void answer(struct fixture *f, const uint8_t *payload, size_t len)
{
	uint8_t frame[160];

	assert_int_equal(up(f, frame,
			    ws_client_frame(frame, WS_PONG, payload, len))
				 .outcome,
			 PUMP_MOVED);
}

static void test_ping_and_its_pong(void **state)
{
	struct fixture *f = *state;
	uint8_t payload[125];
	uint64_t now_ms = clock_coarse_ms();
	size_t len;

	endpoint_ws_arm_ping(&f->client, now_ms, LONG);
	assert_int_equal(f->client.ping_at_ms, now_ms + LONG);
	len = send_ping(f, payload);
	assert_int_equal(f->client.ping_at_ms, now_ms + 2 * LONG);
	answer(f, payload, len);
	assert_int_equal(f->client.ping, PING_RESTS);
	/* The next is due an interval after the last was sent, about now. */
	assert_true(f->client.ping_at_ms >= now_ms + LONG - 100);
	assert_true(f->client.ping_at_ms < now_ms + 2 * LONG - 100);
}

/* Only the pong of the latest ping counts. */
static void test_pongs_nobody_asked_for(void **state)
{
	struct fixture *f = *state;
	uint8_t payload[125];
	uint8_t other[125];
	size_t len;

	endpoint_ws_arm_ping(&f->client, 0, LONG);
	answer(f, (const uint8_t *)"early", 5);
	len = send_ping(f, payload);
	memcpy(other, payload, len);
	other[len - 1] ^= 1;
	answer(f, other, len);
	answer(f, payload, len - 1);
	assert_int_equal(f->client.ping, PING_SENT);
	answer(f, payload, len);
	assert_int_equal(f->client.ping, PING_RESTS);
}

static void test_no_pong_is_death(void **state)
{
	struct fixture *f = *state;
	uint8_t payload[125];

	endpoint_ws_arm_ping(&f->client, 0, 10);
	(void)send_ping(f, payload);
	assert_int_equal(endpoint_ws_keep_alive(&f->client, 20, LONG),
			 PING_DEAD);
}

/* It owes room, but its kernel answers: not dead, it has stopped reading. */
static void test_a_client_that_reads_nothing(void **state)
{
	struct fixture *f = *state;

	f->to_client.credit = 3;
	assert_int_equal(down(f, "message", 7).outcome, PUMP_MOVED);
	endpoint_ws_arm_ping(&f->client, 0, 10);
	for (uint64_t now_ms = 10; now_ms < 100; now_ms += 10) {
		assert_int_equal(endpoint_ws_keep_alive(&f->client, now_ms,
							LONG),
				 PING_FINE);
		assert_int_equal(endpoint_ws_send_control(&f->client), 0);
		assert_int_equal(f->client.ping, PING_DUE);
	}
}

/* A connected pair over loopback; the second end takes little at a time. */
static void connect_tcp(int ret_pair[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(
		getsockname(listener, (struct sockaddr *)&address, &len), 0);
	ret_pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ret_pair[0], (struct sockaddr *)&address, len),
			 0);
	ret_pair[1] = accept(listener, NULL, NULL);
	assert_true(ret_pair[1] >= 0);
	close(listener);
}

static void fill(int fd)
{
	static const uint8_t data[65536];

	while (send(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	assert_int_equal(errno, EAGAIN);
}

/* Reads until the sender's kernel hears of it. */
static void read_until_acked(int from, int sender, uint64_t acked)
{
	static uint8_t data[65536];

	while (socket_acked(sender) == acked)
		assert_true(recv(from, data, sizeof(data), 0) > 0);
}

/* Bytes are on their way and move: the pong is behind them. */
static void test_a_slow_client_is_not_dead(void **state)
{
	struct fixture *f = *state;
	struct endpoint_ws slow;
	int pair[2];

	endpoint_ws_init(&slow, &f->pool);
	endpoint_ws_begin(&slow, false);
	connect_tcp(pair);
	stream_open(&slow.end.stream, NULL, pair[0], NULL, NULL);
	endpoint_ws_arm_ping(&slow, 0, 10);
	assert_int_equal(endpoint_ws_keep_alive(&slow, 10, LONG), PING_FINE);
	assert_int_equal(endpoint_ws_send_control(&slow), 0);
	assert_int_equal(slow.ping, PING_SENT);
	fill(pair[0]);
	assert_int_equal(endpoint_ws_keep_alive(&slow, 20, LONG), PING_FINE);
	read_until_acked(pair[1], pair[0], slow.ping_acked);
	fill(pair[0]);
	assert_int_equal(endpoint_ws_keep_alive(&slow, 30, LONG), PING_FINE);
	close(pair[1]);
	endpoint_done(&slow.end);
}

/* Before the handshake is over bytes go as they are, and none are relayed. */
static void test_http_comes_first(void **state)
{
	struct fixture *f = *state;
	struct chunk chunk = { .data = f->scratch.data, .len = 5 };

	endpoint_done(&f->client.end);
	endpoint_ws_init(&f->client, &f->pool);
	assert_int_equal(f->client.end.ops->encode(&f->client.end, &chunk),
			 CAUSE_NONE);
	assert_int_equal(chunk.len, 5);
	assert_int_equal(f->client.end.ops->encode_end(&f->client.end),
			 CAUSE_NONE);
	assert_int_equal(f->client.end.ops->decode(&f->client.end, &chunk),
			 ENDPOINT_GOES_ON);
	assert_int_equal(chunk.len, 0);
	assert_int_equal(f->target.ops->encode_end(&f->target), CAUSE_NONE);
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
		TEST(test_pong_answers_the_latest_ping),
		TEST(test_pong_waits_for_the_message),
		TEST(test_ping_behind_a_partial_pong),
		TEST(test_control_that_cannot_be_sent),
		TEST(test_ping_that_cannot_be_sent),
		TEST(test_close_is_sent_once),
		TEST(test_no_pong_behind_a_close),
		TEST(test_close_behind_a_partial_frame),
		TEST(test_close_to_a_broken_end),
		TEST(test_ping_and_its_pong),
		TEST(test_pongs_nobody_asked_for),
		TEST(test_no_pong_is_death),
		TEST(test_a_client_that_reads_nothing),
		TEST(test_a_slow_client_is_not_dead),
		TEST(test_http_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
