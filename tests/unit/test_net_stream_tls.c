/* SPDX-License-Identifier: MIT */
/* A stream in TLS: events, hidden bytes, full sockets, ends. */

#include "tls_fixture.h"

#include <signal.h>

#include "net/socket.h"

static int setup(void **state)
{
	struct tls_fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	loop_begin(&f->loop);
	tls_fixture_load(f);
	tls_fixture_open(f, 0);
	assert_int_equal(stream_tls_begin(&f->stream, tls_fixture_context(f)),
			 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct tls_fixture *f = *state;

	tls_fixture_close(f);
	tls_fixture_unload(f);
	loop_end(&f->loop);
	free(f);
	return 0;
}

static unsigned watch(struct tls_fixture *f, unsigned interest)
{
	f->met = STREAM_NOTHING;
	f->calls = 0;
	assert_int_equal(stream_watch(&f->stream, interest), 0);
	loop_step(&f->loop);
	return f->met;
}

static void say(struct tls_fixture *f, const void *data, size_t len)
{
	assert_int_equal(SSL_write(f->client, data, (int)len), len);
}

static void test_handshake(void **state)
{
	struct tls_fixture *f = *state;
	struct stream_tls_facts facts;

	assert_true(stream_is_tls(&f->stream));
	assert_false(stream_tls_has_heard(&f->stream));
	assert_int_equal(stream_tls_handshake(&f->stream), -EAGAIN);
	assert_int_equal(watch(f, STREAM_READ), STREAM_NOTHING);
	SSL_do_handshake(f->client);
	assert_int_equal(watch(f, STREAM_READ), STREAM_READ);
	assert_int_equal(tls_fixture_shake(f), 0);
	assert_true(stream_tls_has_heard(&f->stream));
	stream_tls_describe(&f->stream, &facts);
	assert_string_equal(facts.version, "TLSv1.3");
	assert_string_equal(facts.cipher, "TLS_AES_128_GCM_SHA256");
	assert_string_equal(facts.subject, "");
	assert_false(facts.is_resumed);
	assert_null(stream_tls_reason(&f->stream));
}

static void test_bytes_both_ways(void **state)
{
	struct tls_fixture *f = *state;
	char data[16];

	assert_int_equal(tls_fixture_shake(f), 0);
	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), -EAGAIN);
	say(f, "hello", 5);
	assert_int_equal(watch(f, STREAM_READ), STREAM_READ);
	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), 5);
	assert_memory_equal(data, "hello", 5);
	assert_int_equal(watch(f, STREAM_READ), STREAM_NOTHING);
	assert_int_equal(stream_write(&f->stream, "world", 5), 5);
	assert_int_equal(SSL_read(f->client, data, sizeof(data)), 5);
	assert_memory_equal(data, "world", 5);
}

/* No socket tells of them, the loop does; but not one who does not ask. */
static void test_hidden_bytes(void **state)
{
	struct tls_fixture *f = *state;
	char data[16];

	assert_int_equal(tls_fixture_shake(f), 0);
	say(f, "0123456789", 10);
	assert_int_equal(stream_read(&f->stream, data, 4), 4);
	assert_int_equal(socket_inq(f->stream.fd), 0);
	assert_true(stream_unread(&f->stream) >= 6);
	assert_false(stream_is_dry(&f->stream));
	assert_int_equal(watch(f, STREAM_NOTHING), STREAM_NOTHING);
	assert_int_equal(watch(f, STREAM_WRITE), STREAM_WRITE);
	assert_int_equal(watch(f, STREAM_READ), STREAM_READ);
	assert_int_equal(stream_read(&f->stream, data, 4), 4);
	assert_int_equal(watch(f, STREAM_READ), STREAM_READ);
	assert_int_equal(stream_read(&f->stream, data, 4), 2);
	assert_memory_equal(data, "89", 2);
	assert_int_equal(watch(f, STREAM_READ), STREAM_NOTHING);
	assert_true(stream_is_dry(&f->stream));
}

