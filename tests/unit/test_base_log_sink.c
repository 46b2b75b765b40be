/* SPDX-License-Identifier: MIT */
/* Tests of the log's writer: callers never wait, and drops are told of. */

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/log_output.h"
#include "base/log_sink.h"
#include "log_fixture.h"

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

/*
 * poll() calls a terminal writable as soon as it takes one byte, and a longer
 * write waits.  Its other end is left open: the writer is to stay stuck.
 */
static void test_writer_stuck_in_a_write_is_left(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	(void)state;
	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	stderr_to(open(ptsname(master), O_WRONLY | O_NOCTTY | O_CLOEXEC));
	open_log(to_stderr());
	for (uint64_t i = 0; i < 20000; i++)
		log_number(i);
	uint64_t began_ms = now_ms();
	log_close();
	assert_in_range(now_ms() - began_ms, 1000, 5000);
	open_log(to_file());
	log_number(1);
	log_close();
	assert_non_null(strstr(file_text(path), "n=1"));
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

/* A journal at `path` that nobody reads; the descriptor. */
static int silent_journal(void)
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

static void put_line(struct log_sink *sink, uint64_t number)
{
	struct log_field field = log_field_u64("n", number);
	struct log_line line = { .style = log_sink_style(sink),
				 .level = LOG_LEVEL_INFO,
				 .event = slice_of("line"),
				 .fields = &field,
				 .field_count = 1 };
	char out[LOG_RECORD_MAX];

	log_sink_put(sink, out, log_format_line(out, &line));
}

/* What was meant for a journal goes to a file in its stead, as text. */
static void test_queued_records_become_text(void **state)
{
	struct log_output output;
	struct log_sink *sink;
	int journal = silent_journal();

	(void)state;
	assert_int_equal(log_output_connect(&output, LOG_OUTPUT_JOURNAL, path),
			 0);
	assert_int_equal(log_sink_new(&output, LOG_STYLE_FIELDS, &sink), 0);
	for (uint64_t i = 0; i < 1000; i++)
		put_line(sink, i);
	assert_int_equal(log_output_open(&output, renamed), 0);
	log_sink_set_output(sink, &output, LOG_STYLE_TEXT);
	put_line(sink, 1000);
	assert_int_equal(log_sink_free(&sink), 0);
	assert_null(strstr(file_text(renamed), "MESSAGE="));
	assert_null(strchr(text, '\x1f'));
	assert_non_null(strstr(text, "\nline n=998\nline n=999\n"));
	assert_non_null(strstr(text, " info line n=1000\n"));
	(void)close(journal);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_full_pipe_blocks_nobody),
		LOG_TEST(test_full_nonblocking_pipe),
		LOG_TEST(test_close_does_not_wait_for_ever),
		LOG_TEST(test_writer_stuck_in_a_write_is_left),
		LOG_TEST(test_broken_pipe),
		LOG_TEST(test_full_disk_is_told_of_later),
		LOG_TEST(test_queued_records_become_text),
		LOG_TEST(test_many_threads),
		LOG_TEST(test_writer_takes_no_signals),
	};

	return LOG_TESTS_RUN(tests);
}
