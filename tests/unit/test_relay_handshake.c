/* SPDX-License-Identifier: MIT */
/* From the first byte to 101, in whatever pieces, through a real relay. */

#include "session_fixture.h"

static const char switching[] = "HTTP/1.1 101 Switching Protocols\r\n"
				"Upgrade: websocket\r\n"
				"Connection: Upgrade\r\n"
				"Sec-WebSocket-Accept: " FIXTURE_ACCEPT "\r\n";

static bool starts_with(struct fixture *f, const char *text)
{
	return !strncmp((const char *)f->in, text, strlen(text));
}

static void test_leaving_without_asking(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, "GET");
	fixture_hang_up(&f.client);
	fixture_wait_gone(&f);
	assert_int_equal(told.refused, 0);
	fixture_end(&f);
}

/* A client that takes no answer is not awaited longer than two seconds. */
static void test_refused_client_stays(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_connect(&f, CAUSE_DRAINING);
	WAIT_FOR(&f, fixture_has_eof(&f));
	assert_int_equal(f.gone, 0);
	fixture_wait_gone(&f);
	fixture_end(&f);
}

static void test_the_answer(void **unused)
{
	struct fixture f;
	size_t len;

	(void)unused;
	fixture_begin(&f, "subprotocols = ( \"b\", \"a\" );", "");
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, FIXTURE_HEAD("Sec-WebSocket-Protocol: a, b\r\n\r\n"));
	len = fixture_next_head(&f);
	assert_true(starts_with(&f, switching));
	assert_int_equal(len, f.in_len);
	assert_non_null(
		strstr((char *)f.in, "\r\nSec-WebSocket-Protocol: b\r\n"));
	fixture_end(&f);
}

static void test_what_the_log_is_told(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	assert_int_equal(told.record.id, 1);
	assert_int_equal(told.record.worker, 3);
	assert_string_equal(told.client, "unix:");
	assert_string_equal(told.host, "h");
	assert_string_equal(told.path, "/t");
	assert_string_equal(told.record.route, "t");
	assert_string_equal(told.record.target, f.server);
	assert_string_equal(told.record.listener, f.config->listeners[0].name);
	assert_null(told.record.cause);
	fixture_end(&f);
}

/* A request with a frame behind it, cut in two. */
static void check_cut(struct fixture *f, const uint8_t *data, size_t len,
		      size_t cut)
{
	size_t head;

	fixture_connect(f, CAUSE_NONE);
	fixture_write(f->client, data, cut);
	fixture_step(f);
	if (len > cut)
		fixture_write(f->client, data + cut, len - cut);
	WAIT_FOR(f, fixture_accepts(f));
	head = fixture_next_head(f);
	assert_int_equal(head, f->in_len);
	fixture_target_gets(f, "early", 5);
	fixture_hang_up(&f->client);
	fixture_hang_up(&f->target);
	fixture_wait_gone(f);
	assert_int_equal(told.record.bytes_up, 5);
}

/* Frames right behind the request are not lost, wherever reads end. */
static void test_request_in_every_cut(void **unused)
{
	uint8_t data[512];
	size_t len = strlen(FIXTURE_REQUEST);
	struct fixture f;

	(void)unused;
	memcpy(data, FIXTURE_REQUEST, len);
	len += ws_client_frame(data + len, WS_BINARY, "early", 5);
	fixture_begin(&f, "", "");
	for (size_t cut = 1; cut <= len; cut++)
		check_cut(&f, data, len, cut);
	fixture_end(&f);
}

static void test_request_byte_by_byte(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_connect(&f, CAUSE_NONE);
	for (const char *at = FIXTURE_REQUEST; *at; at++) {
		fixture_write(f.client, at, 1);
		fixture_step(&f);
	}
	WAIT_FOR(&f, fixture_accepts(&f));
	fixture_skip(&f, fixture_next_head(&f));
	fixture_end(&f);
}

/* A head of many reads, which is kept while it grows. */
static void test_long_head(void **unused)
{
	char field[1024];
	struct fixture f;

	(void)unused;
	memset(field, 'x', sizeof(field));
	memcpy(field, "X: ", 3);
	memcpy(field + sizeof(field) - 3, "\r\n", 3);
	fixture_begin(&f, "", "");
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, FIXTURE_HEAD(""));
	for (int i = 0; i < 12; i++) {
		fixture_say(&f, field);
		fixture_step(&f);
	}
	fixture_say(&f, "\r\n");
	WAIT_FOR(&f, fixture_accepts(&f));
	fixture_end(&f);
}

