/* SPDX-License-Identifier: MIT */
/* Tests of the log as its callers see it: levels, files that come and go. */

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/log_output.h"
#include "log_fixture.h"

static void test_without_a_log_lines_go_to_stderr(void **state)
{
	(void)state;
	stderr_to_pipe();
	log_printf(LOG_LEVEL_ERROR, "%s:%d: bad\n", "f", 3);
	log_event(LOG_LEVEL_DEBUG, "not seen", NULL, 0);
	log_number(7);
	ssize_t n = read(pipe_reader, text, sizeof(text) - 1);
	assert_in_range(n, 1, 200);
	text[n] = '\0';
	assert_non_null(strstr(text, "Z error f:3: bad\n2"));
	assert_non_null(strstr(text, "Z info line n=7\n"));
	assert_null(strstr(text, "not seen"));
}

static void test_without_a_log_failures_are_counted(void **state)
{
	uint64_t before = log_dropped();

	(void)state;
	stderr_to_pipe();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)close(pipe_reader);
	pipe_reader = -1;
	log_number(0);
	(void)signal(SIGPIPE, SIG_DFL);
	assert_int_equal(log_dropped(), before + 1);
}

static void test_lines_reach_the_file(void **state)
{
	struct stat st;

	(void)state;
	open_log(to_file());
	log_number(1);
	wait_for_text(path, " info line n=1\n");
	log_number(2);
	log_printf(LOG_LEVEL_WARNING, "%d %s", 3, "x\x1b");
	log_printf(LOG_LEVEL_WARNING, "%s", "");
	log_close();
	assert_non_null(strstr(file_text(path), " info line n=2\n"));
	assert_non_null(strstr(text, " warning 3 x\\x1b\n"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0640U, 0);
	open_log(to_file());
	log_number(3);
	log_close();
	assert_non_null(strstr(file_text(path), " info line n=1\n"));
	assert_non_null(strstr(text, " info line n=3\n"));
}

static void test_long_message_is_cut(void **state)
{
	char message[3000] = "";

	(void)state;
	memset(message, 'm', sizeof(message) - 1);
	open_log(to_file());
	log_printf(LOG_LEVEL_INFO, "%s", message);
	log_close();
	assert_non_null(strstr(file_text(path), "mm\xe2\x80\xa6\n"));
}

static void test_levels_are_obeyed(void **state)
{
	struct log_options options = to_file();

	(void)state;
	options.level = LOG_LEVEL_NOTICE;
	open_log(options);
	assert_true(log_is_on(LOG_LEVEL_NOTICE));
	assert_false(log_is_on(LOG_LEVEL_INFO));
	log_number(1);
	log_printf(LOG_LEVEL_INFO, "two");
	log_set_level(LOG_LEVEL_DEBUG);
	assert_true(log_is_on(LOG_LEVEL_DEBUG));
	log_number(3);
	log_close();
	assert_null(strstr(file_text(path), "n=1"));
	assert_null(strstr(text, "two"));
	assert_non_null(strstr(text, "n=3"));
}

static void test_misuse_is_refused(void **state)
{
	struct log_options options = to_stderr();

	(void)state;
	assert_int_equal(log_reopen(), -EBADF);
	assert_int_equal(log_reconfigure(&options), -EBADF);
	open_log(options);
	assert_int_equal(log_open(&options), -EALREADY);
	assert_int_equal(log_reopen(), -EINVAL);
	log_close();
	log_close();
}

static void test_files_that_cannot_be_opened(void **state)
{
	struct log_options options = to_file();

	(void)state;
	options.path = "/nonexistent/log";
	assert_int_equal(log_open(&options), -ENOENT);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(log_open(&(struct log_options){
				 .target = LOG_TARGET_FILE, .path = path }),
			 -ENXIO);
	assert_int_equal(unlink(path), 0);
	open_log(to_file());
	assert_int_equal(log_reconfigure(&options), -ENOENT);
	log_number(1);
	log_close();
	assert_non_null(strstr(file_text(path), "n=1"));
}

static void test_no_descriptor_for_the_sink(void **state)
{
	struct log_options options = to_stderr();
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	struct rlimit none = { .rlim_cur = 0, .rlim_max = limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	int error = log_open(&options);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(error, -EMFILE);
}

/* With stacks of 2^46 bytes no thread can be made. */
static void test_no_thread_for_the_sink(void **state)
{
	struct log_options options = to_file();
	pthread_attr_t before;
	pthread_attr_t huge;

	(void)state;
	assert_int_equal(pthread_getattr_default_np(&before), 0);
	assert_int_equal(pthread_attr_init(&huge), 0);
	assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 46), 0);
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	int error = log_open(&options);
	assert_int_equal(pthread_setattr_default_np(&before), 0);
	assert_int_equal(error, -EAGAIN);
	assert_int_equal(log_reopen(), -EBADF);
}

