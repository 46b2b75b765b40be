/* SPDX-License-Identifier: MIT */
/* Out of descriptors: who waits is refused, and the reserve is there again. */

#include "loop_fixture.h"

#include <sys/resource.h>

#include "daemon/descriptor_reserve.h"

/* No descriptor can be opened between these two. */
static struct rlimit before;

static void run_out(int highest)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)highest + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void recover(void)
{
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static int connect_to(const char *text)
{
	struct address address;
	int fd;

	assert_int_equal(address_parse(slice_of(text), &address), 0);
	fd = socket(address.socket.sa.sa_family, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, &address.socket.sa, address.socket.len),
			 0);
	return fd;
}

/* Takes every descriptor below the reserve's, so that there is none free. */
static void take_all_below(int highest)
{
	int fd;

	do
		fd = dup(STDOUT_FILENO);
	while (fd >= 0 && fd < highest);
	if (fd > highest)
		close(fd);
}

static void check_refused(int client)
{
	char answer[1024];
	ssize_t len = 0;
	ssize_t n;

	while ((n = recv(client, answer + len, sizeof(answer) - (size_t)len - 1,
			 0)) > 0)
		len += n;
	assert_int_equal(n, 0); /* in order, not by a reset */
	answer[len] = '\0';
	assert_memory_equal(answer, "HTTP/1.1 503 ", 13);
	assert_non_null(strstr(answer, "\r\nRetry-After: "));
	assert_non_null(strstr(answer, "\r\n\r\ntoo many sessions\n"));
	close(client);
}

static void test_refuses(void **unused)
{
	char text[ADDRESS_TEXT_MAX];
	int listener = loop_listen("127.0.0.1:0", 4, text);
	struct descriptor_reserve reserve;
	int clients[2];

	(void)unused;
	for (int i = 0; i < 2; i++) {
		clients[i] = connect_to(text);
		assert_int_equal(send(clients[i], "GET", 3, 0), 3);
	}
	descriptor_reserve_init(&reserve);
	assert_true(reserve.fd >= 0);
	take_all_below(reserve.fd);
	run_out(reserve.fd);
	assert_int_equal(descriptor_reserve_refuse(&reserve, listener,
						   false),
			 0);
	assert_true(reserve.fd >= 0);
	assert_int_equal(descriptor_reserve_refuse(&reserve, listener,
						   false),
			 0);
	assert_int_equal(descriptor_reserve_refuse(&reserve, listener, false),
			 -EAGAIN);
	assert_true(reserve.fd >= 0);
	recover();
	check_refused(clients[0]);
	check_refused(clients[1]);
	descriptor_reserve_done(&reserve);
	assert_int_equal(reserve.fd, -1);
	descriptor_reserve_done(&reserve); /* once is enough */
	close(listener);
}

/* Without a reserve it says so, and has one again when there is room. */
static void test_no_reserve(void **unused)
{
	char text[ADDRESS_TEXT_MAX];
	int listener = loop_listen("127.0.0.1:0", 4, text);
	struct descriptor_reserve reserve;

	(void)unused;
	run_out(-1);
	descriptor_reserve_init(&reserve);
	assert_int_equal(reserve.fd, -1);
	assert_int_equal(descriptor_reserve_refuse(&reserve, listener, false),
			 -EMFILE);
	recover();
	assert_int_equal(descriptor_reserve_refuse(&reserve, listener, false),
			 -EAGAIN);
	assert_true(reserve.fd >= 0);
	descriptor_reserve_done(&reserve);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_reserve),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
