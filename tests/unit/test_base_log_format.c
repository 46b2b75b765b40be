/* SPDX-License-Identifier: MIT */
/* Tests of the shape of log lines: escaping, quoting, bounds, time, JSON. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/log_escape.h"
#include "base/log_format.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define WALL_USEC 1795392721123456 /* 2026-11-23T00:12:01.123456Z */

/* One formatted line, with a terminator in the place of its newline. */
static char text[LOG_LINE_MAX];

static const char *format(enum log_style style, const char *event,
			  const struct log_field *fields, size_t count)
{
	struct log_line line = {
		.style = style,
		.level = LOG_LEVEL_INFO,
		.wall_usec = WALL_USEC,
		.event = slice_of(event),
		.fields = fields,
		.field_count = count,
	};
	size_t len = log_format_line(text, &line);

	assert_in_range(len, 1, LOG_LINE_MAX);
	assert_ptr_equal(memchr(text, '\n', len), text + len - 1);
	text[len - 1] = '\0';
	return text;
}

/* How a value looks behind "k=" or "k":, without what stands around it. */
static const char *value_of(enum log_style style, struct slice value)
{
	static char out[LOG_LINE_MAX];
	struct log_field field = log_field_text("k", value);
	bool json = style == LOG_STYLE_JSON;
	const char *mark = json ? "\"k\":" : "k=";

	(void)format(style, "e", &field, 1);
	const char *found = strstr(text, mark);
	assert_non_null(found);
	strcpy(out, found + strlen(mark));
	if (json) {
		assert_int_equal(out[strlen(out) - 1], '}');
		out[strlen(out) - 1] = '\0';
	}
	return out;
}

#define BYTES(literal) slice_make(literal, sizeof(literal) - 1)
#define TEXT_IS(expected, literal) \
	assert_string_equal(expected, value_of(LOG_STYLE_TEXT, BYTES(literal)))
#define JSON_IS(expected, literal) \
	assert_string_equal(expected, value_of(LOG_STYLE_JSON, BYTES(literal)))

static void test_line_of_each_style(void **state)
{
	struct log_field fields[] = {
		log_field_u64("id", 12),
		log_field_text("client", slice_of("127.0.0.1:52134")),
		log_field_seconds("seconds", 1500999),
		log_field_millis("rtt_ms", 125),
	};

	(void)state;
	assert_string_equal(
		format(LOG_STYLE_TEXT, "session closed", fields, 4),
		"2026-11-23T00:12:01.123Z info session closed id=12 "
		"client=127.0.0.1:52134 seconds=1.500 rtt_ms=0.125");
	assert_string_equal(
		format(LOG_STYLE_PRIORITY, "session closed", fields, 4),
		"<6>info session closed id=12 "
		"client=127.0.0.1:52134 seconds=1.500 rtt_ms=0.125");
	assert_string_equal(
		format(LOG_STYLE_JSON, "session closed", fields, 4),
		"{\"time\":\"2026-11-23T00:12:01.123Z\",\"level\":\"info\","
		"\"event\":\"session closed\",\"id\":12,"
		"\"client\":\"127.0.0.1:52134\",\"seconds\":1.500,"
		"\"rtt_ms\":0.125}");
	assert_string_equal(format(LOG_STYLE_TEXT, "alone", NULL, 0),
			    "2026-11-23T00:12:01.123Z info alone");
	assert_string_equal(
		format(LOG_STYLE_JSON, "alone", NULL, 0),
		"{\"time\":\"2026-11-23T00:12:01.123Z\",\"level\":\"info\","
		"\"event\":\"alone\"}");
}

static void assert_time(uint64_t sec, const char *expected)
{
	struct log_line line = {
		.wall_usec = sec * 1000000 + 7999,
		.event = slice_of("e"),
	};

	(void)log_format_line(text, &line);
	text[24] = '\0';
	assert_string_equal(text, expected);
}

static void test_time_of_all_calendar_corners(void **state)
{
	(void)state;
	assert_time(0, "1970-01-01T00:00:00.007Z");
	assert_time(68169599, "1972-02-28T23:59:59.007Z");
	assert_time(68169600, "1972-02-29T00:00:00.007Z");
	assert_time(68256000, "1972-03-01T00:00:00.007Z");
	assert_time(951782400, "2000-02-29T00:00:00.007Z");
	assert_time(951868800, "2000-03-01T00:00:00.007Z");
	assert_time(978307199, "2000-12-31T23:59:59.007Z");
	assert_time(1798761600, "2027-01-01T00:00:00.007Z");
	assert_time(4107542399, "2100-02-28T23:59:59.007Z");
	assert_time(4107542400, "2100-03-01T00:00:00.007Z");
	assert_time(253402300799, "9999-12-31T23:59:59.007Z");
}

