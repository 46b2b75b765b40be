/* SPDX-License-Identifier: MIT */
/* Tests of records: from fields to what journald and syslog daemons read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log_record.h"

static char record[LOG_RECORD_MAX + 1];
static char out[LOG_RECORD_DATAGRAM_MAX + 1];

static const char *format(const char *event, const struct log_field *fields,
			  size_t count)
{
	struct log_line line = {
		.style = LOG_STYLE_FIELDS,
		.level = LOG_LEVEL_INFO,
		.event = slice_of(event),
		.fields = fields,
		.field_count = count,
	};
	size_t len = log_format_line(record, &line);

	assert_in_range(len, 1, LOG_RECORD_MAX);
	assert_ptr_equal(memchr(record, '\n', len), record + len - 1);
	record[len] = '\0';
	return record;
}

static const char *to_journal(const char *line)
{
	size_t len = log_record_to_journal(out, line, strlen(line));

	assert_in_range(len, 1, LOG_RECORD_DATAGRAM_MAX);
	out[len] = '\0';
	return out;
}

static const char *to_syslog(const char *line)
{
	static const struct tm now = { .tm_year = 126,
				       .tm_mon = 10,
				       .tm_mday = 4,
				       .tm_hour = 9,
				       .tm_min = 5,
				       .tm_sec = 1 };
	size_t len = log_record_to_syslog(out, line, strlen(line), &now, 812);

	assert_in_range(len, 1, LOG_RECORD_DATAGRAM_MAX);
	out[len] = '\0';
	return out;
}

static void test_fields_of_a_session(void **state)
{
	struct log_field fields[] = {
		log_field_u64("id", 12),
		log_field_text("client", slice_of("127.0.0.1:52134")),
		log_field_text("path", slice_of("/a b\"\n")),
		log_field_u64("code_sent", 1000),
		log_field_u64("code_received", 1001),
		log_field_seconds("seconds", 1500999),
	};

	(void)state;
	assert_string_equal(
		to_journal(format("session closed", fields, 6)),
		"MESSAGE=session closed id=12 client=127.0.0.1:52134 "
		"path=\"/a b\\\"\\n\" code_sent=1000 code_received=1001 "
		"seconds=1.500\n"
		"PRIORITY=6\n"
		"SYSLOG_IDENTIFIER=wsrelayd\n"
		"WSRELAY_EVENT=session closed\n"
		"WSRELAY_SESSION=12\n"
		"WSRELAY_CLIENT=127.0.0.1:52134\n"
		"WSRELAY_PATH=/a b\"\\n\n"
		"WSRELAY_CODE=1000\n"
		"WSRELAY_CODE_RECEIVED=1001\n"
		"WSRELAY_SECONDS=1.500\n");
}

/* A peer cannot put a field of its own into the journal. */
static void test_no_value_ends_its_field(void **state)
{
	struct log_field field =
		log_field_text("path", slice_of("x\nUSER=root\x1f_UID=0\x1e"));

	(void)state;
	(void)to_journal(format("e\nA=1\x1f"
				"B=2",
				&field, 1));
	assert_null(strstr(out, "\nUSER"));
	assert_null(strstr(out, "\nA="));
	assert_null(strstr(out, "\nB="));
	assert_null(strstr(out, "\n_UID"));
	assert_null(strchr(out, '\x1f'));
}

/* Most that can be: the message is cut, the fields are all there. */
static void test_long_values_fit_twice(void **state)
{
	char text[3000] = "";
	struct log_field fields[] = {
		log_field_text("host", slice_of(text)),
		log_field_text("path", slice_of(text)),
		log_field_text("origin", slice_of(text)),
		log_field_u64("id", UINT64_MAX),
	};

	(void)state;
	memset(text, '\x01', sizeof(text) - 1);
	fields[0].text = fields[1].text = fields[2].text = slice_of(text);
	(void)to_journal(format(text, fields, 4));
	assert_non_null(strstr(out, " \xe2\x80\xa6\nPRIORITY=6\n"));
	assert_non_null(strstr(out, "\nWSRELAY_EVENT=\\x01"));
	assert_non_null(strstr(out, "\nWSRELAY_HOST=\\x01"));
	assert_non_null(strstr(out, "\nWSRELAY_PATH=\\x01"));
	assert_int_equal(out[strlen(out) - 1], '\n');
}

static void test_what_does_not_fit_is_left_out(void **state)
{
	char text[3000] = "";
	struct log_field fields[9];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	for (size_t i = 0; i < 9; i++)
		fields[i] = log_field_text("v", slice_of(text));
	(void)format("e", fields, 9);
	size_t len = strlen(record);
	assert_in_range(len, LOG_RECORD_MAX - 1100, LOG_RECORD_MAX);
	assert_memory_equal(record + len - 4, "\xe2\x80\xa6\n", 4);
}

static void test_other_lines_to_the_journal(void **state)
{
	(void)state;
	assert_string_equal(
		to_journal("2026 info x\n"),
		"MESSAGE=2026 info x\nSYSLOG_IDENTIFIER=wsrelayd\n");
	assert_string_equal(to_journal("\n"),
			    "MESSAGE=\nSYSLOG_IDENTIFIER=wsrelayd\n");
	assert_string_equal(to_journal("MESSAGE=\n"), "MESSAGE=\n");
}

static void test_syslog(void **state)
{
	(void)state;
	assert_string_equal(to_syslog("<6>info x id=1\n"),
			    "<30>Nov  4 09:05:01 wsrelayd[812]: info x id=1");
	assert_string_equal(to_syslog("<3>{\"a\":1}\n"),
			    "<27>Nov  4 09:05:01 wsrelayd[812]: {\"a\":1}");
	assert_string_equal(to_syslog("plain\n"),
			    "<29>Nov  4 09:05:01 wsrelayd[812]: plain");
	assert_string_equal(to_syslog("<9>x\n"),
			    "<29>Nov  4 09:05:01 wsrelayd[812]: <9>x");
	assert_string_equal(to_syslog("<\n"),
			    "<29>Nov  4 09:05:01 wsrelayd[812]: <");
	assert_string_equal(to_syslog(format("gone", NULL, 0)),
			    "<29>Nov  4 09:05:01 wsrelayd[812]: gone");
}

static void assert_flat(const char *lines, const char *expected)
{
	char data[256];

	strcpy(data, lines);
	size_t len = log_record_flatten(data, strlen(data));
	data[len] = '\0';
	assert_string_equal(data, expected);
}

static void test_flatten(void **state)
{
	(void)state;
	assert_flat("", "");
	assert_flat("one\ntwo\n", "one\ntwo\n");
	assert_flat("MESSAGE=a\x1f"
		    "X=1\none\nMESSAGE=b c\x1f"
		    "Y=2\n",
		    "a\none\nb c\n");
	assert_flat("MESSAGE=alone\n", "alone\n");
	assert_flat("MESSAGE=\x1f"
		    "A=1\n",
		    "\n");
	assert_flat("MESSAGE=cut", "cut");
	assert_flat("\n\n", "\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_of_a_session),
		cmocka_unit_test(test_no_value_ends_its_field),
		cmocka_unit_test(test_long_values_fit_twice),
		cmocka_unit_test(test_what_does_not_fit_is_left_out),
		cmocka_unit_test(test_other_lines_to_the_journal),
		cmocka_unit_test(test_syslog),
		cmocka_unit_test(test_flatten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