static void test_newest_configuration_serves(void **unused)
{
	struct config *newer;
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "message = \"binary\";", "");
	fixture_connect(&f, CAUSE_NONE);
	newer = fixture_parse(&f, "message = \"text\";", "");
	assert_int_equal(relay_configure(&f.relay, newer), 0);
	fixture_say(&f, FIXTURE_REQUEST);
	WAIT_FOR(&f, fixture_accepts(&f));
	fixture_skip(&f, fixture_next_head(&f));
	fixture_write(f.target, "hi", 2);
	assert_int_equal(fixture_next(&f).first, WS_TEXT);
	fixture_end(&f);
	config_unref(&newer);
}

/* Unless its listener is gone: then what it was accepted under. */
static void test_listener_is_gone(void **unused)
{
	struct config *newer;
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_connect(&f, CAUSE_NONE);
	newer = config_text_parse(
		"listeners = ( { name = \"new\";"
		"listen = \"127.0.0.1:0\"; } );" TEXT_BACKEND
		"routes = ( { path = \"/x\"; backend = \"b\"; } );");
	assert_int_equal(relay_configure(&f.relay, newer), 0);
	fixture_say(&f, FIXTURE_REQUEST);
	WAIT_FOR(&f, fixture_accepts(&f));
	fixture_end(&f);
	config_unref(&newer);
}

static void test_route_is_full(void **unused)
{
	int first;
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "limits = { max_sessions = 1; };", "");
	fixture_open(&f);
	first = f.client;
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, FIXTURE_REQUEST);
	WAIT_FOR(&f, told.refused);
	assert_string_equal(told.record.cause, "route_sessions");
	fixture_hang_up(&f.client);
	fixture_hang_up(&first);
	fixture_hang_up(&f.target);
	fixture_wait_gone(&f);
	fixture_open(&f);
	fixture_end(&f);
}

static void test_page(void **unused)
{
	static const struct config_page page = { .content_type = "text/plain",
						 .body = "hello\n",
						 .body_len = 6 };
	struct fixture f;
	size_t len;

	(void)unused;
	fixture_begin(&f, "", "");
	assert_int_equal(config_add_page(f.config, "/", &page), 0);
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
	WAIT_FOR(&f, fixture_has_eof(&f));
	len = fixture_next_head(&f);
	assert_true(starts_with(&f, "HTTP/1.1 200 "));
	assert_int_equal(f.in_len - len, 6);
	assert_memory_equal(f.in + len, "hello\n", 6);
	fixture_hang_up(&f.client);
	fixture_wait_gone(&f);
	assert_int_equal(told.refused, 0);
	fixture_end(&f);
}

/* More than a socket holds: the client takes it bit by bit. */
static void test_large_page(void **unused)
{
	const size_t size = 2 * 1024 * 1024;
	char *body = malloc(size);
	const struct config_page page = { .content_type = "text/plain",
					  .body = body,
					  .body_len = size };
	struct fixture f;
	size_t len;

	(void)unused;
	assert_non_null(body);
	memset(body, 'x', size);
	fixture_begin(&f, "", "");
	assert_int_equal(config_add_page(f.config, "/", &page), 0);
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
	WAIT_FOR(&f, fixture_has_eof(&f));
	len = fixture_next_head(&f);
	assert_int_equal(f.in_len - len, size);
	assert_memory_equal(f.in + len, body, size);
	fixture_end(&f);
	free(body);
}

static void test_page_nobody_takes(void **unused)
{
	static const struct config_page page = { .content_type = "text/plain",
						 .body = "hello\n",
						 .body_len = 6 };
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	assert_int_equal(config_add_page(f.config, "/", &page), 0);
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
	fixture_hang_up(&f.client);
	fixture_wait_gone(&f);
	fixture_end(&f);
}

/* Nobody is left to be told of the target. */
static void test_client_leaves_while_dialling(void **unused)
{
	struct fixture f;
	int fds[2];

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_fill_backlog(&f, fds, 2);
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, FIXTURE_REQUEST);
	WAIT_FOR(&f, fixture_session(&f)->state == SESSION_DIALING);
	fixture_hang_up(&f.client);
	fixture_wait_gone(&f);
	assert_int_equal(told.opened, 0);
	close(fds[0]);
	close(fds[1]);
	fixture_end(&f);
}

