/* SPDX-License-Identifier: MIT */
/* What the tests of the log share: a directory, stderr caught in a pipe. */

#ifndef TESTS_UNIT_LOG_FIXTURE_H
#define TESTS_UNIT_LOG_FIXTURE_H

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

enum { DEADLINE_MS = 20000, TEXT_MAX = 1 << 20 };

static char directory[] = "/tmp/wsrelayd-log-XXXXXX";
static char path[128];
static char renamed[128];
static char text[TEXT_MAX];
static int saved_stderr = -1;
static int pipe_reader = -1;

static inline uint64_t now_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static inline struct log_options to_file(void)
{
	return (struct log_options){ .target = LOG_TARGET_FILE,
				     .path = path,
				     .level = LOG_LEVEL_INFO };
}

static inline struct log_options to_stderr(void)
{
	return (struct log_options){ .level = LOG_LEVEL_INFO };
}

static inline void open_log(struct log_options options)
{
	assert_int_equal(log_open(&options), 0);
}

static inline void log_number(uint64_t number)
{
	struct log_field field = log_field_u64("n", number);

	log_event(LOG_LEVEL_INFO, "line", &field, 1);
}

/* Makes `fd` stderr, to be undone by tear_down(). */
static inline void stderr_to(int fd)
{
	saved_stderr = dup(STDERR_FILENO);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	(void)close(fd);
}

/* Makes stderr a pipe whose other end is `pipe_reader`. */
static inline void stderr_to_pipe(void)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	stderr_to(fds[1]);
	pipe_reader = fds[0];
}

static inline const char *file_text(const char *name)
{
	FILE *file = fopen(name, "r");
	size_t len = 0;

	if (file) {
		len = fread(text, 1, sizeof(text) - 1, file);
		(void)fclose(file);
	}
	text[len] = '\0';
	return text;
}

/* Lets a millisecond pass; fails the test when it took too long already. */
static inline void wait_more(uint64_t began_ms)
{
	assert_in_range(now_ms() - began_ms, 0, DEADLINE_MS);
	(void)poll(NULL, 0, 1);
}

static inline void wait_for_text(const char *name, const char *wanted)
{
	uint64_t began_ms = now_ms();

	while (!strstr(file_text(name), wanted))
		wait_more(began_ms);
}

static inline void wait_for_dropped(uint64_t wanted)
{
	uint64_t began_ms = now_ms();

	while (log_dropped() < wanted)
		wait_more(began_ms);
}

static inline int set_up(void **state)
{
	(void)state;
	(void)alarm(120);
	(void)unlink(path);
	(void)unlink(renamed);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	if (saved_stderr >= 0) {
		(void)dup2(saved_stderr, STDERR_FILENO);
		(void)close(saved_stderr);
	}
	if (pipe_reader >= 0)
		(void)close(pipe_reader);
	saved_stderr = -1;
	pipe_reader = -1;
	log_close();
	log_set_level(LOG_LEVEL_INFO);
	(void)unsetenv("JOURNAL_STREAM");
	return 0;
}

/* Runs the tests with a directory of their own, which is gone after them. */
#define LOG_TESTS_RUN(tests) \
	(log_tests_begin() ? \
		 1 :         \
		 log_tests_end(cmocka_run_group_tests(tests, NULL, NULL)))

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static inline int log_tests_begin(void)
{
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/log", directory);
	(void)snprintf(renamed, sizeof(renamed), "%s/log.1", directory);
	return 0;
}

static inline int log_tests_end(int failed)
{
	(void)unlink(path);
	(void)unlink(renamed);
	(void)rmdir(directory);
	return failed;
}

#endif
