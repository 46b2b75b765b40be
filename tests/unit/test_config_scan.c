/* SPDX-License-Identifier: MIT */
/* The pieces a configuration text is cut into. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config_scan.h"
#include "guard.h"

/* One letter a piece. */
static char letter_of(enum config_token token)
{
	static const char letters[] = {
		[CONFIG_TOKEN_END] = '\0',
		[CONFIG_TOKEN_SPACE] = ' ',
		[CONFIG_TOKEN_NAME] = 'a',
		[CONFIG_TOKEN_INTEGER] = '1',
		[CONFIG_TOKEN_FLOAT] = '.',
		[CONFIG_TOKEN_STRING] = 's',
		[CONFIG_TOKEN_ASSIGN] = '=',
		[CONFIG_TOKEN_COMMA] = ',',
		[CONFIG_TOKEN_SEMICOLON] = ';',
		[CONFIG_TOKEN_OPEN] = '(',
		[CONFIG_TOKEN_CLOSE] = ')',
		[CONFIG_TOKEN_INCLUDE] = 'i',
		[CONFIG_TOKEN_BAD_INCLUDE] = '@',
		[CONFIG_TOKEN_OPEN_STRING] = '"',
		[CONFIG_TOKEN_OPEN_COMMENT] = '*',
		[CONFIG_TOKEN_OTHER] = '?',
	};

	return letters[token];
}

static bool is_bad(char letter)
{
	return letter == '@' || letter == '"' || letter == '*';
}

/* Pieces of `text`, at a guard page; returns their number. */
static size_t scan(const char *text, char *ret_letters, char ret_pieces[][64])
{
	size_t len = strlen(text);
	uint8_t *copy = guard_copy_end(text, len);
	struct config_scan scan;
	size_t count = 0;

	config_scan_init(&scan, slice_make((const char *)copy, len));
	for (; count < 30; count++) {
		struct slice piece = { NULL, 0 };

		ret_letters[count] = letter_of(config_scan_next(&scan, &piece));
		assert_true(piece.len < 64);
		if (piece.len > 0)
			memcpy(ret_pieces[count], piece.data, piece.len);
		ret_pieces[count][piece.len] = '\0';
		if (ret_letters[count] == '\0' || is_bad(ret_letters[count]))
			break;
	}
	ret_letters[is_bad(ret_letters[count]) ? count + 1 : count] = '\0';
	guard_free_end(copy, len);
	return count;
}

static void assert_letters(const char *text, const char *letters)
{
	char got[32];
	char pieces[32][64];

	scan(text, got, pieces);
	assert_string_equal(got, letters);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_letters("", "");
	assert_letters("a = 1;", "a = 1;");
	assert_letters("a:({b=22})", "a=((a=1))");
	assert_letters("[\"\",\r\n\t\f2]", "(s, 1)");
	assert_letters("a1 b-2 *_* Z c-", "a a a a a");
	assert_letters("!", "?");
	assert_letters("a\vb", "a?a");
	assert_letters("\xc3\xa4", "??");
	assert_letters("'a'", "?a?");
}

static void assert_word(const char *word, enum config_token token)
{
	struct config_scan scan;
	struct slice piece;

	config_scan_init(&scan, slice_of(word));
	assert_int_equal(config_scan_next(&scan, &piece), token);
	assert_int_equal(piece.len, strlen(word));
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_END);
	assert_int_equal(piece.len, 0);
}

static void test_words(void **state)
{
	static const char *const integers[] = {
		"0",    "12",  "-5",    "+7",    "5L",  "5LL",
		"0x1F", "0Xa", "0xffL", "0x1LL", "-1L",
	};
	static const char *const floats[] = {
		"1.5", "1.",   ".5",    "-.5",  "+1.5",
		"1e5", "1E+5", "1.e-5", ".5e1",
	};
	static const char *const others[] = {
		"5m",   "1_",    "-",   "+",   ".",     "-.",  "1e",   "1e+",
		".e1",  "1.2.3", "0x",  "0xg", "0x1.5", "--1", "5LLL", "5l",
		"1.5L", "a.b",   "a+b", "_a",  "-a",    "1-2", "-0x1", "1.5e1x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(integers) / sizeof(*integers); i++)
		assert_word(integers[i], CONFIG_TOKEN_INTEGER);
	for (size_t i = 0; i < sizeof(floats) / sizeof(*floats); i++)
		assert_word(floats[i], CONFIG_TOKEN_FLOAT);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_word(others[i], CONFIG_TOKEN_OTHER);
	assert_word("true", CONFIG_TOKEN_NAME);
}

static void test_strings_and_comments_hide_all_in_them(void **state)
{
	(void)state;
	assert_letters("\"1 ( @include \\\" { \"", "s");
	assert_letters("\"a\\\\\"1", "s1");
	assert_letters("# 1 ( \" @\n2", "  1");
	assert_letters("// 1 ( \" @\n2", "  1");
	assert_letters("/* 1 ( \"\n @ */2", " 1");
	assert_letters("/**/2", " 1");
	assert_letters("/ 2", "? 1");
	assert_letters("/", "?");
	assert_letters("# to the end", " ");
}

static void test_what_is_left_open(void **state)
{
	(void)state;
	assert_letters("a = \"x", "a = \"");
	assert_letters("\"", "\"");
	assert_letters("\"\\", "\"");
	assert_letters("\"\\\"", "\"");
	assert_letters("/*", "*");
	assert_letters("/*/", "*");
	assert_letters("/* *", "*");
}

static void test_includes(void **state)
{
	char letters[32];
	char pieces[32][64];

	(void)state;
	scan("@include \"a b.conf\"\nc", letters, pieces);
	assert_int_equal(letters[0], 'i');
	assert_string_equal(pieces[0], "a b.conf");
	assert_letters("@include\t\"\"", "i");
	assert_letters("@include\"x\"", "i");
	assert_letters("@include x", "@");
	assert_letters("@include", "@");
	assert_letters("@include \"x", "@");
	assert_letters("@include \"x\ny\"", "@");
	assert_letters("@", "@");
	assert_letters("@inc", "@");
}

static void test_pieces_are_the_whole_text(void **state)
{
	static const char text[] = "a = ({b:\"x\"});\n# c\nd = 5L,!;\n";
	char letters[32];
	char pieces[32][64];
	char joined[sizeof(text)] = "";
	size_t count = scan(text, letters, pieces);

	(void)state;
	for (size_t i = 0; i < count; i++)
		strcat(joined, pieces[i]);
	assert_string_equal(joined, text);
}

static void test_lines_are_counted(void **state)
{
	struct config_scan scan;
	struct slice piece;

	(void)state;
	config_scan_init(&scan, slice_of("\xef\xbb\xbf"
					 "1\n\"a\nb\"/*\n*/2"));
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_INTEGER);
	assert_int_equal(scan.line, 1);
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_SPACE);
	assert_int_equal(scan.line, 2);
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_STRING);
	assert_int_equal(scan.line, 3);
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_SPACE);
	assert_int_equal(scan.line, 4);
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_INTEGER);
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_strings_and_comments_hide_all_in_them),
		cmocka_unit_test(test_what_is_left_open),
		cmocka_unit_test(test_includes),
		cmocka_unit_test(test_pieces_are_the_whole_text),
		cmocka_unit_test(test_lines_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
