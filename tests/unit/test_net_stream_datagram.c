/* SPDX-License-Identifier: MIT */
/* A stream of datagrams: each whole, empty, too long, and the end of them. */

#include "loop_fixture.h"

#include "net/socket.h"
#include "net/stream_datagram.h"

struct fixture {
	struct loop loop;
	struct stream stream;
	int peer;
	unsigned met; /* all that was heard, or-ed */
};

static void on_met(void *arg, unsigned met)
{
	struct fixture *f = arg;

	f->met |= met;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int pair[2];

	assert_non_null(f);
	loop_begin(&f->loop);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
				    pair),
			 0);
	stream_init(&f->stream);
	stream_open(&f->stream, f->loop.base, pair[0], on_met, f);
	stream_datagram_begin(&f->stream);
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

static void hang_up(struct fixture *f)
{
	close(f->peer);
	f->peer = -1;
}

/* What the peer sends. */
static void tell(struct fixture *f, const char *text)
{
	assert_int_equal(send(f->peer, text, strlen(text), 0), strlen(text));
}

/* What a read with room for `room` bytes gives. */
static void check_read(struct fixture *f, size_t room, ssize_t expected)
{
	char data[8];

	assert_true(room <= sizeof(data));
	assert_int_equal(stream_read(&f->stream, data, room), expected);
}

static void test_reads_one_at_a_time(void **state)
{
	struct fixture *f = *state;

	check_read(f, 8, -EAGAIN);
	tell(f, "hello");
	tell(f, "you");
	assert_int_equal(stream_unread(&f->stream), 8);
	check_read(f, 8, 5);
	check_read(f, 3, 3);
	check_read(f, 8, -EAGAIN);
	hang_up(f);
	check_read(f, 8, 0);
	check_read(f, 8, 0);
}

/* It is lost, and the next one is not what was left of it. */
static void test_one_that_is_too_long(void **state)
{
	struct fixture *f = *state;

	tell(f, "hello");
	tell(f, "you");
	check_read(f, 4, -EMSGSIZE);
	check_read(f, 4, 3);
}

static void test_one_without_bytes(void **state)
{
	struct fixture *f = *state;

	tell(f, "");
	check_read(f, 8, -ENOMSG);
	check_read(f, 8, -EAGAIN);
	tell(f, "");
	tell(f, "");
	tell(f, "a");
	check_read(f, 8, -ENOMSG);
	check_read(f, 8, -ENOMSG);
	check_read(f, 8, 1);
}

/* The end is no message, nor does it hide one that has bytes behind it. */
static void test_one_without_bytes_before_the_end(void **state)
{
	struct fixture *f = *state;

	tell(f, "a");
	tell(f, "");
	tell(f, "b");
	hang_up(f);
	check_read(f, 8, 1);
	check_read(f, 8, -ENOMSG);
	check_read(f, 8, 1);
	check_read(f, 8, 0);
}

/* Of a peer that only sends no more, as of one that is gone. */
static void test_the_end_of_one_side(void **state)
{
	struct fixture *f = *state;

	tell(f, "a");
	assert_int_equal(shutdown(f->peer, SHUT_WR), 0);
	check_read(f, 8, 1);
	check_read(f, 8, 0);
	assert_int_equal(stream_write(&f->stream, "x", 1), 1);
}

/* The limit that stream_datagram.h tells of. */
static void test_last_without_bytes_is_the_end(void **state)
{
	struct fixture *f = *state;

	tell(f, "");
	hang_up(f);
	check_read(f, 8, 0);
}

static void test_a_reset_is_told(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(stream_write(&f->stream, "x", 1), 1);
	hang_up(f);
	check_read(f, 8, -ECONNRESET);
}

static void test_writes_are_whole(void **state)
{
	struct fixture *f = *state;
	char data[8];

	assert_int_equal(stream_write(&f->stream, "hello", 5), 5);
	assert_int_equal(stream_write(&f->stream, "", 0), 0);
	assert_int_equal(stream_write(&f->stream, "you", 3), 3);
	assert_int_equal(recv(f->peer, data, sizeof(data), 0), 5);
	assert_int_equal(recv(f->peer, data, sizeof(data), 0), 0);
	assert_int_equal(recv(f->peer, data, sizeof(data), 0), 3);
	assert_int_equal(stream_shutdown(&f->stream), 0);
	assert_int_equal(recv(f->peer, data, sizeof(data), 0), 0);
	hang_up(f);
	assert_int_equal(stream_write(&f->stream, "x", 1), -EPIPE);
}