/* Every day of two centuries, against the C library. */
static void test_time_agrees_with_gmtime(void **state)
{
	(void)state;
	for (time_t sec = 0; sec < (time_t)73000 * 86400; sec += 86400) {
		char expected[32];
		struct tm tm;

		assert_non_null(gmtime_r(&sec, &tm));
		(void)strftime(expected, sizeof(expected),
			       "%Y-%m-%dT%H:%M:%S.007Z", &tm);
		assert_time((uint64_t)sec, expected);
	}
}

static void test_levels(void **state)
{
	const char *const names[] = { "error", "warning", "notice", "info",
				      "debug" };

	(void)state;
	for (int i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++) {
		struct log_line line = {
			.style = LOG_STYLE_PRIORITY,
			.level = (enum log_level)i,
			.event = slice_of("e"),
		};
		size_t len = log_format_line(text, &line);

		text[len - 1] = '\0';
		assert_string_equal(log_level_name(line.level), names[i]);
		assert_int_equal(text[1], '3' + i);
		assert_memory_equal(text + 3, names[i], strlen(names[i]));
	}
	assert_string_equal(log_level_name((enum log_level)99), "");
}

static void test_numbers(void **state)
{
	struct log_field fields[] = {
		log_field_u64("a", 0),       log_field_u64("b", UINT64_MAX),
		log_field_seconds("c", 999), log_field_seconds("d", UINT64_MAX),
		log_field_millis("e", 0),    log_field_millis("f", 20001),
	};

	(void)state;
	(void)format(LOG_STYLE_PRIORITY, "n", fields, 6);
	assert_string_equal(text,
			    "<6>info n a=0 b=18446744073709551615 "
			    "c=0.000 d=18446744073709.551 e=0.000 f=20.001");
}

/* A value no enum has, as a bug may bring: still one bounded line. */
static void test_unknown_kinds_do_no_harm(void **state)
{
	struct log_field field = { .key = "k",
				   .type = (enum log_field_type)99 };

	(void)state;
	assert_string_equal(format((enum log_style)99, "e", &field, 1),
			    "info e k=");
}

static void test_quotes_where_needed(void **state)
{
	(void)state;
	TEXT_IS("a.b_c:1/x@y%20+1,[::1]*~-Z", "a.b_c:1/x@y%20+1,[::1]*~-Z");
	TEXT_IS("\"\"", "");
	TEXT_IS("\"a b\"", "a b");
	TEXT_IS("\"a=b\"", "a=b");
	TEXT_IS("\"\\\"\\\\\"", "\"\\");
	TEXT_IS("\"`{|^\"", "`{|^");
	assert_string_equal("\"\"",
			    value_of(LOG_STYLE_TEXT, slice_make(NULL, 0)));
	JSON_IS("\"\"", "");
	JSON_IS("\"a b\"", "a b");
	JSON_IS("\"\\\"\\\\/\"", "\"\\/");
}

static void test_controls_are_escaped(void **state)
{
	(void)state;
	TEXT_IS("\"a\\nb\\r\\t\"", "a\nb\r\t");
	TEXT_IS("\"\\x00\\x1b[2J\\x07\\x7f\"", "\0\x1b[2J\a\x7f");
	TEXT_IS("\"\\xc2\\x9b31m\"", "\xc2\x9b"
				     "31m");
	JSON_IS("\"a\\nb\\r\\t\"", "a\nb\r\t");
	JSON_IS("\"\\u0000\\u001b[2J\\u0007\\u007f\"", "\0\x1b[2J\a\x7f");
	JSON_IS("\"\\u009b31m\"", "\xc2\x9b"
				  "31m");
}

