/* SPDX-License-Identifier: MIT */
/* Tests of the log's last step: short writes, whole lines, no stderr. */

#include <errno.h>
#include <sys/resource.h>

#include "base/log_output.h"
#include "log_fixture.h"

static void test_closed_stderr(void **state)
{
	struct log_output output;

	(void)state;
	stderr_to_pipe();
	assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
	assert_int_equal(close(STDERR_FILENO), 0);
	assert_false(log_output_is_journal());
	assert_int_equal(log_output_open(&output, NULL), 0);
	assert_int_equal(log_output_write(&output, "x\n", 2), -EBADF);
	log_output_done(&output);
}

/* What is more than a pipe takes at once goes line by line. */
static void test_pipes_get_whole_lines(void **state)
{
	static char lines[2 * LOG_LINE_MAX];
	struct log_output output;

	(void)state;
	stderr_to_pipe();
	assert_int_equal(log_output_open(&output, NULL), 0);
	memset(lines, 'a', sizeof(lines));
	assert_int_equal(log_output_write(&output, lines, sizeof(lines)),
			 LOG_LINE_MAX);
	lines[99] = '\n';
	lines[4000] = '\n';
	assert_int_equal(log_output_write(&output, lines, sizeof(lines)), 4001);
	assert_int_equal(log_output_write(&output, lines, 4096), 4096);
	log_output_done(&output);
}

/* A disk that fills up within a line; later lines are whole again. */
static void test_torn_line_is_ended(void **state)
{
	struct log_output output;
	struct rlimit limit;

	(void)state;
	assert_int_equal(log_output_open(&output, path), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	struct rlimit small = { .rlim_cur = 6, .rlim_max = limit.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(log_output_write(&output, "one\ntwo\n", 8), 6);
	assert_int_equal(log_output_write(&output, "o\n", 2), -EFBIG);
	log_output_break(&output);
	assert_int_equal(log_output_write(&output, "three\n", 6), -EFBIG);
	log_output_break(&output);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(log_output_write(&output, "four\n", 5), 5);
	assert_int_equal(log_output_write(&output, "five\n", 5), 5);
	log_output_done(&output);
	log_output_done(&output);
	assert_string_equal(file_text(path), "one\ntw\nfour\nfive\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_closed_stderr),
		LOG_TEST(test_pipes_get_whole_lines),
		LOG_TEST(test_torn_line_is_ended),
	};

	return LOG_TESTS_RUN(tests);
}
