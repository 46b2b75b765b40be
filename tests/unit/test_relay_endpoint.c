/* SPDX-License-Identifier: MIT */
/* What an end owes: kept exactly, sent in order, counted when dropped. */

#include "fake_stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include "relay/endpoint_raw.h"

struct fixture {
	struct buffer_pool pool;
	struct endpoint end;
	struct fake_stream fake;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	endpoint_init(&f->end, &endpoint_raw_ops, &f->pool);
	fake_stream_open(&f->fake, &f->end);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fake_stream_close(&f->fake, &f->end);
	buffer_pool_done(&f->pool);
	free(f);
	return 0;
}

static int send_text(struct endpoint *end, const char *text)
{
	return endpoint_send(end, (const uint8_t *)text, strlen(text));
}

static void test_taken_whole_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send_text(&f->end, "hello"), 0);
	assert_false(endpoint_owes(&f->end));
	assert_null(f->end.out.block);
	fake_stream_check_text(&f->fake, "hello");
}

/* A datagram of no bytes is owed like any other. */
static void test_nothing_can_be_owed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(endpoint_send_empty(&f->end), 0);
	assert_false(endpoint_owes(&f->end));
	assert_int_equal(f->fake.writes, 1);
	f->fake.credit = 0;
	assert_int_equal(endpoint_send_empty(&f->end), 0);
	assert_true(endpoint_owes(&f->end));
	assert_int_equal(endpoint_flush(&f->end), 0);
	assert_true(endpoint_owes(&f->end));
	assert_int_equal(f->fake.writes, 1);
	f->fake.credit = FAKE_ALL;
	assert_int_equal(endpoint_flush(&f->end), 0);
	assert_false(endpoint_owes(&f->end));
	assert_int_equal(f->fake.writes, 2);
	f->fake.write_error = -EPIPE;
	assert_int_equal(endpoint_send_empty(&f->end), -EPIPE);
	assert_true(f->end.is_broken);
	assert_int_equal(endpoint_send_empty(&f->end), 0);
}

static void test_queued_waits_for_a_flush(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(endpoint_queue(&f->end, (const uint8_t *)"he", 2), 0);
	assert_int_equal(endpoint_queue(&f->end, (const uint8_t *)"ll", 2), 0);
	assert_int_not_equal(f->end.progress_ms, 0);
	fake_stream_check_text(&f->fake, "");
	assert_int_equal(send_text(&f->end, "o"), 0);
	assert_int_equal(f->end.out.len, 5);
	assert_int_equal(endpoint_flush(&f->end), 0);
	fake_stream_check_text(&f->fake, "hello");
	endpoint_break(&f->end);
	assert_int_equal(endpoint_queue(&f->end, (const uint8_t *)"x", 1), 0);
	assert_int_equal(f->end.undelivered, 1);
}

static void test_the_rest_is_kept(void **state)
{
	struct fixture *f = *state;

	for (size_t taken = 0; taken < 5; taken++) {
		f->fake.credit = taken;
		assert_int_equal(send_text(&f->end, "hello"), 0);
		assert_int_equal(f->end.out.len, 5 - taken);
		assert_int_equal(endpoint_in_flight(&f->end), 5 - taken);
		f->fake.credit = FAKE_ALL;
		assert_int_equal(endpoint_flush(&f->end), 0);
		assert_false(endpoint_owes(&f->end));
		assert_null(f->end.out.block);
		fake_stream_check_text(&f->fake, "hello");
	}
}

static void test_flush_by_bytes(void **state)
{
	struct fixture *f = *state;

	f->fake.credit = 0;
	assert_int_equal(send_text(&f->end, "hello"), 0);
	assert_int_equal(endpoint_flush(&f->end), 0);
	assert_int_equal(f->end.out.len, 5);
	for (size_t left = 5; left > 0; left--) {
		assert_int_equal(f->end.out.len, left);
		f->fake.credit = 1;
		assert_int_equal(endpoint_flush(&f->end), 0);
	}
	assert_false(endpoint_owes(&f->end));
	assert_int_equal(endpoint_flush(&f->end), 0);
	fake_stream_check_text(&f->fake, "hello");
}

/* What comes later waits behind, even if it could be taken at once. */
static void test_order_is_kept(void **state)
{
	struct fixture *f = *state;

	f->fake.credit = 2;
	assert_int_equal(send_text(&f->end, "abcd"), 0);
	f->fake.credit = FAKE_ALL;
	assert_int_equal(send_text(&f->end, "efgh"), 0);
	fake_stream_check_text(&f->fake, "ab");
	assert_int_equal(endpoint_flush(&f->end), 0);
	fake_stream_check_text(&f->fake, "cdefgh");
}

/* The block grows behind bytes already taken from it, none is lost. */
static void test_the_block_grows(void **state)
{
	struct fixture *f = *state;
	uint8_t data[3000];
	size_t sent = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	f->fake.credit = 0;
	for (size_t len = 1; sent < sizeof(data); sent += len, len *= 2) {
		if (len > sizeof(data) - sent)
			len = sizeof(data) - sent;
		assert_int_equal(endpoint_send(&f->end, data + sent, len), 0);
		f->fake.credit = len / 3;
		assert_int_equal(endpoint_flush(&f->end), 0);
		f->fake.credit = 0;
	}
	f->fake.credit = FAKE_ALL;
	assert_int_equal(endpoint_flush(&f->end), 0);
	fake_stream_check(&f->fake, data, sizeof(data));
}

