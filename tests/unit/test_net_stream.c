/* SPDX-License-Identifier: MIT */
/* A stream on a loop: what it reads, writes, hears, and when it is silent. */

#include "loop_fixture.h"

#include "net/stream.h"

struct fixture {
	struct loop loop;
	struct stream stream;
	int peer;
	unsigned met; /* all that was heard, or-ed */
	unsigned calls;
	bool closes; /* the callback closes the stream */
};

static void on_met(void *arg, unsigned met)
{
	struct fixture *f = arg;

	f->met |= met;
	f->calls++;
	if (f->closes)
		stream_close(&f->stream);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int pair[2];

	assert_non_null(f);
	loop_begin(&f->loop);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	stream_init(&f->stream);
	assert_false(stream_is_open(&f->stream));
	stream_close(&f->stream); /* stays closed */
	stream_open(&f->stream, f->loop.base, pair[0], on_met, f);
	assert_true(stream_is_open(&f->stream));
	f->peer = pair[1];
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	stream_close(&f->stream);
	if (f->peer >= 0)
		close(f->peer);
	loop_end(&f->loop);
	free(f);
	return 0;
}

static void watch(struct fixture *f, unsigned interest)
{
	f->met = STREAM_NOTHING;
	f->calls = 0;
	assert_int_equal(stream_watch(&f->stream, interest), 0);
	loop_step(&f->loop);
}

static void hang_up(struct fixture *f)
{
	close(f->peer);
	f->peer = -1;
}

static void test_reads(void **state)
{
	struct fixture *f = *state;
	char data[8];

	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), -EAGAIN);
	assert_int_equal(write(f->peer, "hello", 5), 5);
	assert_int_equal(stream_read(&f->stream, data, 3), 3);
	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), 2);
	hang_up(f);
	assert_int_equal(stream_read(&f->stream, data, sizeof(data)), 0);
}

/* What it was not read makes the peer's end a reset. */
static void test_read_fails(void **state)
{
	struct fixture *f = *state;
	char byte;

	assert_int_equal(stream_write(&f->stream, "x", 1), 1);
	hang_up(f);
	assert_int_equal(stream_read(&f->stream, &byte, 1), -ECONNRESET);
}

static void test_writes(void **state)
{
	static const char data[65536];
	struct fixture *f = *state;
	ssize_t n;

	do
		n = stream_write(&f->stream, data, sizeof(data));
	while (n > 0);
	assert_int_equal(n, -EAGAIN);
}

/* And no SIGPIPE, which would end this program. */
static void test_write_fails(void **state)
{
	struct fixture *f = *state;

	hang_up(f);
	assert_int_equal(stream_write(&f->stream, "x", 1), -EPIPE);
}

static void test_shutdown(void **state)
{
	struct fixture *f = *state;
	char byte;

	assert_int_equal(stream_shutdown(&f->stream), 0);
	assert_int_equal(read(f->peer, &byte, 1), 0);
	assert_int_equal(stream_write(&f->stream, "x", 1), -EPIPE);
	assert_int_equal(write(f->peer, "x", 1), 1);
	assert_int_equal(stream_read(&f->stream, &byte, 1), 1);
}

static void test_shutdown_fails(void **state)
{
	struct fixture *f = *state;
	struct stream unconnected;

	stream_init(&unconnected);
	stream_open(&unconnected, f->loop.base, socket(AF_INET, SOCK_STREAM, 0),
		    on_met, f);
	assert_int_equal(stream_shutdown(&unconnected), -ENOTCONN);
	stream_close(&unconnected);
}

static void test_hears_what_it_watches(void **state)
{
	struct fixture *f = *state;

	watch(f, STREAM_READ);
	assert_int_equal(f->calls, 0);
	assert_int_equal(write(f->peer, "x", 1), 1);
	watch(f, STREAM_READ);
	assert_int_equal(f->met, STREAM_READ);
	watch(f, STREAM_WRITE);
	assert_int_equal(f->met, STREAM_WRITE);
	watch(f, STREAM_READ | STREAM_WRITE);
	assert_int_equal(f->met, STREAM_READ | STREAM_WRITE);
	watch(f, STREAM_NOTHING);
	assert_int_equal(f->calls, 0);
}

/* Level-triggered: told again as long as it is so. */
static void test_told_until_it_is_read(void **state)
{
	struct fixture *f = *state;
	char byte;

	assert_int_equal(write(f->peer, "x", 1), 1);
	watch(f, STREAM_READ);
	assert_int_equal(f->calls, 3);
	assert_int_equal(stream_read(&f->stream, &byte, 1), 1);
	watch(f, STREAM_READ);
	assert_int_equal(f->calls, 0);
}

static void test_hears_the_end(void **state)
{
	struct fixture *f = *state;

	hang_up(f);
	watch(f, STREAM_READ);
	assert_true(f->met & STREAM_READ);
}

static void test_silent_when_closed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write(f->peer, "x", 1), 1);
	assert_int_equal(stream_watch(&f->stream, STREAM_READ), 0);
	stream_close(&f->stream);
	assert_false(stream_is_open(&f->stream));
	loop_step(&f->loop);
	assert_int_equal(f->calls, 0);
}

static void test_closed_in_its_callback(void **state)
{
	struct fixture *f = *state;

	f->closes = true;
	assert_int_equal(write(f->peer, "x", 1), 1);
	watch(f, STREAM_READ | STREAM_WRITE);
	assert_int_equal(f->calls, 1);
}

/* A descriptor epoll cannot watch stands for memory that is out. */
static void test_cannot_be_watched(void **state)
{
	struct fixture *f = *state;
	FILE *out = tmpfile();
	struct stream file;

	assert_non_null(out);
	stream_init(&file);
	stream_open(&file, f->loop.base, dup(fileno(out)), on_met, f);
	fclose(out);
	assert_int_equal(stream_watch(&file, STREAM_READ), -ENOMEM);
	assert_int_equal(file.interest, STREAM_NOTHING);
	stream_close(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reads),
		TEST(test_read_fails),
		TEST(test_writes),
		TEST(test_write_fails),
		TEST(test_shutdown),
		TEST(test_shutdown_fails),
		TEST(test_hears_what_it_watches),
		TEST(test_told_until_it_is_read),
		TEST(test_hears_the_end),
		TEST(test_silent_when_closed),
		TEST(test_closed_in_its_callback),
		TEST(test_cannot_be_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
