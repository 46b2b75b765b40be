/* SPDX-License-Identifier: MIT */
/* Every byte against the definition of every class. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/ascii.h"

static bool is_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static void test_alpha_digit_hex(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char c = (char)byte;
		assert_int_equal(ascii_is_alpha(c), is_in(c, LOWER UPPER));
		assert_int_equal(ascii_is_digit(c), is_in(c, DIGITS));
		assert_int_equal(ascii_is_hex(c),
				 is_in(c, DIGITS "abcdefABCDEF"));
	}
}

/* RFC 9110 section 5.6.2 */
static void test_tchar(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char c = (char)byte;
		assert_int_equal(
			ascii_is_tchar(c),
			is_in(c, "!#$%&'*+-.^_`|~" DIGITS LOWER UPPER));
	}
}

/* RFC 9110 section 5.5: field-vchar, SP, HTAB */
static void test_field(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		bool is_field = byte == '\t' || (byte >= ' ' && byte != 0x7f);
		assert_int_equal(ascii_is((char)byte, ASCII_FIELD), is_field);
	}
}

static void test_uri(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		bool is_uri = byte > ' ' && byte < 0x7f &&
			      !is_in((char)byte, "\"<>#");
		assert_int_equal(ascii_is((char)byte, ASCII_URI), is_uri);
	}
}

/* RFC 3986 section 3.2.2: unreserved and sub-delims */
static void test_host(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char c = (char)byte;
		assert_int_equal(
			ascii_is(c, ASCII_HOST),
			is_in(c, "-._~!$&'()*+,;=" DIGITS LOWER UPPER));
	}
}

static void test_lower_changes_upper_case_letters_only(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		bool is_upper = is_in((char)byte, UPPER);
		assert_int_equal(ascii_lower((char)byte),
				 (char)(is_upper ? byte + 32 : byte));
	}
}

static void test_hex_value(void **state)
{
	static const char digits[] = DIGITS "abcdef";

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char c = (char)(byte >= 'A' && byte <= 'F' ? byte + 32 : byte);
		const char *at = is_in(c, digits) ? strchr(digits, c) : NULL;
		int value = at ? (int)(at - digits) : -1;
		assert_int_equal(ascii_hex_value((char)byte), value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alpha_digit_hex),
		cmocka_unit_test(test_tchar),
		cmocka_unit_test(test_field),
		cmocka_unit_test(test_uri),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_lower_changes_upper_case_letters_only),
		cmocka_unit_test(test_hex_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
