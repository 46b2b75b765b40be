/* SPDX-License-Identifier: MIT */
/* Host, path and origin patterns: what they accept and what they match. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pattern.h"
#include "guard.h"

static bool host(const char *pattern, const char *authority)
{
	size_t len = strlen(authority);
	uint8_t *copy = guard_copy_end(authority, len);
	struct pattern_host host;
	bool matches;

	assert_null(pattern_host_parse(slice_of(pattern), &host));
	matches = pattern_host_matches(&host,
				       slice_make((const char *)copy, len));
	guard_free_end(copy, len);
	return matches;
}

static void test_any_host(void **state)
{
	(void)state;
	assert_true(host("*", "example.org"));
	assert_true(host("*", "[::1]:80"));
	assert_true(host("*", ""));
	assert_true(host("*", "a:b:c"));
}

static void test_exact_host(void **state)
{
	(void)state;
	assert_true(host("example.org", "example.org"));
	assert_true(host("example.org", "EXAMPLE.Org"));
	assert_true(host("example.org", "example.org:8080"));
	assert_true(host("example.org", "example.org:"));
	assert_true(host("example.org", "example.org."));
	assert_true(host("example.org", "example.org.:80"));
	assert_true(host("example.org.", "example.org"));
	assert_false(host("example.org", "example.org.."));
	assert_false(host("example.org", "a.example.org"));
	assert_false(host("example.org", "example.com"));
	assert_false(host("example.org", ""));
	assert_false(host("example.org", "example.org:x"));
	assert_false(host("example.org", "example.org:65536"));
	assert_true(host("example.org", "example.org:65535"));
	assert_false(host("example.org", "example.org:80:80"));
	assert_false(host("example.org", "user@example.org"));
	assert_true(host("192.0.2.1", "192.0.2.1:80"));
	assert_true(host("a_b-c", "A_B-C"));
}

static void test_literal_host(void **state)
{
	(void)state;
	assert_true(host("[2001:db8::1]", "[2001:DB8::1]"));
	assert_true(host("[2001:db8::1]", "[2001:db8::1]:443"));
	assert_true(host("[::]", "[::]:80"));
	assert_true(host("[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]"));
	assert_false(host("[2001:db8::1]", "[2001:db8::2]"));
	assert_false(host("[2001:db8::1]", "[2001:db8::1"));
	assert_false(host("[2001:db8::1]", "[2001:db8::1]80"));
	assert_false(host("[2001:db8::1]", "2001:db8::1"));
}

static void test_suffix_host(void **state)
{
	(void)state;
	assert_true(host("*.example.org", "a.example.org"));
	assert_true(host("*.example.org", "a.b.EXAMPLE.org.:80"));
	assert_false(host("*.example.org", "example.org"));
	assert_false(host("*.example.org", ".example.org"));
	assert_false(host("*.example.org", "aexample.org"));
	assert_false(host("*.example.org", "a.example.org.evil"));
	assert_false(host("*.example.org", ""));
	assert_true(host("*.example.org.", "a.example.org"));
	assert_true(host("*.org", "example.org"));
}

static void test_bad_hosts(void **state)
{
	static const char *const bad[] = {
		"",
		"a:80",
		"a b",
		"a/b",
		"**",
		"*a",
		"a.*",
		"*.",
		".",
		".a",
		"*.*.a",
		"*.[::1]",
		"[",
		"[]",
		"[::1",
		"[:]x",
		"[a b::1]",
		"*..a",
		"ex\xc3\xa4mple",
		"a@b",
		"[-]:",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct pattern_host pattern = { .kind = 77 };

		assert_non_null(pattern_host_parse(slice_of(bad[i]), &pattern));
		assert_int_equal(pattern.kind, 77);
	}
}

static bool path(const char *pattern, const char *text)
{
	size_t len = strlen(text);
	uint8_t *copy = guard_copy_end(text, len);
	struct pattern_path path;
	bool matches;

	assert_null(pattern_path_parse(slice_of(pattern), &path));
	matches = pattern_path_matches(&path,
				       slice_make((const char *)copy, len));
	guard_free_end(copy, len);
	return matches;
}

static void test_exact_path(void **state)
{
	(void)state;
	assert_true(path("/", "/"));
	assert_true(path("/a", "/a"));
	assert_true(path("/a/b", "/a/b"));
	assert_true(path("/a/", "/a/"));
	assert_true(path("/a//b", "/a//b"));
	assert_true(path("/\xc3\xa4 %x 100%", "/\xc3\xa4 %x 100%"));
	assert_true(path("/%4g%g4", "/%4g%g4"));
	assert_false(path("/a", "/A"));
	assert_false(path("/a", "/a/"));
	assert_false(path("/a/", "/a"));
	assert_false(path("/a", "/"));
	assert_false(path("/", ""));
	assert_false(path("/a", "/ab"));
	assert_false(path("/ab", "/a"));
	assert_false(path("/a", "/a/b"));
	assert_false(path("/a/b", "/a"));
	assert_false(path("/a", "a"));
}

static void test_below(void **state)
{
	(void)state;
	assert_true(path("/a/*", "/a/"));
	assert_true(path("/a/*", "/a/b"));
	assert_true(path("/a/*", "/a/b/c/"));
	assert_true(path("/a/*", "/a//"));
	assert_false(path("/a/*", "/a"));
	assert_false(path("/a/*", "/ab"));
	assert_false(path("/a/*", "/b/a/"));
	assert_true(path("/*", "/"));
	assert_true(path("/*", "/x/y"));
	assert_false(path("/*", ""));
}

static void test_segments(void **state)
{
	(void)state;
	assert_true(path("/a/{x}", "/a/b"));
	assert_true(path("/a/{x}", "/a/{x}"));
	assert_false(path("/a/{x}", "/a/"));
	assert_false(path("/a/{x}", "/a"));
	assert_false(path("/a/{x}", "/a/b/c"));
	assert_false(path("/a/{x}", "/a/b/"));
	assert_true(path("/{x}/b/{y_1}", "/1/b/2"));
	assert_false(path("/{x}/b/{y_1}", "//b/2"));
	assert_false(path("/{x}/b/{y_1}", "/1/c/2"));
	assert_true(path("/{x}/*", "/1/2/3"));
	assert_false(path("/{x}/*", "//2/3"));
}

static void test_bad_paths(void **state)
{
	static const char *const bad[] = {
		"",        "a",        "*",        "/a*",
		"/*/a",    "/a/**",    "/a/{",     "/a/}",
		"/a/{}",   "/a/{x",    "/a/x}",    "/a/{x}y",
		"/a/y{x}", "/a/{x-y}", "/{x}/{x}", "/{x}/a/{y}/{x}",
		"/.",      "/..",      "/a/../b",  "/a/.",
		"/a?b",    "/a#b",     "/%41",     "/a%2fb",
		"/a\tb",   "/a\x01",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct pattern_path pattern = { .below = true };

		assert_non_null(pattern_path_parse(slice_of(bad[i]), &pattern));
		assert_null(pattern.text.data);
		assert_true(pattern.below);
	}
}

static bool origin(const char *pattern, const char *text, const char *authority)
{
	size_t len = strlen(text);
	size_t authority_len = strlen(authority);
	uint8_t *copy = guard_copy_end(text, len);
	uint8_t *authority_copy = guard_copy_end(authority, authority_len);
	struct pattern_origin origin;
	bool matches;

	assert_null(pattern_origin_parse(slice_of(pattern), &origin));
	matches = pattern_origin_matches(
		&origin, slice_make((const char *)copy, len),
		slice_make((const char *)authority_copy, authority_len));
	guard_free_end(copy, len);
	guard_free_end(authority_copy, authority_len);
	return matches;
}

static void test_same_origin(void **state)
{
	(void)state;
	assert_true(origin("same", "https://a.org", "a.org"));
	assert_true(origin("same", "http://a.org", "a.org"));
	assert_true(origin("same", "https://A.org", "a.ORG"));
	assert_true(origin("same", "https://a.org", "a.org:443"));
	assert_true(origin("same", "http://a.org", "a.org:80"));
	assert_true(origin("same", "https://a.org:443", "a.org"));
	assert_true(origin("same", "http://a.org:8080", "a.org:8080"));
	assert_true(origin("same", "http://[::1]:8080", "[::1]:8080"));
	assert_true(origin("same", "HTTPS://a.org", "a.org:443"));
	assert_true(origin("same", "app://a.org", "a.org"));
	assert_false(origin("same", "app://a.org", "a.org:80"));
	assert_false(origin("same", "https://a.org", "a.org:80"));
	assert_false(origin("same", "http://a.org", "a.org:443"));
	assert_false(origin("same", "http://a.org:8080", "a.org"));
	assert_false(origin("same", "https://b.org", "a.org"));
	assert_false(origin("same", "https://x.a.org", "a.org"));
	assert_false(origin("same", "null", "null"));
	assert_false(origin("same", "https://", ""));
	assert_false(origin("same", "", ""));
	assert_false(origin("same", "a.org", "a.org"));
	assert_false(origin("same", "https:a.org", "a.org"));
	assert_false(origin("same", "https:/a.org", "a.org"));
	assert_false(origin("same", "https://a.org/", "a.org"));
	assert_false(origin("same", "https://a.org:x", "a.org"));
	assert_false(origin("same", "https://a.org", "a.org:x"));
	assert_false(origin("same", "1https://a.org", "a.org"));
	assert_false(origin("same", "ht_tp://a.org", "a.org"));
	assert_true(origin("same", "a+b-c.1://a.org", "a.org"));
	assert_false(origin("same", "https://a.org https://b.org", "a.org"));
}

static void test_listed_origin(void **state)
{
	(void)state;
	assert_true(origin("https://a.org", "https://a.org", "b.org"));
	assert_true(origin("https://a.org", "https://A.ORG:443", "b.org"));
	assert_true(origin("https://a.org:443", "https://a.org", "b.org"));
	assert_true(origin("HTTPS://a.org", "https://a.org", "b.org"));
	assert_true(origin("http://a.org:8080", "http://a.org:8080", ""));
	assert_false(origin("https://a.org", "http://a.org", "a.org"));
	assert_false(origin("https://a.org", "https://a.org:8443", "a.org"));
	assert_false(origin("https://a.org", "https://b.org", "a.org"));
	assert_false(origin("https://a.org", "https://a.org.evil.org", ""));
	assert_false(origin("https://a.org", "null", ""));
	assert_true(origin("http://[::1]:80", "http://[::1]", ""));
	assert_true(origin("moz-extension://1b2c", "moz-extension://1b2c", ""));
}

static void test_suffix_origin(void **state)
{
	(void)state;
	assert_true(origin("https://*.a.org", "https://b.a.org", ""));
	assert_true(origin("https://*.a.org:8443", "https://b.a.org:8443", ""));
	assert_false(origin("https://*.a.org", "https://a.org", ""));
	assert_false(origin("https://*.a.org", "http://b.a.org", ""));
	assert_false(origin("https://*.a.org", "https://b.a.org:8443", ""));
	assert_false(origin("https://*.a.org", "https://ba.org", ""));
	assert_false(origin("https://*.a.org", "https://evil/.a.org:x", ""));
}

static void test_null_and_any_origin(void **state)
{
	(void)state;
	assert_true(origin("null", "null", "a.org"));
	assert_false(origin("null", "https://a.org", "a.org"));
	assert_true(origin("*", "null", "a.org"));
	assert_true(origin("*", "https://b.org", "a.org"));
	assert_true(origin("*", "nonsense", "a.org"));
}

static void test_bad_origins(void **state)
{
	static const char *const bad[] = {
		"",
		"a.org",
		"https:",
		"https:/a",
		"https://",
		"https://a/",
		"https://a/b",
		"https://*",
		"https://a:x",
		"https://a:70000",
		"://a",
		"1://a",
		"Same",
		"https://*a.org",
		"https://u@a.org",
		"h/s://a",
		"https://a.*",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct pattern_origin pattern = { .kind = 77 };

		assert_non_null(
			pattern_origin_parse(slice_of(bad[i]), &pattern));
		assert_int_equal(pattern.kind, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_host),
		cmocka_unit_test(test_exact_host),
		cmocka_unit_test(test_literal_host),
		cmocka_unit_test(test_suffix_host),
		cmocka_unit_test(test_bad_hosts),
		cmocka_unit_test(test_exact_path),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_bad_paths),
		cmocka_unit_test(test_same_origin),
		cmocka_unit_test(test_listed_origin),
		cmocka_unit_test(test_suffix_origin),
		cmocka_unit_test(test_null_and_any_origin),
		cmocka_unit_test(test_bad_origins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
