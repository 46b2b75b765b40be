/* SPDX-License-Identifier: MIT */
/* A session that relays and ends in order: no byte is lost, no end hangs. */

#include "session_fixture.h"

/* Bytes that no two sockets and buffers hold. */
#define MUCH (4 * 1024 * 1024)

#define CLOSE_FAST "timeouts = { close = \"100ms\"; };"

static void check_traffic(const struct tally_row *row, uint64_t active)
{
	assert_string_equal(row->key.data, "t");
	assert_int_equal(counter_get(&row->at[TRAFFIC_ACTIVE]), active);
	assert_int_equal(counter_get(&row->at[TRAFFIC_OPENED]), 1);
	assert_int_equal(counter_get(&row->at[TRAFFIC_BYTES_UP]), 2);
	assert_int_equal(counter_get(&row->at[TRAFFIC_BYTES_DOWN]), 4);
	assert_int_equal(counter_get(&row->at[TRAFFIC_MESSAGES_UP]), 1);
	assert_int_equal(counter_get(&row->at[TRAFFIC_MESSAGES_DOWN]), 1);
}

static void fixture_session_dies(struct fixture *f)
{
	relay_abort_all(&f->relay);
	assert_int_equal(told.closed, 1);
}

static void test_both_ways(void **unused)
{
	const struct tally_row *traffic;
	struct ws_client_view frame;
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	fixture_frame(&f, WS_BINARY, "up", 2);
	fixture_target_gets(&f, "up", 2);
	fixture_write(f.target, "down", 4);
	frame = fixture_next(&f);
	assert_int_equal(frame.first, WS_BINARY);
	assert_int_equal(frame.len, 4);
	assert_memory_equal(frame.payload, "down", 4);
	traffic = fixture_session(&f)->traffic;
	check_traffic(traffic, 1);
	fixture_session_dies(&f);
	/* Nothing of what was counted is counted again at the end. */
	check_traffic(traffic, 0);
	fixture_end(&f);
	assert_int_equal(told.record.bytes_up, 2);
	assert_int_equal(told.record.bytes_down, 4);
	assert_int_equal(told.record.messages_up, 1);
	assert_int_equal(told.record.messages_down, 1);
}

static void test_ping_is_answered(void **unused)
{
	struct ws_client_view frame;
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	fixture_frame(&f, WS_PING, "p", 1);
	frame = fixture_next(&f);
	assert_int_equal(frame.first, WS_PONG);
	assert_memory_equal(frame.payload, "p", 1);
	fixture_end(&f);
}

static void test_pings_are_measured(void **unused)
{
	struct ws_client_view frame;
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "timeouts = { ping_interval = \"10ms\"; };", "");
	fixture_open(&f);
	for (int i = 0; i < 3; i++) {
		frame = fixture_next(&f);
		assert_int_equal(frame.first, WS_PING);
		fixture_frame(&f, WS_PONG, frame.payload, frame.len);
		fixture_skip(&f, frame.size);
	}
	WAIT_FOR(&f, fixture_session(&f)->client.rtt_us > 0);
	WAIT_FOR(&f, told.pongs == 3);
	assert_int_equal(told.pong_usec, fixture_session(&f)->client.rtt_us);
	fixture_end(&f);
	assert_true(told.record.rtt_usec > 0);
}

/*
 * The client closes: all of it reaches the target, which may still answer;
 * only its end brings the echo.
 */
static void test_client_closes_first(void **unused)
{
	struct ws_client_view frame;
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	fixture_frame(&f, WS_BINARY, "last", 4);
	fixture_close_frame(&f, 4321);
	fixture_target_gets(&f, "last", 4);
	fixture_target_gets_end(&f);
	fixture_write(f.target, "answer", 6);
	frame = fixture_next(&f);
	assert_int_equal(frame.first, WS_BINARY);
	fixture_skip(&f, frame.size);
	fixture_step(&f);
	assert_false(fixture_has_frame(&f, &frame));
	fixture_hang_up(&f.target);
	assert_int_equal(fixture_next_close(&f), 4321);
	WAIT_FOR(&f, fixture_has_eof(&f));
	fixture_hang_up(&f.client);
	fixture_wait_gone(&f);
	assert_int_equal(told.record.code_received, 4321);
	assert_int_equal(told.record.code_sent, 4321);
	fixture_end(&f);
}

static void test_close_without_a_code(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	fixture_close_frame(&f, 0);
	fixture_target_gets_end(&f);
	fixture_hang_up(&f.target);
	assert_int_equal(fixture_next_close(&f), 1000);
	fixture_end(&f);
	assert_int_equal(told.record.code_received, 1005);
}

