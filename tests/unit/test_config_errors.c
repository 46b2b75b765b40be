/* SPDX-License-Identifier: MIT */
/* Error lines: their form, their order, their bounds. */

#include "config_text.h"

static struct config_place at(const char *file, unsigned line)
{
	return (struct config_place){ file, line };
}

static void assert_printed(struct config_errors *errors, const char *lines)
{
	char *text = config_text_print(errors);

	assert_string_equal(text, lines);
	free(text);
	config_errors_done(errors);
	assert_true(config_errors_are_empty(errors));
}

static void test_form(void **state)
{
	struct config_errors errors = { .count = 0 };

	(void)state;
	assert_true(config_errors_are_empty(&errors));
	config_errors_add(&errors, at("f", 3), "a.b", "%s is %d", "x", 5);
	assert_false(config_errors_are_empty(&errors));
	config_errors_add(&errors, at("f", 4), NULL, "bad");
	config_errors_add(&errors, at("g", 0), NULL, "a\nb\x7f\t\x1b[m");
	assert_printed(&errors, "f:3: a.b: x is 5\nf:4: bad\ng: a?b???[m\n");
}

static void test_order_is_that_of_files_and_lines(void **state)
{
	struct config_errors errors = { .count = 0 };

	(void)state;
	config_errors_add(&errors, at("b", 0), NULL, "whole");
	config_errors_add(&errors, at("b", 5), NULL, "first");
	config_errors_add(&errors, at("a", 2), NULL, "other");
	config_errors_add(&errors, at("b", 5), NULL, "second");
	config_errors_add(&errors, at("b", 1), NULL, "start");
	config_errors_add(&errors, at("bb", 1), NULL, "longer");
	config_errors_add(&errors, at("a", 1), NULL, "early");
	config_errors_add(&errors, at("b", 3), NULL, "between");
	config_errors_add(&errors, at("b", 2), NULL, "before");
	assert_printed(&errors,
		       "b:1: start\nb:2: before\nb:3: between\n"
		       "b:5: first\nb:5: second\n"
		       "b: whole\na:1: early\na:2: other\nbb:1: longer\n");
}

static void test_more_than_kept_is_counted(void **state)
{
	struct config_errors errors = { .count = 0 };

	(void)state;
	for (unsigned i = 0; i < CONFIG_ERRORS_MAX + 1; i++)
		config_errors_add(&errors, at("f", i + 1), NULL, "x");
	assert_int_equal(errors.count, CONFIG_ERRORS_MAX);
	assert_int_equal(errors.more, 1);
	char *text = config_text_print(&errors);

	assert_non_null(strstr(text, "f:100: x\nand 1 more error\n"));
	free(text);
	config_errors_add(&errors, at("f", 1), NULL, "x");
	text = config_text_print(&errors);
	assert_non_null(strstr(text, "\nand 2 more errors\n"));
	free(text);
	config_errors_done(&errors);
}

static void test_long_lines_are_cut(void **state)
{
	struct config_errors errors = { .count = 0 };
	char text[2 * CONFIG_ERROR_TEXT_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	config_errors_add(&errors, at("f", 1), "o", "%s", text);
	config_errors_add(&errors, at(text, 1), "o", "y");
	assert_int_equal(strlen(errors.lines[0]), CONFIG_ERROR_TEXT_MAX - 1);
	assert_int_equal(strlen(errors.lines[1]), CONFIG_ERROR_TEXT_MAX - 1);
	config_errors_done(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_order_is_that_of_files_and_lines),
		cmocka_unit_test(test_more_than_kept_is_counted),
		cmocka_unit_test(test_long_lines_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
