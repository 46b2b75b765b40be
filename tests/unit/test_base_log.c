/* SPDX-License-Identifier: MIT */
/* Tests of the log: callers never wait, drops are told of, files change. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/log_output.h"

enum { DEADLINE_MS = 20000, TEXT_MAX = 1 << 20 };

static char directory[] = "/tmp/wsrelayd-log-XXXXXX";
static char path[128];
static char renamed[128];
static char text[TEXT_MAX];
static int saved_stderr = -1;
static int pipe_reader = -1;

static uint64_t now_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct log_options to_file(void)
{
	return (struct log_options){ .target = LOG_TARGET_FILE,
				     .path = path,
				     .level = LOG_LEVEL_INFO };
}

static struct log_options to_stderr(void)
{
	return (struct log_options){ .level = LOG_LEVEL_INFO };
}

static void open_log(struct log_options options)
{
	assert_int_equal(log_open(&options), 0);
}

static void log_number(uint64_t number)
{
	struct log_field field = log_field_u64("n", number);

	log_event(LOG_LEVEL_INFO, "line", &field, 1);
}

/* Makes stderr a pipe whose other end is `pipe_reader`. */
static void stderr_to_pipe(void)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	saved_stderr = dup(STDERR_FILENO);
	assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	(void)close(fds[1]);
	pipe_reader = fds[0];
}

static const char *file_text(const char *name)
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
static void wait_more(uint64_t began_ms)
{
	assert_in_range(now_ms() - began_ms, 0, DEADLINE_MS);
	(void)poll(NULL, 0, 1);
}

static void wait_for_text(const char *name, const char *wanted)
{
	uint64_t began_ms = now_ms();

	while (!strstr(file_text(name), wanted))
		wait_more(began_ms);
}

static void wait_for_dropped(uint64_t wanted)
{
	uint64_t began_ms = now_ms();

	while (log_dropped() < wanted)
		wait_more(began_ms);
}

struct seen {
	uint64_t lines;   /* numbered ones */
	uint64_t dropped; /* as the notices say */
	uint64_t next;    /* the least number that may come next */
};

/* Judges one line: numbers ascend, notices stand for what is missing. */
static void see_line(struct seen *seen, const char *line)
{
	const char *number = strstr(line, " info line n=");
	const char *count = strstr(line, " notice log lines dropped count=");

	assert_true(number || count);
	if (count) {
		seen->dropped += strtoull(strrchr(count, '=') + 1, NULL, 10);
		return;
	}
	uint64_t n = strtoull(strrchr(number, '=') + 1, NULL, 10);
	assert_true(n >= seen->next);
	seen->next = n + 1;
	seen->lines++;
}

static struct seen read_pipe(uint64_t wanted)
{
	FILE *file = fdopen(dup(pipe_reader), "r");
	struct seen seen = { 0 };
	char line[LOG_LINE_MAX + 1];

	assert_non_null(file);
	while (seen.lines + seen.dropped < wanted) {
		assert_non_null(fgets(line, sizeof(line), file));
		see_line(&seen, line);
	}
	(void)fclose(file);
	return seen;
}

static int set_up(void **state)
{
	(void)state;
	(void)alarm(120);
	(void)unlink(path);
	(void)unlink(renamed);
	return 0;
}

static int tear_down(void **state)
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

/* A caller that waited for the pipe would wait for ever: nobody reads. */
static void full_pipe(int flags)
{
	uint64_t before = log_dropped();

	stderr_to_pipe();
	assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, flags), 0);
	open_log(to_stderr());
	for (uint64_t i = 0; i < 50000; i++)
		log_number(i);
	assert_true(log_dropped() > before);
	struct seen seen = read_pipe(50000);
	assert_int_equal(seen.dropped, log_dropped() - before);
	assert_int_equal(seen.lines, 50000 - seen.dropped);
}

static void test_full_pipe_blocks_nobody(void **state)
{
	(void)state;
	full_pipe(0);
}

static void test_full_nonblocking_pipe(void **state)
{
	(void)state;
	full_pipe(O_NONBLOCK);
}

static void test_close_does_not_wait_for_ever(void **state)
{
	uint64_t before = log_dropped();

	(void)state;
	stderr_to_pipe();
	open_log(to_stderr());
	for (uint64_t i = 0; i < 50000; i++)
		log_number(i);
	uint64_t began_ms = now_ms();
	log_close();
	assert_in_range(now_ms() - began_ms, 900, 5000);
	uint64_t dropped = log_dropped() - before;
	struct seen seen = read_pipe(50000 - dropped);
	assert_int_equal(seen.lines, 50000 - dropped);
	assert_int_equal(seen.dropped, 0);
}

/* Nobody reads any more: no signal, the lines are counted, the log goes on. */
static void test_broken_pipe(void **state)
{
	uint64_t before = log_dropped();

	(void)state;
	stderr_to_pipe();
	open_log(to_stderr());
	(void)close(pipe_reader);
	pipe_reader = -1;
	log_number(1);
	wait_for_dropped(before + 1);
	log_number(2);
	log_close();
	assert_int_equal(log_dropped(), before + 2);
}