static void test_hidden_characters_are_escaped(void **state)
{
	(void)state;
	TEXT_IS("\"a\\xe2\\x80\\xaeb\"", "a\xe2\x80\xae"
					 "b");
	TEXT_IS("\"\\xef\\xbb\\xbf\"", "\xef\xbb\xbf");
	JSON_IS("\"\\u202e\\u2028\\u200b\\u2066\\ufeff\"",
		"\xe2\x80\xae\xe2\x80\xa8\xe2\x80\x8b\xe2\x81\xa6\xef\xbb\xbf");
	TEXT_IS("\"\xe2\x80\x90\xe2\x80\x8a\xe2\x80\xa7\xe2\x80\xaf\"",
		"\xe2\x80\x90\xe2\x80\x8a\xe2\x80\xa7\xe2\x80\xaf");
	TEXT_IS("\"\xe2\x81\x9f\xe2\x81\xb0\"", "\xe2\x81\x9f\xe2\x81\xb0");
}

static void test_text_of_all_lengths_stays(void **state)
{
	(void)state;
	TEXT_IS("\"\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
		"\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	JSON_IS("\"\xc3\xa9\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"",
		"\xc3\xa9\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf");
}

static void test_bytes_that_are_not_utf8(void **state)
{
	(void)state;
	TEXT_IS("\"\\xff\\x80\\xc0\\xaf\"", "\xff\x80\xc0\xaf");
	TEXT_IS("\"\\xe2\\x82\"", "\xe2\x82");
	TEXT_IS("\"\\xe2\\x82x\"", "\xe2\x82x");
	TEXT_IS("\"\\xe0\\x80\\xaf\"", "\xe0\x80\xaf");
	TEXT_IS("\"\\xed\\xa0\\x80\"", "\xed\xa0\x80");
	TEXT_IS("\"\\xf0\\x8f\\xbf\\xbf\"", "\xf0\x8f\xbf\xbf");
	TEXT_IS("\"\\xf4\\x90\\x80\\x80\"", "\xf4\x90\x80\x80");
	TEXT_IS("\"\\xf5\\x80\\x80\\x80\"", "\xf5\x80\x80\x80");
	JSON_IS("\"\\ufffd\\ufffda\"", "\xff\xc1"
				       "a");
	JSON_IS("\"\\ufffd\\ufffd\\ufffd\"", "\xed\xa0\x80");
}

static void test_event_is_escaped_unquoted(void **state)
{
	(void)state;
	const char *event = "say \"x\" \\ \x1b\n\xff\xc2\x85";
	assert_string_equal(format(LOG_STYLE_PRIORITY, event, NULL, 0),
			    "<6>info say \"x\" \\\\ \\x1b\\n\\xff\\xc2\\x85");
	(void)format(LOG_STYLE_JSON, "say \"x\"\n", NULL, 0);
	assert_non_null(strstr(text, "\"event\":\"say \\\"x\\\"\\n\"}"));
}

static void fill(char *out, const char *unit, size_t count)
{
	for (size_t i = 0; i < count; i++)
		memcpy(out + i * strlen(unit), unit, strlen(unit));
}

static void test_long_value_is_cut(void **state)
{
	char data[2 * LOG_VALUE_MAX];
	char expected[2 * LOG_VALUE_MAX] = "";

	(void)state;
	fill(data, "a", sizeof(data));
	assert_int_equal(LOG_VALUE_MAX,
			 strlen(value_of(LOG_STYLE_TEXT,
					 slice_make(data, LOG_VALUE_MAX))));
	expected[0] = '"';
	fill(expected + 1, "a", LOG_VALUE_MAX);
	strcpy(expected + 1 + LOG_VALUE_MAX, ELLIPSIS "\"");
	assert_string_equal(expected,
			    value_of(LOG_STYLE_TEXT,
				     slice_make(data, LOG_VALUE_MAX + 1)));
	assert_string_equal(expected, value_of(LOG_STYLE_JSON,
					       slice_make(data, sizeof(data))));
}

static void test_cut_falls_between_characters(void **state)
{
	char data[LOG_VALUE_MAX + 8];
	char expected[LOG_VALUE_MAX + 16] = "\"";

	(void)state;
	/* 341 euro signs are 1023 bytes: one more character does not fit. */
	fill(data, "\xe2\x82\xac", 342);
	fill(expected + 1, "\xe2\x82\xac", 341);
	strcpy(expected + 1 + 1023, ELLIPSIS "\"");
	assert_string_equal(expected,
			    value_of(LOG_STYLE_TEXT, slice_make(data, 1026)));
	/* 170 escapes of six bytes are 1020: no half escape. */
	fill(data, "\x01", 200);
	const char *value = value_of(LOG_STYLE_JSON, slice_make(data, 200));
	assert_int_equal(strlen(value), 2 + 1020 + 3);
}