static void test_a_failed_write_breaks(void **state)
{
	struct fixture *f = *state;

	f->fake.write_error = -ECONNRESET;
	assert_int_equal(send_text(&f->end, "hello"), -ECONNRESET);
	assert_true(f->end.is_broken);
	assert_int_equal(f->end.undelivered, 5);
	assert_int_equal(send_text(&f->end, "more"), 0);
	assert_int_equal(f->end.undelivered, 9);
	assert_int_equal(endpoint_flush(&f->end), 0);
}

static void test_a_failed_flush_breaks(void **state)
{
	struct fixture *f = *state;

	f->fake.credit = 2;
	assert_int_equal(send_text(&f->end, "hello"), 0);
	f->fake.write_error = -EPIPE;
	assert_int_equal(endpoint_flush(&f->end), -EPIPE);
	assert_true(f->end.is_broken);
	assert_false(endpoint_owes(&f->end));
	assert_null(f->end.out.block);
	assert_int_equal(f->end.undelivered, 3);
}

static void test_break_counts_what_was_owed(void **state)
{
	struct fixture *f = *state;

	f->fake.credit = 1;
	assert_int_equal(send_text(&f->end, "hello"), 0);
	endpoint_break(&f->end);
	assert_int_equal(f->end.undelivered, 4);
	endpoint_break(&f->end);
	assert_int_equal(f->end.undelivered, 4);
}

/* More than any block holds stands for memory that is out. */
static void test_out_of_memory_breaks(void **state)
{
	struct fixture *f = *state;
	size_t len = ((size_t)BUFFER_POOL_SMALLEST << BUFFER_POOL_CLASSES) + 1;
	uint8_t *data = calloc(1, len);

	assert_non_null(data);
	f->fake.credit = 1;
	assert_int_equal(endpoint_send(&f->end, data, len), -ENOMEM);
	assert_true(f->end.is_broken);
	assert_int_equal(f->end.undelivered, len - 1);
	free(data);
}

static void test_progress_is_stamped(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send_text(&f->end, "all"), 0);
	assert_int_equal(f->end.progress_ms, 0);
	f->fake.credit = 0;
	assert_int_equal(send_text(&f->end, "owed"), 0);
	assert_int_not_equal(f->end.progress_ms, 0);
	f->end.progress_ms = 0;
	assert_int_equal(endpoint_flush(&f->end), 0);
	assert_int_equal(send_text(&f->end, "more"), 0);
	assert_int_equal(f->end.progress_ms, 0);
	f->fake.credit = 1;
	assert_int_equal(endpoint_flush(&f->end), 0);
	assert_int_not_equal(f->end.progress_ms, 0);
}

static void test_draining_an_empty_end(void **state)
{
	struct fixture *f = *state;

	endpoint_drain(&f->end);
	assert_true(f->end.ended);
	assert_false(f->end.is_draining);
}

/* Opens `end` on one of a pair of sockets; returns the other. */
static int open_pair(struct endpoint *end)
{
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	stream_open(&end->stream, NULL, pair[0], NULL, NULL);
	return pair[1];
}

/* What comes after the moment of draining is no longer counted in. */
static void test_draining_what_has_come(void **state)
{
	struct fixture *f = *state;
	struct endpoint end;
	int peer;

	endpoint_init(&end, &endpoint_raw_ops, &f->pool);
	peer = open_pair(&end);
	assert_int_equal(write(peer, "hello", 5), 5);
	endpoint_drain(&end);
	assert_true(end.is_draining);
	assert_false(end.ended);
	assert_int_equal(end.take_left, 5);
	assert_int_equal(write(peer, "more", 4), 4);
	endpoint_drain(&end);
	assert_int_equal(end.take_left, 5);
	close(peer);
	endpoint_done(&end);
}

static void test_in_flight_is_what_was_not_read(void **state)
{
	struct fixture *f = *state;
	struct endpoint end;
	char byte;
	int peer;

	endpoint_init(&end, &endpoint_raw_ops, &f->pool);
	assert_int_equal(endpoint_in_flight(&end), 0);
	endpoint_drain(&end);
	assert_true(end.ended);
	peer = open_pair(&end);
	assert_int_equal(send_text(&end, "x"), 0);
	assert_true(endpoint_in_flight(&end) > 0);
	assert_int_equal(read(peer, &byte, 1), 1);
	assert_int_equal(endpoint_in_flight(&end), 0);
	close(peer);
	endpoint_done(&end);
	endpoint_done(&end); /* closed stays closed */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_taken_whole_leaves_nothing),
		TEST(test_nothing_can_be_owed),
		TEST(test_queued_waits_for_a_flush),
		TEST(test_the_rest_is_kept),
		TEST(test_flush_by_bytes),
		TEST(test_order_is_kept),
		TEST(test_the_block_grows),
		TEST(test_a_failed_write_breaks),
		TEST(test_a_failed_flush_breaks),
		TEST(test_break_counts_what_was_owed),
		TEST(test_out_of_memory_breaks),
		TEST(test_progress_is_stamped),
		TEST(test_draining_an_empty_end),
		TEST(test_draining_what_has_come),
		TEST(test_in_flight_is_what_was_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
