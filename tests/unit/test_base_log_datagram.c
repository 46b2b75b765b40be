/* SPDX-License-Identifier: MIT */
/* Tests of the way to a log daemon: there, absent, full, restarted. */

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/log_datagram.h"
#include "base/log_output.h"
#include "log_fixture.h"

static char got[LOG_RECORD_MAX];

/* A daemon that listens at `path`; the descriptor. */
static int listen_there(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address,
			      sizeof(address)),
			 0);
	return fd;
}

static const char *receive(int fd)
{
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);

	assert_true(n >= 0);
	got[n] = '\0';
	return got;
}

static void test_absent(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(log_datagram_connect(path), -ENOENT);
	assert_int_equal(log_datagram_send(&fd, path, "a", 1), -ENOENT);
	assert_int_equal(fd, -1);
	memset(got, 'x', 200);
	got[200] = '\0';
	assert_int_equal(log_datagram_connect(got), -ENAMETOOLONG);
}

static void test_restarted(void **state)
{
	int daemon = listen_there();
	int fd = -1;

	(void)state;
	assert_int_equal(log_datagram_send(&fd, path, "one", 3), 0);
	assert_string_equal(receive(daemon), "one");
	(void)close(daemon);
	assert_int_equal(log_datagram_send(&fd, path, "two", 3), -ECONNREFUSED);
	assert_int_equal(fd, -1);
	(void)unlink(path);
	daemon = listen_there();
	assert_int_equal(log_datagram_send(&fd, path, "three", 5), 0);
	assert_string_equal(receive(daemon), "three");
	/* Gone and back before anything is sent: nothing is lost. */
	(void)close(daemon);
	(void)unlink(path);
	daemon = listen_there();
	assert_int_equal(log_datagram_send(&fd, path, "four", 4), 0);
	assert_string_equal(receive(daemon), "four");
	(void)close(daemon);
	(void)close(fd);
}

static void test_full(void **state)
{
	int daemon = listen_there();
	int fd = -1;
	int error = 0;
	int sent = 0;

	(void)state;
	while (!error && sent < 100000) {
		error = log_datagram_send(&fd, path, "line", 4);
		sent += !error;
	}
	assert_int_equal(error, -EAGAIN);

	struct pollfd writable = { .fd = fd, .events = POLLOUT };

	assert_int_equal(poll(&writable, 1, 0), 0);
	for (int i = 0; i < sent; i++)
		assert_string_equal(receive(daemon), "line");
	assert_int_equal(poll(&writable, 1, DEADLINE_MS), 1);
	assert_int_equal(log_datagram_send(&fd, path, "more", 4), 0);
	(void)close(daemon);
	(void)close(fd);
}

/* Each line is a datagram, and the output knows when poll() helps. */
static void test_output(void **state)
{
	struct log_output output;
	const char lines[] = "MESSAGE=a\x1f"
			     "X=1\nb\n";

	(void)state;
	assert_int_equal(log_output_connect(&output, LOG_OUTPUT_JOURNAL, path),
			 0);
	assert_false(log_output_is_connected(&output));
	assert_false(log_output_can_poll(&output));
	assert_int_equal(log_output_write(&output, lines, sizeof(lines) - 1),
			 -ENOENT);
	int daemon = listen_there();
	assert_int_equal(log_output_write(&output, lines, sizeof(lines) - 1),
			 14);
	assert_true(log_output_can_poll(&output));
	assert_string_equal(receive(daemon), "MESSAGE=a\nX=1\n");
	assert_int_equal(log_output_write(&output, lines + 14, 2), 2);
	assert_string_equal(receive(daemon),
			    "MESSAGE=b\nSYSLOG_IDENTIFIER=wsrelayd\n");
	log_output_done(&output);
	assert_int_equal(log_output_write(&output, "x\n", 2), -EBADF);
	assert_int_equal(log_output_connect(&output, LOG_OUTPUT_SYSLOG, path),
			 0);
	assert_int_equal(log_output_write(&output, "<4>warning w\n", 13), 13);
	assert_int_equal(strncmp(receive(daemon), "<28>", 4), 0);
	assert_non_null(strstr(got, ": warning w"));
	log_output_done(&output);
	(void)close(daemon);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_absent),
		LOG_TEST(test_restarted),
		LOG_TEST(test_full),
		LOG_TEST(test_output),
	};

	return LOG_TESTS_RUN(tests);
}
