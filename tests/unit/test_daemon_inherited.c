/* SPDX-License-Identifier: MIT */
/* Tests of the sockets systemd hands over: names, kinds, what is closed. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "daemon/inherited.h"

/* As systemd does it: descriptors from 3 on, a name for each. */
static void hand_over(const int *types, int count, const char *names)
{
	const struct sockaddr unnamed = { .sa_family = AF_UNIX };
	char number[16];

	for (int i = 0; i < count; i++) {
		int fd = socket(AF_UNIX, types[i], 0);

		assert_true(fd >= 0);
		/* An abstract name of the kernel's choice. */
		assert_int_equal(bind(fd, &unnamed, sizeof(sa_family_t)), 0);
		if (types[i] == SOCK_STREAM)
			assert_int_equal(listen(fd, 1), 0);
		if (fd != 3 + i) {
			assert_int_equal(dup2(fd, 3 + i), 3 + i);
			(void)close(fd);
		}
	}
	snprintf(number, sizeof(number), "%d", (int)getpid());
	assert_int_equal(setenv("LISTEN_PID", number, 1), 0);
	snprintf(number, sizeof(number), "%d", count);
	assert_int_equal(setenv("LISTEN_FDS", number, 1), 0);
	assert_int_equal(setenv("LISTEN_FDNAMES", names, 1), 0);
}

static struct inherited take(void)
{
	struct inherited inherited;

	assert_int_equal(inherited_init(&inherited), 0);
	return inherited;
}

static void assert_closed(int fd)
{
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void test_without_systemd(void **state)
{
	struct inherited inherited = take();
	char reason[INHERITED_REASON_MAX];
	size_t at = 0;

	(void)state;
	assert_int_equal(inherited.count, 0);
	assert_int_equal(inherited_next(&inherited, "a", &at), -ENOENT);
	assert_int_equal(inherited_check(&inherited, "a", reason), -ENOENT);
	assert_non_null(strstr(reason, "no sockets came from systemd"));
	inherited_done(&inherited);
}

static void test_all_of_a_name(void **state)
{
	const int types[] = { SOCK_STREAM, SOCK_STREAM, SOCK_STREAM };
	char reason[INHERITED_REASON_MAX];
	size_t at = 0;

	(void)state;
	hand_over(types, 3, "a:b:a");
	struct inherited inherited = take();

	assert_int_equal(inherited.count, 3);
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_FDNAMES"));
	assert_int_equal(inherited_next(&inherited, "a", &at), 3);
	assert_int_equal(inherited_next(&inherited, "a", &at), 5);
	assert_int_equal(inherited_next(&inherited, "a", &at), -ENOENT);
	for (int fd = 3; fd < 6; fd++) {
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	}
	assert_int_equal(inherited_check(&inherited, "a", reason), 0);
	assert_int_equal(inherited_check(&inherited, "c", reason), -ENOENT);
	assert_non_null(strstr(reason, "only: \"a\", \"b\", \"a\""));
	inherited_done(&inherited);
	for (int fd = 3; fd < 6; fd++)
		assert_closed(fd);
}

static void test_other_kinds(void **state)
{
	const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM };
	char reason[INHERITED_REASON_MAX];

	(void)state;
	hand_over(types, 3, "d:s:d");
	struct inherited inherited = take();

	assert_int_equal(inherited_check(&inherited, "d", reason), -EINVAL);
	assert_non_null(strstr(reason, "ListenStream="));
	assert_int_equal(inherited_check(&inherited, "s", reason), -EINVAL);
	inherited_done(&inherited);
}

static bool is_b(void *arg, const char *name)
{
	int *asked = arg;

	(*asked)++;
	return strcmp(name, "b") == 0;
}

static void test_others_are_closed(void **state)
{
	const int types[] = { SOCK_STREAM, SOCK_STREAM, SOCK_STREAM };
	char reason[INHERITED_REASON_MAX];
	int asked = 0;

	(void)state;
	hand_over(types, 3, "a:b:c");
	struct inherited inherited = take();

	log_set_level(LOG_LEVEL_ERROR);
	inherited_close_others(&inherited, is_b, &asked);
	inherited_close_others(&inherited, is_b, &asked);
	assert_int_equal(asked, 4);
	assert_closed(3);
	assert_true(fcntl(4, F_GETFD) >= 0);
	assert_closed(5);
	assert_int_equal(inherited_check(&inherited, "a", reason), -ENOENT);
	assert_non_null(strstr(reason, "only: \"b\""));
	assert_int_equal(inherited_check(&inherited, "b", reason), 0);
	inherited_done(&inherited);
}

/* More names than there is room to tell of. */
static void test_many_names(void **state)
{
	int types[40];
	char names[40 * 61];
	char reason[INHERITED_REASON_MAX];

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		types[i] = SOCK_STREAM;
		memset(names + i * 61, 'n', 60);
		names[i * 61 + 60] = ':';
	}
	names[sizeof(names) - 1] = '\0';
	hand_over(types, 40, names);
	struct inherited inherited = take();

	assert_int_equal(inherited_check(&inherited, "x", reason), -ENOENT);
	assert_in_range(strlen(reason), 400, INHERITED_REASON_MAX - 1);
	inherited_done(&inherited);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_systemd),
		cmocka_unit_test(test_all_of_a_name),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_others_are_closed),
		cmocka_unit_test(test_many_names),
	};

	/* A harness may have left some open where systemd's begin. */
	for (int fd = 3; fd < 64; fd++)
		(void)close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