static void test_fields_that_do_not_fit_are_left_out(void **state)
{
	char data[LOG_VALUE_MAX];
	struct log_field fields[6];

	(void)state;
	fill(data, "a", sizeof(data));
	for (size_t i = 0; i < 5; i++)
		fields[i] =
			log_field_text("key", slice_make(data, sizeof(data)));
	fields[5] = log_field_u64("last", 1);
	(void)format(LOG_STYLE_TEXT, "e", fields, 6);
	assert_null(strstr(text, "last"));
	assert_string_equal(text + strlen(text) - 5, "a " ELLIPSIS);
	(void)format(LOG_STYLE_JSON, "e", fields, 6);
	assert_null(strstr(text, "last"));
	const char *tail = "a\",\"truncated\":true}";
	assert_string_equal(text + strlen(text) - strlen(tail), tail);
}

/* Lines of every length around the bound, into a buffer of exactly its size. */
static void test_line_never_passes_its_bound(void **state)
{
	char data[LOG_VALUE_MAX];
	char *out = malloc(LOG_LINE_MAX);
	size_t longest = 0;

	(void)state;
	assert_non_null(out);
	fill(data, "a", sizeof(data));
	for (size_t len = 800; len <= LOG_VALUE_MAX; len++) {
		struct log_field f = log_field_text("k", slice_make(data, len));
		struct log_field fields[] = { f, f, f, f, f };

		for (int style = 0; style <= LOG_STYLE_JSON; style++) {
			struct log_line line = {
				.style = (enum log_style)style,
				.event = slice_of("e"),
				.fields = fields,
				.field_count = 5,
			};
			size_t n = log_format_line(out, &line);

			assert_in_range(n, 1, LOG_LINE_MAX);
			assert_int_equal(out[n - 1], '\n');
			longest = n > longest ? n : longest;
		}
	}
	assert_in_range(longest, LOG_LINE_MAX - 20, LOG_LINE_MAX);
	free(out);
}

/* Every two bytes: the line is one line of printable UTF-8 in every style. */
static void test_every_pair_of_bytes(void **state)
{
	(void)state;
	for (unsigned pair = 0; pair < 0x10000; pair++) {
		char data[2] = { (char)(pair >> 8), (char)pair };

		for (int style = 0; style <= LOG_STYLE_JSON; style++) {
			struct log_field field =
				log_field_text("k", slice_make(data, 2));
			(void)format((enum log_style)style, "e", &field, 1);
			for (const char *at = text; *at; at++) {
				unsigned char byte = (unsigned char)*at;

				assert_in_range(byte, 0x20, 0xdf);
				assert_int_not_equal(byte, 0x7f);
			}
		}
	}
}

static void test_escape_uses_whole_characters(void **state)
{
	char token[LOG_ESCAPE_MAX];
	size_t used = 0;

	(void)state;
	assert_int_equal(4, log_escape_char(token, BYTES("\xf0\x9f\x98\x80x"),
					    LOG_ESCAPE_QUOTED, &used));
	assert_int_equal(used, 4);
	assert_int_equal(4, log_escape_char(token, BYTES("\xf0\x9f\x98"),
					    LOG_ESCAPE_QUOTED, &used));
	assert_int_equal(used, 1);
	assert_int_equal(12, log_escape_char(token, BYTES("\xef\xbb\xbf"),
					     LOG_ESCAPE_QUOTED, &used));
	assert_int_equal(used, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_of_each_style),
		cmocka_unit_test(test_time_of_all_calendar_corners),
		cmocka_unit_test(test_time_agrees_with_gmtime),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_unknown_kinds_do_no_harm),
		cmocka_unit_test(test_quotes_where_needed),
		cmocka_unit_test(test_controls_are_escaped),
		cmocka_unit_test(test_hidden_characters_are_escaped),
		cmocka_unit_test(test_text_of_all_lengths_stays),
		cmocka_unit_test(test_bytes_that_are_not_utf8),
		cmocka_unit_test(test_event_is_escaped_unquoted),
		cmocka_unit_test(test_long_value_is_cut),
		cmocka_unit_test(test_cut_falls_between_characters),
		cmocka_unit_test(test_fields_that_do_not_fit_are_left_out),
		cmocka_unit_test(test_line_never_passes_its_bound),
		cmocka_unit_test(test_every_pair_of_bytes),
		cmocka_unit_test(test_escape_uses_whole_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