static void test_full_disk_is_told_of_later(void **state)
{
	struct log_options options = to_file();
	uint64_t before = log_dropped();

	(void)state;
	options.path = "/dev/full";
	open_log(options);
	for (uint64_t i = 1; i <= 3; i++) {
		log_number(i);
		wait_for_dropped(before + i);
	}
	assert_int_equal(log_dropped(), before + 3);
	options.path = path;
	assert_int_equal(log_reconfigure(&options), 0);
	log_number(4);
	log_close();
	const char *notice =
		strstr(file_text(path), " notice log lines dropped count=3\n");
	assert_non_null(notice);
	assert_non_null(strstr(notice, " info line n=4\n"));
	assert_int_equal(log_dropped(), before + 3);
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
	assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
	assert_false(log_output_is_journal());
	assert_int_equal(setenv("JOURNAL_STREAM", "x", 1), 0);
	assert_false(log_output_is_journal());
}

enum { THREADS = 8, LINES = 5000 };

static void *thread_main(void *argument)
{
	uint64_t thread = *(const uint64_t *)argument;

	for (uint64_t i = 0; i < LINES; i++) {
		struct log_field fields[] = {
			log_field_u64("thread", thread),
			log_field_u64("n", i),
		};
		log_event(LOG_LEVEL_INFO, "line", fields, 2);
	}
	return NULL;
}

/* Counts the lines of the file; each thread's own must ascend. */
static uint64_t count_ordered_lines(void)
{
	FILE *file = fopen(path, "r");
	char line[LOG_LINE_MAX + 1];
	uint64_t next[THREADS] = { 0 };
	uint64_t lines = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		unsigned thread;
		unsigned number;
		const char *at = strstr(line, " info line thread=");

		if (strstr(line, " notice log lines dropped count="))
			continue;
		assert_non_null(at);
		assert_int_equal(sscanf(at, " info line thread=%u n=%u\n",
					&thread, &number),
				 2);
		assert_in_range(thread, 0, THREADS - 1);
		assert_true(number >= next[thread]);
		next[thread] = number + 1;
		lines++;
	}
	(void)fclose(file);
	return lines;
}

static void test_many_threads(void **state)
{
	uint64_t before = log_dropped();
	pthread_t threads[THREADS];
	uint64_t numbers[THREADS];

	(void)state;
	open_log(to_file());
	for (size_t i = 0; i < THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, thread_main,
						&numbers[i]),
				 0);
	}
	assert_int_equal(log_reopen(), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	log_close();
	assert_int_equal(count_ordered_lines() + log_dropped() - before,
			 THREADS * LINES);
}

/* The line of /proc/self/task/TID/status that begins with `name`. */
static bool task_status(const char *tid, const char *name, char *ret_value)
{
	char file_name[300];
	char line[256];
	bool found = false;

	(void)snprintf(file_name, sizeof(file_name),
		       "/proc/self/task/%s/status", tid);
	FILE *file = fopen(file_name, "r");
	while (file && !found && fgets(line, sizeof(line), file)) {
		found = strncmp(line, name, strlen(name)) == 0;
		if (found)
			(void)strcpy(ret_value, line + strlen(name));
	}
	if (file)
		(void)fclose(file);
	return found;
}

static void test_writer_takes_no_signals(void **state)
{
	DIR *tasks = opendir("/proc/self/task");
	const int signals[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGPIPE };
	struct dirent *task;
	char value[256];
	bool seen = false;

	(void)state;
	assert_non_null(tasks);
	open_log(to_file());
	while ((task = readdir(tasks))) {
		if (!task_status(task->d_name, "Name:\tlog\n", value))
			continue;
		seen = true;
		assert_true(task_status(task->d_name, "SigBlk:\t", value));
		uint64_t blocked = strtoull(value, NULL, 16);
		for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
			assert_true(blocked >> (signals[i] - 1) & 1);
	}
	(void)closedir(tasks);
	assert_true(seen);
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
#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_without_a_log_lines_go_to_stderr),
		LOG_TEST(test_without_a_log_failures_are_counted),
		LOG_TEST(test_lines_reach_the_file),
		LOG_TEST(test_long_message_is_cut),
		LOG_TEST(test_levels_are_obeyed),
		LOG_TEST(test_misuse_is_refused),
		LOG_TEST(test_files_that_cannot_be_opened),
		LOG_TEST(test_reconfigure_takes_all_of_it),
		LOG_TEST(test_reopen_follows_a_rotation),
		LOG_TEST(test_failed_reopen_keeps_the_file),
		LOG_TEST(test_full_pipe_blocks_nobody),
		LOG_TEST(test_full_nonblocking_pipe),
		LOG_TEST(test_close_does_not_wait_for_ever),
		LOG_TEST(test_broken_pipe),
		LOG_TEST(test_full_disk_is_told_of_later),
		LOG_TEST(test_journal_gets_priorities),
		LOG_TEST(test_many_threads),
		LOG_TEST(test_writer_takes_no_signals),
		LOG_TEST(test_torn_line_is_ended),
	};

	if (!mkdtemp(directory))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/log", directory);
	(void)snprintf(renamed, sizeof(renamed), "%s/log.1", directory);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	(void)unlink(renamed);
	(void)rmdir(directory);
	return failed;
}
