/* SPDX-License-Identifier: MIT */
/* WebSocket URLs: their parts, what is refused, Basic credentials. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "http/url.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The URL directly below a guard page; never freed, as slices point there. */
static struct slice guarded(const char *text)
{
	size_t len = strlen(text);

	return slice_make((char *)guard_copy_end(text, len), len);
}

static void assert_slice(struct slice s, const char *text)
{
	assert_true(slice_equal(s, slice_of(text)));
}

static const struct {
	const char *url;
	bool is_secure, is_ipv6;
	const char *user, *host, *host_field;
	uint16_t port;
	const char *target;
} good[] = {
	{ "ws://h", false, false, "", "h", "h", 80, "/" },
	{ "WSS://h/", true, false, "", "h", "h", 443, "/" },
	{ "ws://h:80/a", false, false, "", "h", "h", 80, "/a" },
	{ "wss://h:80/a", true, false, "", "h", "h:80", 80, "/a" },
	{ "wss://h:443", true, false, "", "h", "h", 443, "/" },
	{ "ws://h:/a?b=c/d?e", false, false, "", "h", "h", 80, "/a?b=c/d?e" },
	{ "ws://[::1]", false, true, "", "::1", "[::1]", 80, "/" },
	{ "ws://[::1]:/", false, true, "", "::1", "[::1]", 80, "/" },
	{ "ws://[fe80::a:1]:8080/x", false, true, "", "fe80::a:1",
	  "[fe80::a:1]:8080", 8080, "/x" },
	{ "ws://u:p@h:65535/@", false, false, "u:p", "h", "h:65535", 65535,
	  "/@" },
	{ "ws://u@v@10.0.0.1/", false, false, "u@v", "10.0.0.1", "10.0.0.1", 80,
	  "/" },
	{ "ws://@h/", false, false, "", "h", "h", 80, "/" },
};

static void test_parts(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct http_url url;

		assert_null(http_url_parse(guarded(good[i].url), &url));
		assert_int_equal(url.is_secure, good[i].is_secure);
		assert_int_equal(url.is_ipv6, good[i].is_ipv6);
		assert_slice(url.user, good[i].user);
		assert_slice(url.host, good[i].host);
		assert_slice(url.host_field, good[i].host_field);
		assert_int_equal(url.port, good[i].port);
		assert_slice(url.target, good[i].target);
	}
}

static const struct {
	const char *url, *text;
} bad[] = {
	{ "", "it does not begin with ws:// or wss://" },
	{ "ws:/", "it does not begin with ws:// or wss://" },
	{ "http://h/", "it does not begin with ws:// or wss://" },
	{ "h:80", "it does not begin with ws:// or wss://" },
	{ "ws://", "it names no host" },
	{ "ws:///p", "it names no host" },
	{ "ws://u:p@/p", "it names no host" },
	{ "ws://h#f", "it has a fragment, which no WebSocket has" },
	{ "ws://h/ ", "it has a character that must be escaped" },
	{ "ws://h/\r\nX: y", "it has a character that must be escaped" },
	{ "ws://h/\xC3\xA4", "it has a character that must be escaped" },
	{ "ws://h?q", "it has a query without a path: write /?" },
	{ "ws://h:65536/", "it has no valid host and port" },
	{ "ws://h:x/", "it has no valid host and port" },
	{ "ws://:80/", "it has no valid host and port" },
	{ "ws://[::1/", "it has no valid host and port" },
	{ "ws://::1/", "it has no valid host and port" },
	{ "ws://[::1]80/", "it has no valid host and port" },
	{ "ws://h:0/", "its port is 0" },
};

static void test_refused(void **unused)
{
	struct http_url url = { .port = 7 };

	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_string_equal(http_url_parse(guarded(bad[i].url), &url),
				    bad[i].text);
	assert_int_equal(url.port, 7);
}

static void check_basic(const char *user, const char *expected)
{
	char text[HTTP_URL_BASIC_SIZE];

	assert_true(http_url_basic(guarded(user), text));
	assert_string_equal(text, expected);
}

/* RFC 7617 section 2 has the first of them. */
static void test_basic(void **unused)
{
	(void)unused;
	check_basic("Aladdin:open%20sesame",
		    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
	check_basic("user", "Basic dXNlcjo=");
	check_basic("", "Basic Og==");
	check_basic("u:%3A%c3%A4:", "Basic dTo6w6Q6");
}

static void test_basic_refused(void **unused)
{
	static const char *const refused[] = {
		"a%", "a%4", "a%4g", "a%g4", "%0d%0A", "%00", "%7f", "a:\x1f",
	};
	char long_user[HTTP_URL_USER_MAX + 2];
	char text[HTTP_URL_BASIC_SIZE];

	(void)unused;
	for (size_t i = 0; i < COUNT(refused); i++)
		assert_false(http_url_basic(guarded(refused[i]), text));
	memset(long_user, 'u', sizeof(long_user) - 1);
	long_user[sizeof(long_user) - 1] = '\0';
	assert_false(http_url_basic(guarded(long_user), text));
	long_user[HTTP_URL_USER_MAX] = '\0';
	assert_true(http_url_basic(guarded(long_user), text));
	assert_int_equal(strlen(text), sizeof(text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_basic),
		cmocka_unit_test(test_basic_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
