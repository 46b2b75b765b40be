/* SPDX-License-Identifier: MIT */
/* What the kernel tells of a socket: bytes waiting, on their way, taken. */

#include "loop_fixture.h"

#include <netinet/tcp.h>

#include "net/socket.h"

/* A connected pair over loopback. */
static void connect_tcp(int ret_pair[2])
{
	char text[ADDRESS_TEXT_MAX];
	int listener = loop_listen("127.0.0.1:0", 1, text);
	struct address address;

	assert_int_equal(address_parse(slice_of(text), &address), 0);
	ret_pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ret_pair[0], &address.socket.sa,
				 address.socket.len),
			 0);
	ret_pair[1] = accept(listener, NULL, NULL);
	assert_true(ret_pair[1] >= 0);
	close(listener);
}

static void close_pair(int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

#define UNTIL(condition)                                        \
	do {                                                    \
		uint64_t begun_us = clock_now_us();             \
                                                                \
		while (!(condition))                            \
			assert_true(clock_now_us() - begun_us < \
				    LOOP_PATIENCE_US);          \
	} while (0)

static void test_tcp(void **unused)
{
	char data[100] = { 0 };
	int pair[2];

	(void)unused;
	connect_tcp(pair);
	assert_int_equal(socket_inq(pair[1]), 0);
	assert_int_equal(send(pair[0], data, sizeof(data), 0), sizeof(data));
	UNTIL(socket_inq(pair[1]) == sizeof(data));
	UNTIL(socket_outq(pair[0]) == 0);
	UNTIL(socket_acked(pair[0]) >= sizeof(data));
	assert_true(socket_peer_silence_ms(pair[0]) < 20000);
	close_pair(pair);
}

static void test_unix(void **unused)
{
	char data[100] = { 0 };
	int pair[2];

	(void)unused;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(send(pair[0], data, sizeof(data), 0), sizeof(data));
	assert_int_equal(socket_inq(pair[1]), sizeof(data));
	assert_true(socket_outq(pair[0]) > 0);
	assert_int_equal(recv(pair[1], data, sizeof(data), 0), sizeof(data));
	assert_int_equal(socket_outq(pair[0]), 0);
	assert_int_equal(socket_acked(pair[0]), 0);
	assert_int_equal(socket_peer_silence_ms(pair[0]), 0);
	socket_set_nodelay(pair[0]); /* as good as done */
	close_pair(pair);
}

static void test_nodelay(void **unused)
{
	socklen_t len = sizeof(int);
	int pair[2];
	int on = 0;

	(void)unused;
	connect_tcp(pair);
	socket_set_nodelay(pair[0]);
	assert_int_equal(
		getsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	assert_int_equal(on, 1);
	close_pair(pair);
}

static void test_reset(void **unused)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	int pair[2];

	(void)unused;
	connect_tcp(pair);
	assert_int_equal(socket_take_error(pair[1]), 0);
	assert_true(socket_is_answered(pair[1]));
	setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(pair[0]);
	assert_int_equal(socket_take_error(pair[1]), -ECONNRESET);
	close(pair[1]);
	assert_int_equal(socket_take_error(-1), -EBADF);
}

static void test_no_socket(void **unused)
{
	(void)unused;
	assert_int_equal(socket_inq(-1), 0);
	assert_int_equal(socket_outq(-1), 0);
	assert_int_equal(socket_acked(-1), 0);
	assert_int_equal(socket_peer_silence_ms(-1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),       cmocka_unit_test(test_unix),
		cmocka_unit_test(test_nodelay),   cmocka_unit_test(test_reset),
		cmocka_unit_test(test_no_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