/* All or nothing, and the loop tells when there is room again. */
static void test_a_peer_that_does_not_read(void **state)
{
	static const char datagram[10000];
	struct fixture *f = *state;
	size_t sent = 0;
	size_t received = 0;
	ssize_t n;

	while ((n = stream_write(&f->stream, datagram, sizeof(datagram))) > 0) {
		assert_int_equal(n, sizeof(datagram));
		sent++;
	}
	assert_int_equal(n, -EAGAIN);
	assert_true(sent > 0);
	assert_int_equal(stream_watch(&f->stream, STREAM_WRITE), 0);
	loop_step(&f->loop);
	assert_int_equal(f->met, STREAM_NOTHING);
	while (recv(f->peer, NULL, 0, MSG_TRUNC) == sizeof(datagram))
		received++;
	assert_int_equal(received, sent);
	LOOP_UNTIL(&f->loop, f->met == STREAM_WRITE);
	assert_int_equal(stream_write(&f->stream, datagram, sizeof(datagram)),
			 sizeof(datagram));
}

/* Nothing of it is sent; there is a size a socket can be made to take. */
static void test_longer_than_a_socket_takes(void **state)
{
	static const char datagram[300000];
	struct fixture *f = *state;
	int small = 4096;

	assert_int_equal(setsockopt(f->stream.fd, SOL_SOCKET, SO_SNDBUF, &small,
				    sizeof(small)),
			 0);
	assert_int_equal(stream_write(&f->stream, datagram, sizeof(datagram)),
			 -EMSGSIZE);
	assert_int_equal(stream_write(&f->stream, "x", 1), 1);
	socket_fit_datagrams(f->stream.fd, sizeof(datagram));
	assert_int_equal(stream_write(&f->stream, datagram, sizeof(datagram)),
			 sizeof(datagram));
	assert_int_equal(recv(f->peer, NULL, 0, MSG_TRUNC), 1);
	assert_int_equal(recv(f->peer, NULL, 0, MSG_TRUNC), sizeof(datagram));
}

/* Room that is there already is left as it is. */
static void test_room_is_never_taken(void **state)
{
	struct fixture *f = *state;
	int before = 0;
	int after = 0;
	socklen_t len = sizeof(before);

	assert_int_equal(getsockopt(f->stream.fd, SOL_SOCKET, SO_SNDBUF,
				    &before, &len),
			 0);
	socket_fit_datagrams(f->stream.fd, 100);
	assert_int_equal(getsockopt(f->stream.fd, SOL_SOCKET, SO_SNDBUF, &after,
				    &len),
			 0);
	assert_int_equal(after, before);
	socket_fit_datagrams(f->stream.fd, SIZE_MAX);
	assert_int_equal(getsockopt(f->stream.fd, SOL_SOCKET, SO_SNDBUF, &after,
				    &len),
			 0);
	assert_true(after >= before);
}

static void test_hears_a_datagram(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(stream_watch(&f->stream, STREAM_READ), 0);
	loop_step(&f->loop);
	assert_int_equal(f->met, STREAM_NOTHING);
	tell(f, "");
	LOOP_UNTIL(&f->loop, f->met == STREAM_READ);
	check_read(f, 8, -ENOMSG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reads_one_at_a_time),
		TEST(test_one_that_is_too_long),
		TEST(test_one_without_bytes),
		TEST(test_one_without_bytes_before_the_end),
		TEST(test_the_end_of_one_side),
		TEST(test_last_without_bytes_is_the_end),
		TEST(test_a_reset_is_told),
		TEST(test_writes_are_whole),
		TEST(test_a_peer_that_does_not_read),
		TEST(test_longer_than_a_socket_takes),
		TEST(test_room_is_never_taken),
		TEST(test_hears_a_datagram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
