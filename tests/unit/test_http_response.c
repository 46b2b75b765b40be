/* SPDX-License-Identifier: MIT */
/* Responses, byte for byte, in memory of exactly their size. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "http/response.h"

#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* One call of a writer with its arguments. */
typedef size_t write_fn(char *buf, size_t cap);

/* The writer gives `want`, and 0 in any memory that is too small for it. */
static void assert_written(write_fn *write, const char *want)
{
	size_t len = strlen(want);

	assert_true(len <= HTTP_RESPONSE_MAX);
	for (size_t cap = 0; cap <= len; cap++) {
		uint8_t *buf = guard_alloc_end(cap);
		size_t size = write((char *)buf, cap);
		assert_int_equal(size, cap == len ? len : 0);
		if (size > 0)
			assert_memory_equal(buf, want, len);
		guard_free_end(buf, cap);
	}
	char roomy[HTTP_RESPONSE_MAX];
	assert_int_equal(write(roomy, sizeof(roomy)), len);
}

static size_t write_switching(char *buf, size_t cap)
{
	return http_response_switching(buf, cap, ACCEPT, NULL, NULL);
}

/* RFC 6455 section 4.2.2 item 5 */
static void test_switching(void **state)
{
	(void)state;
	assert_written(write_switching, "HTTP/1.1 101 Switching Protocols\r\n"
					"Upgrade: websocket\r\n"
					"Connection: Upgrade\r\n"
					"Sec-WebSocket-Accept: " ACCEPT "\r\n"
					"\r\n");
}

static size_t write_protocol(char *buf, size_t cap)
{
	return http_response_switching(buf, cap, ACCEPT, "text.ircv3.net",
				       NULL);
}

static void test_switching_with_a_protocol(void **state)
{
	(void)state;
	assert_written(write_protocol,
		       "HTTP/1.1 101 Switching Protocols\r\n"
		       "Upgrade: websocket\r\n"
		       "Connection: Upgrade\r\n"
		       "Sec-WebSocket-Accept: " ACCEPT "\r\n"
		       "Sec-WebSocket-Protocol: text.ircv3.net\r\n"
		       "\r\n");
}

static size_t write_extensions(char *buf, size_t cap)
{
	return http_response_switching(buf, cap, ACCEPT, "a", "x; y=1");
}

static void test_switching_with_extensions(void **state)
{
	(void)state;
	assert_written(write_extensions,
		       "HTTP/1.1 101 Switching Protocols\r\n"
		       "Upgrade: websocket\r\n"
		       "Connection: Upgrade\r\n"
		       "Sec-WebSocket-Accept: " ACCEPT "\r\n"
		       "Sec-WebSocket-Protocol: a\r\n"
		       "Sec-WebSocket-Extensions: x; y=1\r\n"
		       "\r\n");
}

static size_t write_not_found(char *buf, size_t cap)
{
	return http_response_refusal(buf, cap, 404, "no such path", 0);
}

static void test_refusal(void **state)
{
	(void)state;
	assert_written(write_not_found,
		       "HTTP/1.1 404 Not Found\r\n"
		       "Content-Type: text/plain; charset=utf-8\r\n"
		       "Content-Length: 13\r\n"
		       "Connection: close\r\n"
		       "\r\n"
		       "no such path\n");
}

static size_t write_not_allowed(char *buf, size_t cap)
{
	return http_response_refusal(buf, cap, 405, "method is not GET", 0);
}

/* RFC 9110 section 15.5.6 */
static void test_refusal_405_has_allow(void **state)
{
	(void)state;
	assert_written(write_not_allowed,
		       "HTTP/1.1 405 Method Not Allowed\r\n"
		       "Content-Type: text/plain; charset=utf-8\r\n"
		       "Content-Length: 18\r\n"
		       "Connection: close\r\n"
		       "Allow: GET\r\n"
		       "\r\n"
		       "method is not GET\n");
}

static size_t write_upgrade_required(char *buf, size_t cap)
{
	return http_response_refusal(buf, cap, 426, "", 0);
}

/* RFC 9110 section 15.5.22, RFC 6455 section 4.4 */
static void test_refusal_426_has_upgrade_and_version(void **state)
{
	(void)state;
	assert_written(write_upgrade_required,
		       "HTTP/1.1 426 Upgrade Required\r\n"
		       "Content-Type: text/plain; charset=utf-8\r\n"
		       "Content-Length: 1\r\n"
		       "Connection: Upgrade, close\r\n"
		       "Upgrade: websocket\r\n"
		       "Sec-WebSocket-Version: 13\r\n"
		       "\r\n"
		       "\n");
}

static size_t write_busy(char *buf, size_t cap)
{
	return http_response_refusal(buf, cap, 503, "busy", 5);
}

/* RFC 9110 section 10.2.3 */
static void test_refusal_with_retry_after(void **state)
{
	(void)state;
	assert_written(write_busy, "HTTP/1.1 503 Service Unavailable\r\n"
				   "Content-Type: text/plain; charset=utf-8\r\n"
				   "Content-Length: 5\r\n"
				   "Connection: close\r\n"
				   "Retry-After: 5\r\n"
				   "\r\n"
				   "busy\n");
}

static size_t write_page(char *buf, size_t cap)
{
	return http_response_page_head(buf, cap, "text/html; charset=utf-8",
				       "default-src 'none'", 12345);
}

static void test_page_head(void **state)
{
	(void)state;
	assert_written(write_page, "HTTP/1.1 200 OK\r\n"
				   "Content-Type: text/html; charset=utf-8\r\n"
				   "Content-Length: 12345\r\n"
				   "Content-Security-Policy: "
				   "default-src 'none'\r\n"
				   "Cache-Control: no-store\r\n"
				   "X-Content-Type-Options: nosniff\r\n"
				   "Connection: close\r\n"
				   "\r\n");
}

/* The largest response of each kind fits HTTP_RESPONSE_MAX. */
static void test_max_holds_the_largest(void **state)
{
	char text[HTTP_RESPONSE_TEXT_MAX + 1];
	char buf[HTTP_RESPONSE_MAX];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_not_equal(0, http_response_refusal(buf, sizeof(buf), 426,
						      text, UINT32_MAX));
	assert_int_not_equal(0, http_response_refusal(buf, sizeof(buf), 405,
						      text, UINT32_MAX));
	assert_int_not_equal(0, http_response_switching(buf, sizeof(buf),
							ACCEPT, text, text));
	assert_int_not_equal(
		0, http_response_page_head(buf, sizeof(buf), text, text,
					   SIZE_MAX));
}

static void test_reasons(void **state)
{
	static const unsigned sent[] = {101, 200, 400, 401, 403, 404,
					405, 408, 414, 426, 429, 431,
					500, 502, 503, 504, 505};

	(void)state;
	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++)
		assert_string_not_equal(http_status_reason(sent[i]), "Unknown");
	assert_string_equal(http_status_reason(431),
			    "Request Header Fields Too Large");
	assert_string_equal(http_status_reason(299), "Unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_switching),
		cmocka_unit_test(test_switching_with_a_protocol),
		cmocka_unit_test(test_switching_with_extensions),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_refusal_405_has_allow),
		cmocka_unit_test(test_refusal_426_has_upgrade_and_version),
		cmocka_unit_test(test_refusal_with_retry_after),
		cmocka_unit_test(test_page_head),
		cmocka_unit_test(test_max_holds_the_largest),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