/* A target that goes on sending has half of timeouts.close for it. */
static void test_half_close_is_bounded(void **unused)
{
	uint64_t begun_us = clock_now_us();
	struct fixture f;

	(void)unused;
	fixture_begin(&f, CLOSE_FAST, "");
	fixture_open(&f);
	fixture_close_frame(&f, 1000);
	assert_int_equal(fixture_next_close(&f), 1000);
	assert_true(clock_now_us() - begun_us >= 40000);
	fixture_hang_up(&f.client);
	fixture_wait_gone(&f); /* the target never closes */
	fixture_end(&f);
}

/* A client that does not answer the Close is awaited timeouts.close long. */
static void test_client_never_closes(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, CLOSE_FAST, "");
	fixture_open(&f);
	fixture_hang_up(&f.target);
	assert_int_equal(fixture_next_close(&f), 1000);
	fixture_wait_gone(&f);
	assert_string_equal(told.record.cause, "target_closed");
	assert_int_equal(told.record.code_received, 0);
	fixture_end(&f);
}

/* Neither end closes its socket when all is said. */
static void test_lingering_ends(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, CLOSE_FAST, "");
	fixture_open(&f);
	relay_close_all(&f.relay, 0);
	assert_int_equal(fixture_next_close(&f), 1001);
	fixture_close_frame(&f, 1001);
	WAIT_FOR(&f, fixture_has_eof(&f));
	assert_int_equal(f.gone, 0);
	fixture_say(&f, "what comes now is dropped");
	fixture_wait_gone(&f);
	fixture_end(&f);
}

static void say_much(struct fixture *f, uint8_t *data)
{
	size_t sent = 0;
	ssize_t n;

	for (size_t i = 0; i < MUCH; i++)
		data[i] = (uint8_t)(i * 13 + i / 251);
	while (sent < MUCH) {
		n = send(f->target, data + sent, MUCH - sent, MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		while (fixture_read(f))
			;
		event_base_loop(f->base, EVLOOP_ONCE);
	}
}

/* A target that sends much and ends: all arrives, then the Close. */
static void test_no_byte_is_lost_down(void **unused)
{
	uint8_t *data = malloc(MUCH);
	struct ws_client_view frame = { .first = 0 };
	struct fixture f;
	size_t used = 0;
	size_t at = 0;

	(void)unused;
	assert_non_null(data);
	fixture_begin(&f, "limits = { buffer = \"8K\"; };", "");
	fixture_open(&f);
	say_much(&f, data);
	fixture_hang_up(&f.target);
	WAIT_FOR(&f, (fixture_read(&f),
		      told.closed ||
			      fixture_session(&f)->state == SESSION_LINGERING ||
			      fixture_session(&f)->client.end.finished));
	while (fixture_read(&f) || fixture_session(&f)->client.end.out.len)
		event_base_loop(f.base, EVLOOP_ONCE);
	while (ws_client_parse(f.in + used, f.in_len - used, &frame) &&
	       frame.first == WS_BINARY) {
		assert_true(frame.len <= 8192);
		assert_memory_equal(frame.payload, data + at, frame.len);
		at += frame.len;
		used += frame.size;
	}
	assert_int_equal(at, MUCH);
	assert_int_equal(ws_client_code(&frame), 1000);
	fixture_end(&f);
	assert_int_equal(told.record.bytes_down, MUCH);
	assert_int_equal(told.record.undelivered_down, 0);
	free(data);
}

/* A target that takes nothing: what the client said to it is counted. */
static void test_undelivered_is_counted(void **unused)
{
	static const uint8_t payload[60000];
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	fixture_frame(&f, WS_BINARY, payload, sizeof(payload));
	WAIT_FOR(&f, fixture_session(&f)->client.end.bytes == sizeof(payload));
	fixture_hang_up(&f.target); /* unread: a reset */
	WAIT_FOR(&f, fixture_session(&f)->state != SESSION_OPEN);
	fixture_frame(&f, WS_BINARY, "more", 4);
	assert_int_equal(fixture_next_close(&f), 1011);
	fixture_hang_up(&f.client);
	fixture_wait_gone(&f);
	assert_string_equal(told.record.cause, "target_reset");
	assert_int_equal(told.record.undelivered_up, 4);
	fixture_end(&f);
}

/* Pings keep nobody busy. */
static void test_idle_counts_payload_only(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "timeouts = { idle = \"60ms\"; };", "");
	fixture_open(&f);
	while (fixture_session(&f)->state == SESSION_OPEN) {
		fixture_frame(&f, WS_PING, "", 0);
		event_base_loop(f.base, EVLOOP_ONCE);
	}
	assert_int_equal(fixture_session(&f)->cause, CAUSE_IDLE);
	fixture_end(&f);
}