/* Asked for and taken back before the loop's turn: nobody is called. */
static void test_hidden_bytes_are_not_told_of_in_vain(void **state)
{
	struct tls_fixture *f = *state;
	char data[4];

	assert_int_equal(tls_fixture_shake(f), 0);
	say(f, "0123456789", 10);
	assert_int_equal(stream_read(&f->stream, data, 4), 4);
	assert_int_equal(stream_watch(&f->stream, STREAM_READ), 0);
	assert_int_equal(watch(f, STREAM_NOTHING), STREAM_NOTHING);
	assert_int_equal(f->calls, 0);
}

static void test_several_records_in_one_read(void **state)
{
	struct tls_fixture *f = *state;
	char data[64];

	assert_int_equal(tls_fixture_shake(f), 0);
	say(f, "one", 3);
	say(f, "two", 3);
	say(f, "three", 5);
	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), 11);
	assert_memory_equal(data, "onetwothree", 11);
}

static void test_close_notify_is_the_end(void **state)
{
	struct tls_fixture *f = *state;
	char data[64];

	assert_int_equal(tls_fixture_shake(f), 0);
	say(f, "last", 4);
	SSL_shutdown(f->client);
	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), 4);
	/* The end came with the last bytes: no socket tells of it. */
	assert_int_equal(watch(f, STREAM_READ), STREAM_READ);
	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), 0);
	assert_int_equal(stream_write(&f->stream, "x", 1), 1);
	assert_int_equal(SSL_read(f->client, data, sizeof(data)), 1);
}

static void test_end_without_close_notify(void **state)
{
	struct tls_fixture *f = *state;
	char data[64];

	assert_int_equal(tls_fixture_shake(f), 0);
	say(f, "last", 4);
	shutdown(f->client_fd, SHUT_WR);
	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), 4);
	assert_int_equal(watch(f, STREAM_READ), STREAM_READ);
	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), 0);
	assert_int_equal(stream_write(&f->stream, "x", 1), 1);
}

static void test_shutdown(void **state)
{
	struct tls_fixture *f = *state;
	char data[64];

	assert_int_equal(tls_fixture_shake(f), 0);
	assert_int_equal(stream_shutdown(&f->stream), 0);
	assert_int_equal(SSL_read(f->client, data, sizeof(data)), 0);
	assert_int_equal(SSL_get_shutdown(f->client), SSL_RECEIVED_SHUTDOWN);
	assert_int_equal(read(f->client_fd, data, sizeof(data)), 0);
	say(f, "late", 4);
	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), 4);
}

static void test_damage(void **state)
{
	static const uint8_t record[5 + 32] = { 23, 3, 3, 0, 32 };
	struct tls_fixture *f = *state;
	char data[64];

	assert_int_equal(tls_fixture_shake(f), 0);
	assert_int_equal(write(f->client_fd, record, sizeof(record)),
			 sizeof(record));
	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), -EPROTO);
	assert_non_null(stream_tls_reason(&f->stream));
	assert_int_equal(stream_write(&f->stream, "x", 1), -EPIPE);
	assert_int_equal(stream_shutdown(&f->stream), 0);
}

static void test_plain_request(void **state)
{
	struct tls_fixture *f = *state;
	char data[64];

	assert_int_equal(write(f->client_fd, "GET / HTTP/1.1\r\n", 16), 16);
	assert_int_equal(stream_tls_handshake(&f->stream), -EPROTO);
	assert_true(stream_tls_is_spoken_to_plainly(&f->stream));
	stream_tls_abandon(&f->stream);
	assert_false(stream_is_tls(&f->stream));
	assert_int_equal(stream_write(&f->stream, "no", 2), 2);
	assert_int_equal(read(f->client_fd, data, sizeof(data)), 2);
	assert_int_equal(write(f->client_fd, "more", 4), 4);
	assert_int_equal(watch(f, STREAM_READ), STREAM_READ);
	assert_true(stream_read(&f->stream, data, sizeof(data)) > 0);
}

static void test_peer_that_leaves(void **state)
{
	struct tls_fixture *f = *state;

	SSL_do_handshake(f->client);
	assert_int_equal(stream_tls_handshake(&f->stream), -EAGAIN);
	shutdown(f->client_fd, SHUT_RDWR);
	assert_int_equal(stream_tls_handshake(&f->stream), -ECONNRESET);
}