static void test_reconfigure_takes_all_of_it(void **state)
{
	struct log_options options = {
		.target = LOG_TARGET_FILE,
		.path = renamed,
		.format = LOG_FORMAT_JSON,
		.level = LOG_LEVEL_DEBUG,
	};

	(void)state;
	open_log(to_file());
	log_number(1);
	wait_for_text(path, "n=1");
	assert_int_equal(log_reconfigure(&options), 0);
	assert_int_equal(log_reconfigure(&options), 0);
	log_event(LOG_LEVEL_DEBUG, "now", NULL, 0);
	log_close();
	assert_non_null(strstr(file_text(renamed),
			       "\"level\":\"debug\",\"event\":\"now\"}\n"));
}

static void test_reopen_follows_a_rotation(void **state)
{
	uint64_t began_ms = now_ms();

	(void)state;
	open_log(to_file());
	log_number(1);
	wait_for_text(path, "n=1");
	assert_int_equal(rename(path, renamed), 0);
	assert_int_equal(log_reopen(), 0);
	while (access(path, F_OK) != 0)
		wait_more(began_ms);
	log_number(2);
	log_close();
	assert_non_null(strstr(file_text(path), "n=2"));
	assert_null(strstr(text, "n=1"));
	assert_null(strstr(file_text(renamed), "n=2"));
}

static void test_failed_reopen_keeps_the_file(void **state)
{
	char moved[64];

	(void)state;
	(void)snprintf(moved, sizeof(moved), "%s.moved", directory);
	(void)snprintf(renamed, sizeof(renamed), "%s/log", moved);
	open_log(to_file());
	log_number(1);
	wait_for_text(path, "n=1");
	assert_int_equal(rename(directory, moved), 0);
	assert_int_equal(log_reopen(), 0);
	wait_for_text(renamed, " warning log file not reopened error=");
	log_number(2);
	log_close();
	assert_non_null(strstr(file_text(renamed), "n=2"));
	assert_int_equal(rename(moved, directory), 0);
	(void)snprintf(renamed, sizeof(renamed), "%s/log.1", directory);
}

static void test_journal_gets_priorities(void **state)
{
	struct stat st;
	char stream[64];

	(void)state;
	stderr_to_pipe();
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%llu:%llu",
		       (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	open_log(to_stderr());
	log_number(1);
	log_close();
	log_printf(LOG_LEVEL_ERROR, "direct");
	ssize_t n = read(pipe_reader, text, sizeof(text) - 1);
	assert_in_range(n, 1, 200);
	text[n] = '\0';
	assert_string_equal(text, "<6>info line n=1\n<3>error direct\n");
	(void)snprintf(stream, sizeof(stream), "%llu:%llu",
		       (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino + 1);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	assert_false(log_output_is_journal());
	assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
	assert_false(log_output_is_journal());
	assert_int_equal(setenv("JOURNAL_STREAM", "x", 1), 0);
	assert_false(log_output_is_journal());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_without_a_log_lines_go_to_stderr),
		LOG_TEST(test_without_a_log_failures_are_counted),
		LOG_TEST(test_lines_reach_the_file),
		LOG_TEST(test_long_message_is_cut),
		LOG_TEST(test_levels_are_obeyed),
		LOG_TEST(test_misuse_is_refused),
		LOG_TEST(test_files_that_cannot_be_opened),
		LOG_TEST(test_no_descriptor_for_the_sink),
		LOG_TEST(test_no_thread_for_the_sink),
		LOG_TEST(test_reconfigure_takes_all_of_it),
		LOG_TEST(test_reopen_follows_a_rotation),
		LOG_TEST(test_failed_reopen_keeps_the_file),
		LOG_TEST(test_journal_gets_priorities),
	};

	return LOG_TESTS_RUN(tests);
}
