/* SPDX-License-Identifier: MIT */
/* Tests of a session's log lines: all fields, absent ones, queries, levels. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "ops/session_log.h"

static char text[8192];

/* Full of known values. */
static struct session_log_record record_new(void)
{
	return (struct session_log_record){
		.id = 12,
		.worker = 3,
		.client = { .in6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons(52134),
				     .sin6_addr = IN6ADDR_LOOPBACK_INIT },
			    .len = sizeof(struct sockaddr_in6) },
		.listener = "web",
		.route = "vnc",
		.target = "127.0.0.1:5900",
		.cause = "client_closed",
		.side = "client",
		.reason = "a reason",
		.host = slice_of("example.org"),
		.path = slice_of("/a\x1b"
				 "b?token=secret#f"),
		.origin = slice_of("https://example.org"),
		.code_sent = 1000,
		.code_received = 1001,
		.rtt_usec = 125,
		.usec = 2500000,
		.bytes_up = 1,
		.bytes_down = 2,
		.messages_up = 3,
		.messages_down = 4,
		.undelivered_up = 5,
		.undelivered_down = 6,
	};
}

/* Opens a log into a new file, whose name goes into `path`. */
static void begin(char *path, enum log_level level)
{
	struct log_options options = { .target = LOG_TARGET_FILE,
				       .path = path,
				       .level = level };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(log_open(&options), 0);
}

/* What the log holds, without the time. */
static const char *end(const char *path)
{
	log_close();
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	(void)unlink(path);
	return strchr(text, ' ') ? strchr(text, ' ') + 1 : text;
}

#define PATH_TEMPLATE "/tmp/wsrelayd-session-XXXXXX"

static void test_opened(void **state)
{
	struct session_log_record record = record_new();
	char path[] = PATH_TEMPLATE;

	(void)state;
	begin(path, LOG_LEVEL_INFO);
	session_log_opened(&record);
	assert_string_equal(
		end(path),
		"info session opened id=12 worker=3 "
		"client=[::1]:52134 listener=web route=vnc "
		"target=127.0.0.1:5900 host=example.org path=\"/a\\x1bb\" "
		"origin=https://example.org\n");
}

static void test_closed(void **state)
{
	struct session_log_record record = record_new();
	char path[] = PATH_TEMPLATE;

	(void)state;
	begin(path, LOG_LEVEL_INFO);
	session_log_closed(&record);
	assert_string_equal(
		end(path),
		"info session closed id=12 worker=3 "
		"client=[::1]:52134 listener=web route=vnc "
		"target=127.0.0.1:5900 cause=client_closed side=client "
		"reason=\"a reason\" code_sent=1000 code_received=1001 "
		"seconds=2.500 bytes_up=1 bytes_down=2 messages_up=3 "
		"messages_down=4 undelivered_up=5 undelivered_down=6 "
		"rtt_ms=0.125\n");
}

static void test_refused(void **state)
{
	struct session_log_record record = record_new();
	char path[] = PATH_TEMPLATE;

	(void)state;
	begin(path, LOG_LEVEL_INFO);
	session_log_refused(&record, 403);
	assert_string_equal(
		end(path),
		"info handshake refused id=12 worker=3 "
		"client=[::1]:52134 listener=web route=vnc "
		"target=127.0.0.1:5900 status=403 "
		"cause=client_closed reason=\"a reason\" seconds=2.500 "
		"host=example.org path=\"/a\\x1bb\" "
		"origin=https://example.org\n");
}

static void test_absent_values_are_left_out(void **state)
{
	struct session_log_record record = { .id = 1 };
	char path[] = PATH_TEMPLATE;

	(void)state;
	begin(path, LOG_LEVEL_INFO);
	session_log_closed(&record);
	assert_string_equal(
		end(path),
		"info session closed id=1 worker=0 "
		"seconds=0.000 bytes_up=0 bytes_down=0 messages_up=0 "
		"messages_down=0 undelivered_up=0 undelivered_down=0\n");
}

/* What the operator has to mend is more than information. */
static void test_a_shortage_is_a_warning(void **state)
{
	struct session_log_record record = { .id = 1, .is_shortage = true };
	char path[] = PATH_TEMPLATE;

	(void)state;
	begin(path, LOG_LEVEL_WARNING);
	session_log_refused(&record, 503);
	assert_string_equal(end(path),
			    "warning handshake refused id=1 worker=0 "
			    "status=503 seconds=0.000\n");
}

static void test_all_lines_are_info(void **state)
{
	struct session_log_record record = record_new();
	char path[] = PATH_TEMPLATE;

	(void)state;
	begin(path, LOG_LEVEL_NOTICE);
	session_log_opened(&record);
	session_log_closed(&record);
	session_log_refused(&record, 404);
	assert_string_equal(end(path), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opened),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_absent_values_are_left_out),
		cmocka_unit_test(test_a_shortage_is_a_warning),
		cmocka_unit_test(test_all_lines_are_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