/* Reads what is there at the client and compares it with the pattern. */
static size_t take(struct tls_fixture *f, const uint8_t *sent, size_t at)
{
	static uint8_t data[70000];
	int n;

	while ((n = SSL_read(f->client, data, sizeof(data))) > 0) {
		assert_memory_equal(data, sent + at, (size_t)n);
		at += (size_t)n;
	}
	ERR_clear_error();
	return at;
}

/*
 * A socket that takes little: what is told to be taken is what arrives, from a
 * buffer that moves between the calls, and what is ahead is said.
 */
static void test_full_socket(void **state)
{
	enum { SIZE = 400000 };
	static uint8_t sent[SIZE];
	static uint8_t copy[SIZE];
	struct tls_fixture *f = *state;
	size_t taken = 0;
	size_t got = 0;
	unsigned waits = 0;

	assert_int_equal(tls_fixture_shake(f), 0);
	for (size_t i = 0; i < SIZE; i++)
		sent[i] = (uint8_t)(i * 7 + i / 251);
	while (taken < SIZE) {
		size_t left = SIZE - taken;
		uint8_t *from = waits % 2 ? copy : sent + taken;
		ssize_t n;

		memcpy(copy, sent + taken, left);
		n = stream_write(&f->stream, from, left);
		memset(copy, 0, left);
		if (n > 0)
			taken += (size_t)n;
		if (n > 0)
			continue;
		assert_int_equal(n, -EAGAIN);
		assert_true(stream_sent_ahead(&f->stream) <= 16384);
		assert_int_equal(watch(f, STREAM_WRITE), STREAM_NOTHING);
		got = take(f, sent, got);
		assert_true(got <= taken + 16384);
		assert_int_equal(watch(f, STREAM_WRITE), STREAM_WRITE);
		waits++;
	}
	assert_true(waits > 0);
	assert_int_equal(take(f, sent, got), SIZE);
	assert_int_equal(stream_sent_ahead(&f->stream), 0);
}

static size_t take_zeros(struct tls_fixture *f)
{
	static uint8_t data[4096];
	size_t got = 0;
	int n;

	while ((n = SSL_read(f->client, data, sizeof(data))) > 0)
		got += (size_t)n;
	ERR_clear_error();
	return got;
}

/* The end is told when there is room for it; the owner need not care. */
static void test_shutdown_of_a_full_socket(void **state)
{
	static const uint8_t zeros[1000];
	struct tls_fixture *f = *state;
	size_t taken = 0;
	size_t got = 0;
	int tries = 100;

	assert_int_equal(tls_fixture_shake(f), 0);
	/* Until a record fits whole and nothing does behind it. */
	while (stream_write(&f->stream, zeros, sizeof(zeros)) > 0)
		taken += sizeof(zeros);
	got = take_zeros(f);
	while (stream_write(&f->stream, zeros, sizeof(zeros)) < 0)
		;
	assert_int_equal(stream_shutdown(&f->stream), 0);
	while (SSL_get_shutdown(f->client) != SSL_RECEIVED_SHUTDOWN) {
		assert_true(tries-- > 0);
		assert_int_equal(stream_watch(&f->stream, STREAM_READ), 0);
		loop_step(&f->loop);
		got += take_zeros(f);
	}
	assert_int_equal(got, taken + sizeof(zeros));
	assert_int_equal(f->calls, 0);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_handshake),
		TEST(test_bytes_both_ways),
		TEST(test_hidden_bytes),
		TEST(test_hidden_bytes_are_not_told_of_in_vain),
		TEST(test_several_records_in_one_read),
		TEST(test_close_notify_is_the_end),
		TEST(test_end_without_close_notify),
		TEST(test_shutdown),
		TEST(test_damage),
		TEST(test_plain_request),
		TEST(test_peer_that_leaves),
		TEST(test_full_socket),
		TEST(test_shutdown_of_a_full_socket),
	};

	/* As the daemon does; what OpenSSL may write to is a socket only. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
