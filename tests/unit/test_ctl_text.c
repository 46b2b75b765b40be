/* SPDX-License-Identifier: MIT */
/* Figures and names for a terminal that nobody else may steer. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctl/text.h"

static void assert_bytes(uint64_t bytes, const char *expected)
{
	char text[TEXT_FIGURE_MAX];

	text_print_bytes(bytes, text);
	assert_string_equal(text, expected);
}

static void test_bytes(void **state)
{
	(void)state;
	assert_bytes(0, "0");
	assert_bytes(999, "999");
	assert_bytes(1000, "1.0K");
	assert_bytes(1024, "1.0K");
	assert_bytes(10 * 1024 - 1, "10K");
	assert_bytes(10 * 1024, "10K");
	assert_bytes(999 * 1024, "999K");
	assert_bytes(1000 * 1024, "1.0M");
	assert_bytes(1300000, "1.2M");
	assert_bytes(UINT64_C(34) << 30, "34G");
	assert_bytes(UINT64_MAX, "16E");
}

static void assert_seconds(double seconds, const char *expected)
{
	char text[TEXT_FIGURE_MAX];

	text_print_seconds(seconds, text);
	assert_string_equal(text, expected);
}

static void test_seconds(void **state)
{
	(void)state;
	assert_seconds(-1, "0s");
	assert_seconds(0, "0s");
	assert_seconds(0.25, "250ms");
	assert_seconds(0.9996, "1s");
	assert_seconds(1, "1s");
	assert_seconds(59.9, "59s");
	assert_seconds(60, "1m00s");
	assert_seconds(200, "3m20s");
	assert_seconds(3599, "59m59s");
	assert_seconds(5 * 3600 + 7 * 60, "5h07m");
	assert_seconds(12 * 86400 + 3 * 3600, "12d3h");
	assert_seconds(1e300, "11574074074d1h");
}

static void assert_escaped(const char *text, const char *expected)
{
	char *escaped = text_escape(text);

	assert_non_null(escaped);
	assert_string_equal(escaped, expected);
	free(escaped);
}

/* Nothing that a terminal obeys, or that hides what it is, gets through. */
static void test_escape(void **state)
{
	(void)state;
	assert_escaped("", "");
	assert_escaped("192.0.2.1:80", "192.0.2.1:80");
	assert_escaped("a b \"c\"", "a b \"c\"");
	assert_escaped("\x1b[31mred", "\\x1b[31mred");
	assert_escaped("\r\n\t\a\x7f", "\\r\\n\\t\\x07\\x7f");
	assert_escaped("\xc2\x9b"
		       "31m",
		       "\\xc2\\x9b31m");
	assert_escaped("\xe2\x80\xae", "\\xe2\\x80\\xae");
	assert_escaped("\xff\xc3", "\\xff\\xc3");
	assert_escaped("\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac");
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("\xc3\xa9\xe2\x82\xac"), 2);
	assert_int_equal(text_prefix("abc", 2), 2);
	assert_int_equal(text_prefix("abc", 3), 3);
	assert_int_equal(text_prefix("abc", 9), 3);
	assert_int_equal(text_prefix("\xc3\xa9\xe2\x82\xac", 1), 2);
	assert_int_equal(text_prefix("\xc3\xa9\xe2\x82\xac", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
