/* SPDX-License-Identifier: MIT */
/* The pieces a configuration text is cut into. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config_scan.h"
#include "guard.h"

/* One letter a piece: c copy, n number, ( open, ) close, i include, ! bad. */
static char letter_of(enum config_token token)
{
	switch (token) {
	case CONFIG_TOKEN_END:
		return '\0';
	case CONFIG_TOKEN_COPY:
		return 'c';
	case CONFIG_TOKEN_NUMBER:
		return 'n';
	case CONFIG_TOKEN_OPEN:
		return '(';
	case CONFIG_TOKEN_CLOSE:
		return ')';
	case CONFIG_TOKEN_INCLUDE:
		return 'i';
	case CONFIG_TOKEN_BAD_INCLUDE:
		return '@';
	case CONFIG_TOKEN_OPEN_STRING:
		return '"';
	case CONFIG_TOKEN_OPEN_COMMENT:
		return '*';
	}
	return '?';
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
	/* Plain pieces may be cut anywhere: runs of them count as one. */
	size_t out = 0;

	for (size_t i = 0; got[i]; i++) {
		if (got[i] != 'c' || out == 0 || got[out - 1] != 'c')
			got[out++] = got[i];
	}
	got[out] = '\0';
	assert_string_equal(got, letters);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_letters("", "");
	assert_letters("a = 1;", "cnc");
	assert_letters("a = ( { b = 22; } );", "c(c(cnc)c)c");
	assert_letters("a=[1,2]", "c(ncn)");
	assert_letters("a=-5;b=+7;", "cncnc");
	assert_letters("a=0x1F;b=0X2;c=0x", "cncnc");
	assert_letters("a=1.5;b=1e5;c=1L;d=1.e+5;e=.5;f=-.5", "c");
	assert_letters("a1 = b2; c-3 = 1; *4=1", "cncn");
	assert_letters("-", "c");
	assert_letters("+", "c");
}

static void test_strings_and_comments_hide_all_in_them(void **state)
{
	(void)state;
	assert_letters("\"1 ( @include \\\" { \"", "c");
	assert_letters("\"a\\\\\"1", "cn");
	assert_letters("# 1 ( \" @\n2", "cn");
	assert_letters("// 1 ( \" @\n2", "cn");
	assert_letters("/* 1 ( \"\n @ */2", "cn");
	assert_letters("/**/2", "cn");
	assert_letters("/ 2", "cn");
	assert_letters("# to the end", "c");
}

static void test_what_is_left_open(void **state)
{
	(void)state;
	assert_letters("a = \"x", "c\"");
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
	static const char text[] = "a = ( { b = \"x\"; } );\n# c\nd = 5L;\n";
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
	config_scan_init(&scan, slice_of("\xef\xbb\xbf" "1\n\"a\nb\"/*\n*/2"));
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_NUMBER);
	assert_int_equal(scan.line, 1);
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_COPY);
	assert_int_equal(scan.line, 2);
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_COPY);
	assert_int_equal(scan.line, 3);
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_COPY);
	assert_int_equal(scan.line, 4);
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_NUMBER);
	assert_int_equal(config_scan_next(&scan, &piece), CONFIG_TOKEN_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_strings_and_comments_hide_all_in_them),
		cmocka_unit_test(test_what_is_left_open),
		cmocka_unit_test(test_includes),
		cmocka_unit_test(test_pieces_are_the_whole_text),
		cmocka_unit_test(test_lines_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
