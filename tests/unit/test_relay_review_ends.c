/* SPDX-License-Identifier: MIT */
/* Ends of sessions that depend on when the peers take their last bytes. */

#include "session_fixture.h"

/* Fills what the kernel holds for the target, so that the relay must wait. */
static void fill_target(struct fixture *f)
{
	static const uint8_t bytes[4096];
	int fd = fixture_session(f)->target.stream.fd;

	while (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
		;
}

static void pass_time(struct fixture *f, uint64_t ms)
{
	uint64_t until_us = clock_now_us() + ms * 1000;

	WAIT_FOR(f, clock_now_us() >= until_us);
}

static bool target_is_at_end(struct fixture *f)
{
	uint8_t bytes[4096];
	ssize_t n;

	while ((n = recv(f->target, bytes, sizeof(bytes), 0)) > 0)
		;
	return n == 0;
}

/* Half of timeouts.close counts from the last byte that the target took. */
static void test_late_answer_of_a_slow_target(void **unused)
{
	uint8_t data[64];
	size_t len = ws_client_frame(data, WS_BINARY, "last", 4);
	struct ws_client_view frame;
	struct fixture f;

	(void)unused;
	len += ws_client_close(data + len, 1000);
	fixture_begin(&f, "", "timeouts = { close = \"1s\"; };");
	fixture_open(&f);
	fill_target(&f);
	fixture_write(f.client, data, len);
	WAIT_FOR(&f, fixture_session(&f)->state == SESSION_CLOSING);
	pass_time(&f, 800);
	WAIT_FOR(&f, target_is_at_end(&f));
	pass_time(&f, 350);
	fixture_write(f.target, "late", 4);
	fixture_hang_up(&f.target);
	frame = fixture_next(&f);
	assert_int_equal(frame.first, WS_BINARY);
	assert_memory_equal(frame.payload, "late", 4);
	fixture_skip(&f, frame.size);
	assert_int_equal(fixture_next_close(&f), 1000);
	fixture_hang_up(&f.client);
	WAIT_FOR(&f, f.gone == f.accepted);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late_answer_of_a_slow_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
