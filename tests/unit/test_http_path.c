/* SPDX-License-Identifier: MIT */
/* Request paths: decoding, and what may not be in them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "guard.h"
#include "http/path.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Decodes at a guard page into memory that ends at another one. */
static int decode(const char *raw, size_t cap, char *ret_text)
{
	size_t raw_len = strlen(raw);
	uint8_t *copy = guard_copy_end(raw, raw_len);
	uint8_t *text = guard_alloc_end(cap);
	size_t len = 99;
	int result = http_path_decode(slice_make((char *)copy, raw_len),
				      (char *)text, cap, &len);

	if (result == HTTP_PATH_OK) {
		assert_int_equal(text[len], '\0');
		memcpy(ret_text, text, len + 1);
	} else {
		assert_int_equal(len, 99);
	}
	guard_free_end(copy, raw_len);
	guard_free_end(text, cap);
	return result;
}

/* RFC 3986 section 2.1 */
static void test_decodes(void **state)
{
	static const char *const paths[][2] = {
		{"/", "/"},
		{"/vnc", "/vnc"},
		{"/%76%6E%6e", "/vnn"},
		{"/a%20b", "/a b"},
		{"/%2520", "/%20"}, /* once, not twice */
		{"/%c3%a4%FF", "/\xc3\xa4\xff"},
		{"/a+b", "/a+b"},
		{"//a//", "//a//"},
		{"/a%2fb", "/a/b"},
		{"/.a/..b/a./b../...", "/.a/..b/a./b../..."},
		{"/%3f%23", "/?#"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		size_t cap = strlen(paths[i][0]) + 1;
		assert_int_equal(decode(paths[i][0], cap, text), HTTP_PATH_OK);
		assert_string_equal(text, paths[i][1]);
	}
}

static void test_refuses(void **state)
{
	static const char *const paths[] = {
		"",	   "a",	      "*",	    "%2fa",	  "/%",
		"/%4",	   "/%g0",    "/%0g",	    "/%%41",	  "/%00",
		"/a%00b",  "/.",      "/..",	    "/./a",	  "/../a",
		"/a/.",	   "/a/..",   "/a/../b",    "/%2e",	  "/%2e%2E/a",
		"/.%2e/a", "/a%2f..", "/a%2f.%2fb", "/%2E%2e%2F",
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		if (decode(paths[i], 64, text) != HTTP_PATH_BAD)
			fail_msg("\"%s\" was not refused", paths[i]);
	}
}

static void test_needs_room_for_the_terminator(void **state)
{
	char text[64];

	(void)state;
	assert_int_equal(decode("/%41b", 4, text), HTTP_PATH_OK);
	assert_string_equal(text, "/Ab");
	for (size_t cap = 0; cap < 4; cap++)
		assert_int_equal(decode("/%41b", cap, text),
				 HTTP_PATH_TOO_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decodes),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_needs_room_for_the_terminator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
