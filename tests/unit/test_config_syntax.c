/* SPDX-License-Identifier: MIT */
/* The grammar: what is passed on to the parser, and what is said if not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config_syntax.h"

/* "" when all of it is passed, else "LINE: what is wrong". */
static void check(const char *text, char *ret_text, size_t size)
{
	struct config_syntax syntax = { .depth = 0 };
	struct config_place place = { "f", 1 };
	enum config_token token = CONFIG_TOKEN_SPACE;
	char reason[CONFIG_SYNTAX_TEXT_MAX];
	struct config_scan scan;

	ret_text[0] = '\0';
	config_scan_init(&scan, slice_of(text));
	while (token != CONFIG_TOKEN_END) {
		struct slice piece;

		place.line = scan.line;
		token = config_scan_next(&scan, &piece);
		if (config_syntax_next(&syntax, token, piece, &place, reason))
			continue;
		snprintf(ret_text, size, "%u: %s", place.line, reason);
		return;
	}
}

static void test_good(void **state)
{
	static const char *const good[] = {
		"",
		"# nothing\n",
		"a = 1",
		"a = 1;",
		"a : 1,",
		"a = 1 b = 2",
		"a = true; b = FALSE;",
		"a = \"x\" \"y\"\n# z\n\"z\";",
		"a = ( );",
		"a = [ ];",
		"a = { };",
		"a = {}; b = 1",
		"a = ( 1, \"x\" \"y\", { b = ( [ 1, 2 ] ) } );",
		"a = { b = 1 c = 2, d = 3; };",
		"a = ( true, false );",
		"a = -1; b = 0x1f; c = 5LL; d = .5; e = 1.; f = -1.5e+3;",
		"true1 = 1; *x-y_2 = 2;",
		"a = [ true, \"x\" ];",
		"a = \"x\" b = 1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		char got[256];

		check(good[i], got, sizeof(got));
		assert_string_equal(got, "");
	}
}

static const struct {
	const char *text;
	const char *reason;
} bad_cases[] = {
	{ "= 1", "1: syntax error at '='; the name of an option "
		 "belongs here" },
	{ "a = 1;;", "1: syntax error at ';'; the name of an option "
		     "belongs here" },
	{ "\"x\" = 1", "1: syntax error at '\"x\"'; the name of an "
		       "option belongs here" },
	{ "true = 1", "1: syntax error at 'true'; the name of an "
		      "option belongs here" },
	{ "a\n\"x\"", "2: syntax error at '\"x\"'; '=' belongs here" },
	{ "a b", "1: syntax error at 'b'; '=' belongs here" },
	{ "a = b", "1: syntax error at 'b'; a value belongs here" },
	{ "a = ,", "1: syntax error at ','; a value belongs here" },
	{ "a = = 1", "1: syntax error at '='; a value belongs here" },
	{ "a = 1 2", "1: syntax error at '2'; ';' belongs here" },
	{ "a = 1 \"x\"", "1: syntax error at '\"x\"'; ';' belongs "
			 "here" },
	{ "a = \"x\" 1", "1: syntax error at '1'; ';' belongs here" },
	{ "a = ( ,", "1: syntax error at ','; a value or the end of "
		     "the list belongs here" },
	{ "a = ( b", "1: syntax error at 'b'; a value or the end of "
		     "the list belongs here" },
	{ "a = ( 1 2", "1: syntax error at '2'; ',' or the end of the "
		       "list belongs here" },
	{ "a = ( 1; 2", "1: syntax error at ';'; ',' or the end of "
			"the list belongs here" },
	{ "a = ( 1 b = 2", "1: syntax error at 'b'; ',' or the end of "
			   "the list belongs here" },
	{ "a = ( 1, )", "1: syntax error at ')'; a value belongs "
			"here" },
	{ "a = ( 1 ]", "1: syntax error at ']'; ',' or the end of the "
		       "list belongs here" },
	{ "a = [ ( ) ]", "1: syntax error at '('; a value or the end "
			 "of the list belongs here" },
	{ "a = { b }", "1: syntax error at '}'; '=' belongs here" },
	{ "a = { b = }", "1: syntax error at '}'; a value belongs "
			 "here" },
	{ "a = { b = 1 )", "1: syntax error at ')'; ';' belongs "
			   "here" },
	{ "a = 1; }", "1: syntax error at '}'; the name of an option "
		      "belongs here" },
	{ "{ }", "1: syntax error at '{'; the name of an option "
		 "belongs here" },
	{ "a = 'x'", "1: syntax error at '''; a value belongs here" },
	{ "a = 1.2.3", "1: syntax error at '1.2.3'; a value belongs "
		       "here" },
	{ "a = 5m", "1: syntax error at '5m'; a value belongs here" },
	{ "a.b = 1", "1: syntax error at 'a.b'; the name of an option "
		     "belongs here" },
	{ "a = /etc", "1: syntax error at '/'; a value belongs here" },
	{ "a =\n\n(\n(1),\n2", "3: the '(' here is not closed; ')' is "
			       "missing" },
	{ "a = { b = [ 1,", "1: the '[' here is not closed; ']' is "
			    "missing" },
	{ "a = {\n", "1: the '{' here is not closed; '}' is missing" },
	{ "a", "1: the file ends within an option; NAME = VALUE;" },
	{ "a =\n", "2: the file ends within an option; NAME = "
		   "VALUE;" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_cases) / sizeof(*bad_cases); i++) {
		char got[256];

		check(bad_cases[i].text, got, sizeof(got));
		assert_string_equal(got, bad_cases[i].reason);
	}
}

static void test_long_pieces_are_cut(void **state)
{
	char got[256];

	(void)state;
	check("a b123456789012345678901234567890123456789012345", got,
	      sizeof(got));
	assert_string_equal(got,
			    "1: syntax error at "
			    "'b123456789012345678901234567890123456789'; '=' "
			    "belongs here");
}

static void test_nesting_is_bounded(void **state)
{
	char text[5 + CONFIG_NESTING_MAX + 1] = "a  = ";
	char got[256];

	(void)state;
	memset(text + 5, '(', CONFIG_NESTING_MAX);
	text[5 + CONFIG_NESTING_MAX] = '\0';
	check(text, got, sizeof(got));
	assert_string_equal(got,
			    "1: the '(' here is not closed; ')' is missing");
	memset(text + 4, '(', CONFIG_NESTING_MAX + 1);
	check(text, got, sizeof(got));
	assert_string_equal(got, "1: too many brackets within brackets; "
				 "allowed: 16");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_long_pieces_are_cut),
		cmocka_unit_test(test_nesting_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