/* A target that is not listened to any more, and never stops, is closed. */
static void test_a_target_that_never_stops(void **unused)
{
	static const uint8_t data[65536];
	struct fixture f;
	ssize_t n = 0;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	fixture_frame(&f, 0x83, "", 0); /* breaks the protocol */
	assert_int_equal(fixture_next_close(&f), 1002);
	fixture_hang_up(&f.client);
	while (n >= 0 || errno == EAGAIN) {
		n = send(f.target, data, sizeof(data), MSG_NOSIGNAL);
		event_base_loop(f.base, EVLOOP_ONCE);
	}
	fixture_wait_gone(&f);
	assert_true(told.record.undelivered_down > 0);
	fixture_end(&f);
}

static void test_closes_are_spread(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	relay_close_all(&f.relay, 50);
	assert_int_equal(fixture_session(&f)->state, SESSION_OPEN);
	assert_int_equal(fixture_next_close(&f), 1001);
	fixture_end(&f);
}

/* All end within the call; who is owed nothing is still told. */
static void test_abort(void **unused)
{
	struct fixture f;
	int first;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	first = f.client;
	fixture_connect(&f, CAUSE_NONE);
	relay_abort_all(&f.relay);
	assert_int_equal(f.gone, 2);
	assert_int_equal(told.closed, 1);
	assert_int_equal(told.refused, 1);
	assert_string_equal(told.record.cause, "shutdown");
	WAIT_FOR(&f, fixture_has_eof(&f));
	f.in[f.in_len] = 0;
	assert_memory_equal(f.in, "HTTP/1.1 503 ", 13);
	close(f.client);
	f.client = first;
	f.in_len = 0;
	assert_int_equal(fixture_next_close(&f), 1001);
	fixture_end(&f);
}

/* The name stays: its session goes on, with what it began with. */
static void test_reload_leaves_a_session_alone(void **unused)
{
	struct config *newer;
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	newer = fixture_parse(&f, "message = \"text\";", "");
	assert_int_equal(relay_configure(&f.relay, newer), 0);
	fixture_write(f.target, "x", 1);
	assert_int_equal(fixture_next(&f).first, WS_BINARY);
	fixture_end(&f);
	config_unref(&newer);
}

/* Removed for a moment only: nobody has been told yet. */
static void test_a_route_that_comes_back(void **unused)
{
	struct config *without;
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	without = config_text_parse(
		TEXT_LISTENER TEXT_BACKEND
		"routes = ( { path = \"/x\"; backend = \"b\"; } );"
		"timeouts = { close_spread = \"1h\"; };");
	assert_int_equal(relay_configure(&f.relay, without), 0);
	assert_true(fixture_session(&f)->close_at_ms != SESSION_NEVER);
	assert_int_equal(relay_configure(&f.relay, f.config), 0);
	assert_true(fixture_session(&f)->close_at_ms == SESSION_NEVER);
	/* One that ends for another reason still does. */
	relay_close_all(&f.relay, 3600 * 1000);
	assert_int_equal(relay_configure(&f.relay, f.config), 0);
	assert_true(fixture_session(&f)->close_at_ms != SESSION_NEVER);
	config_unref(&without);
	fixture_end(&f);
}

static void test_text_is_cut_at_characters(void **unused)
{
	struct ws_client_view frame;
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "message = \"text\";", "");
	fixture_open(&f);
	fixture_write(f.target, "a\xC3", 2);
	frame = fixture_next(&f);
	assert_int_equal(frame.first, WS_TEXT);
	assert_int_equal(frame.len, 1);
	fixture_skip(&f, frame.size);
	fixture_write(f.target, "\xA9", 1);
	frame = fixture_next(&f);
	assert_int_equal(frame.len, 2);
	assert_memory_equal(frame.payload, "\xC3\xA9", 2);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_ping_is_answered),
		cmocka_unit_test(test_pings_are_measured),
		cmocka_unit_test(test_client_closes_first),
		cmocka_unit_test(test_close_without_a_code),
		cmocka_unit_test(test_half_close_is_bounded),
		cmocka_unit_test(test_client_never_closes),
		cmocka_unit_test(test_lingering_ends),
		cmocka_unit_test(test_no_byte_is_lost_down),
		cmocka_unit_test(test_undelivered_is_counted),
		cmocka_unit_test(test_idle_counts_payload_only),
		cmocka_unit_test(test_a_target_that_never_stops),
		cmocka_unit_test(test_closes_are_spread),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_reload_leaves_a_session_alone),
		cmocka_unit_test(test_a_route_that_comes_back),
		cmocka_unit_test(test_text_is_cut_at_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
