/* SPDX-License-Identifier: MIT */
/* Request targets and authorities. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "guard.h"
#include "http/target.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_slice(struct slice s, const char *text)
{
	if (!slice_equal(s, slice_of(text)))
		fail_msg("\"%.*s\" is not \"%s\"", (int)s.len, s.data, text);
}

/* RFC 9112 sections 3.2.1 and 3.2.2 */
static void test_splits_both_forms(void **state)
{
	static const char *const targets[][4] = {
		{ "/", "", "/", "" },
		{ "/a?b?c", "", "/a", "b?c" },
		{ "/a?", "", "/a", "" },
		{ "/http://h/", "", "/http://h/", "" },
		{ "http://h/a?b", "h", "/a", "b" },
		{ "HTTP://h:1", "h:1", "/", "" },
		{ "https://h?/b", "h", "/", "/b" },
		{ "ws://[::1]/", "[::1]", "/", "" },
		{ "wss://h//", "h", "//", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(targets); i++) {
		size_t len = strlen(targets[i][0]);
		uint8_t *copy = guard_copy_end(targets[i][0], len);
		struct http_target parts;
		assert_true(http_target_split(slice_make((char *)copy, len),
					      &parts));
		assert_slice(parts.authority, targets[i][1]);
		assert_slice(parts.path, targets[i][2]);
		assert_slice(parts.query, targets[i][3]);
		guard_free_end(copy, len);
	}
}

static void test_refuses_other_forms(void **state)
{
	static const char *const targets[] = {
		"",
		"*",
		"a",
		"a:80",
		"?a",
		"http",
		"http:",
		"http:/",
		"http://",
		"http:///",
		"http://?",
		"http://:80/",
		"http://u@h/",
		"http://h:x/",
		"httpx://h/",
		"ftp://h/",
		"http://[::1/",
		"http://h%/",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(targets); i++) {
		size_t len = strlen(targets[i]);
		uint8_t *copy = guard_copy_end(targets[i], len);
		struct http_target parts = { .path = slice_of("kept") };
		if (http_target_split(slice_make((char *)copy, len), &parts))
			fail_msg("\"%s\" was taken", targets[i]);
		assert_slice(parts.path, "kept");
		guard_free_end(copy, len);
	}
}

static bool is_authority(const char *text)
{
	size_t len = strlen(text);
	uint8_t *copy = guard_copy_end(text, len);
	bool is_valid = http_authority_is_valid(slice_make((char *)copy, len));

	guard_free_end(copy, len);
	return is_valid;
}

/* RFC 3986 sections 3.2.2 and 3.2.3 */
static void test_takes_authorities(void **state)
{
	static const char *const good[] = {
		"a",
		"A-b_c.example.",
		"127.0.0.1",
		"127.0.0.1:8080",
		"a:",
		"a:0",
		"a:65535",
		"a:00080",
		"a~!$&'()*+,;=",
		"%c3%A4.example",
		"a%41",
		"[::]",
		"[::1]:8443",
		"[::ffff:1.2.3.4]:",
		"[ABCD:ef01:2345:6789:abcd:ef01:123.123.123.123]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		if (!is_authority(good[i]))
			fail_msg("\"%s\" was refused", good[i]);
	}
}

static void test_refuses_authorities(void **state)
{
	static const char *const bad[] = {
		"",
		":",
		":80",
		"a b",
		"a@b",
		"a/b",
		"a?b",
		"a:65536",
		"a:99999999999999999999",
		"a:8x",
		"a:-1",
		"a: 1",
		"a:1:2",
		"::1",
		"%",
		"%4",
		"%4g",
		"%g4",
		"a%",
		"\xe4",
		"a\\b",
		"a|b",
		"a|bc",
		"[",
		"[]",
		"[::1",
		"[::1]x",
		"[::1]80",
		"[::1]:x",
		"[:]",
		"[::g]",
		"[fe80::1%25eth0]",
		"[v1.a]",
		"[1.2.3.4]",
		"a[::1]",
		"[::::::::::::::::::::::::::::::::::::::::::::::]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (is_authority(bad[i]))
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splits_both_forms),
		cmocka_unit_test(test_refuses_other_forms),
		cmocka_unit_test(test_takes_authorities),
		cmocka_unit_test(test_refuses_authorities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