/* What it sends while the target is dialled is relayed then. */
static void test_client_speaks_while_dialling(void **unused)
{
	struct fixture f;
	int fds[2];
	char byte;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_fill_backlog(&f, fds, 2);
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, FIXTURE_REQUEST);
	WAIT_FOR(&f, fixture_session(&f)->state == SESSION_DIALING);
	fixture_frame(&f, WS_BINARY, "one", 3);
	fixture_step(&f);
	fixture_frame(&f, WS_BINARY, "two", 3);
	fixture_step(&f);
	/* Those that fill the queue have left, and are told apart by that. */
	close(fds[0]);
	close(fds[1]);
	do {
		fixture_hang_up(&f.target);
		WAIT_FOR(&f, fixture_accepts(&f));
	} while (recv(f.target, &byte, 1, MSG_PEEK) == 0);
	WAIT_FOR(&f, told.opened);
	fixture_target_gets(&f, "onetwo", 6);
	fixture_end(&f);
}

/* The deadline of a session that is gone comes: nothing happens. */
static void test_no_deadline_after_death(void **unused)
{
	struct fixture f;
	uint64_t gone_us;

	(void)unused;
	fixture_begin(&f, "", "timeouts = { handshake = \"30ms\"; };");
	fixture_connect(&f, CAUSE_NONE);
	fixture_hang_up(&f.client);
	fixture_wait_gone(&f);
	gone_us = clock_now_us();
	WAIT_FOR(&f, clock_now_us() - gone_us > 60000);
	assert_int_equal(told.refused, 0);
	assert_int_equal(f.gone, 1);
	fixture_end(&f);
}

/* A client that has an address: it is told, and given back to admission. */
static void check_peer(const char *text, const char *expected)
{
	const struct admission_limits none = { .sessions = 0 };
	struct relay_connection connection = { .is_counted = true };
	struct admission_key key;
	struct address address;
	struct fixture f;

	fixture_begin(&f, "", "");
	assert_int_equal(address_parse(slice_of(text), &address), 0);
	connection.peer = address.socket;
	assert_true(admission_key_of_peer(&connection.peer, &key));
	assert_int_equal(admission_enter(f.admission, &key, &none, 1),
			 ADMISSION_GRANTED);
	fixture_connect_as(&f, connection);
	fixture_say(&f, FIXTURE_REQUEST);
	WAIT_FOR(&f, told.opened);
	assert_string_equal(told.client, expected);
	assert_int_equal(admission_key_count(f.admission), 1);
	fixture_end(&f); /* no key is left, it asserts */
}

static void test_peers_with_addresses(void **unused)
{
	(void)unused;
	check_peer("192.0.2.1:4711", "192.0.2.1:4711");
	check_peer("[2001:db8::1]:4711", "[2001:db8::1]:4711");
	check_peer("[::ffff:192.0.2.1]:4711", "192.0.2.1:4711");
}

/* It says much and ends while the target is dialled: nothing is lost. */
static void test_client_ends_while_dialling(void **unused)
{
	static const uint8_t payload[16000];
	struct fixture f;
	int fds[2];

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_fill_backlog(&f, fds, 2);
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, FIXTURE_REQUEST);
	WAIT_FOR(&f, fixture_session(&f)->state == SESSION_DIALING);
	fixture_frame(&f, WS_BINARY, payload, sizeof(payload));
	fixture_close_frame(&f, 1000);
	assert_int_equal(shutdown(f.client, SHUT_WR), 0);
	fixture_step(&f);
	fixture_step(&f);
	assert_int_equal(fixture_session(&f)->state, SESSION_DIALING);
	assert_true(fixture_accepts(&f)); /* one that filled the queue */
	fixture_hang_up(&f.target);
	WAIT_FOR(&f, told.opened);
	WAIT_FOR(&f, fixture_accepts(&f));
	fixture_target_gets(&f, payload, sizeof(payload));
	close(fds[0]);
	close(fds[1]);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaving_without_asking),
		cmocka_unit_test(test_refused_client_stays),
		cmocka_unit_test(test_the_answer),
		cmocka_unit_test(test_what_the_log_is_told),
		cmocka_unit_test(test_request_in_every_cut),
		cmocka_unit_test(test_request_byte_by_byte),
		cmocka_unit_test(test_long_head),
		cmocka_unit_test(test_newest_configuration_serves),
		cmocka_unit_test(test_listener_is_gone),
		cmocka_unit_test(test_route_is_full),
		cmocka_unit_test(test_no_deadline_after_death),
		cmocka_unit_test(test_peers_with_addresses),
		cmocka_unit_test(test_client_ends_while_dialling),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_large_page),
		cmocka_unit_test(test_page_nobody_takes),
		cmocka_unit_test(test_client_leaves_while_dialling),
		cmocka_unit_test(test_client_speaks_while_dialling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
