/* SPDX-License-Identifier: MIT */
/* Pings of the client's end: their pongs, and what silence means. */

#include "endpoint_ws_fixture.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/socket.h"

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
	endpoint_ws_begin(&slow, WS_MESSAGES_BINARY);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ping_and_its_pong),
		TEST(test_pongs_nobody_asked_for),
		TEST(test_no_pong_is_death),
		TEST(test_a_client_that_reads_nothing),
		TEST(test_a_slow_client_is_not_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
