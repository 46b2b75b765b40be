/* SPDX-License-Identifier: MIT */
/* The server's answer, judged the same whole, byte by byte, at every split. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "http/client_response.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 6455 section 1.3. */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define LINE "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define ACCEPTED "Sec-WebSocket-Accept: " ACCEPT "\r\n"
#define GOOD LINE UPGRADE CONNECTION ACCEPTED

static const char *const offered[] = { "chat", "superchat" };

static const struct http_client_offer offer = {
	.accept = ACCEPT,
	.protocols = { offered, 2 },
};

/* Shown up to `cut` first; a step of 0 shows the rest at once. */
static enum http_client_status parse(struct http_client_response *r,
				     const char *text, size_t len, size_t cut,
				     size_t step)
{
	uint8_t *copy = guard_copy_end(text, len);
	uint8_t *begin = copy;
	enum http_client_status status = HTTP_CLIENT_MORE;

	http_client_response_init(r, &offer);
	for (size_t shown = cut; status == HTTP_CLIENT_MORE;) {
		uint8_t *piece = guard_copy_end(begin, shown);

		/* A first look with a guard page behind what is shown. */
		struct http_client_response probe = *r;
		(void)!http_client_response_parse(&probe, (char *)piece, shown);
		guard_free_end(piece, shown);
		status = http_client_response_parse(r, (char *)begin, shown);
		if (shown == len)
			break;
		shown = step > 0 && len - shown > step ? shown + step : len;
	}
	assert_int_equal(http_client_response_parse(r, (char *)begin, len),
			 status);
	/* The slices are compared by the caller: they must live on. */
	return status;
}

static void check_one(const struct http_client_response *r,
		      enum http_client_status status,
		      enum http_client_status expected, const char *error,
		      size_t head_len)
{
	assert_int_equal(status, expected);
	if (expected == HTTP_CLIENT_BAD)
		assert_string_equal(r->error, error);
	else if (expected != HTTP_CLIENT_MORE)
		assert_int_equal(r->head_len, head_len);
}

/* `ret` is what the whole text led to. */
static void check(const char *text, enum http_client_status expected,
		  const char *error, size_t head_len,
		  struct http_client_response *ret)
{
	size_t len = strlen(text);
	struct http_client_response r;

	for (size_t cut = 0; cut <= len; cut++)
		check_one(&r, parse(&r, text, len, cut, 0), expected, error,
			  head_len);
	check_one(&r, parse(&r, text, len, 0, 1), expected, error, head_len);
	check_one(ret, parse(ret, text, len, len, 0), expected, error,
		  head_len);
}

static void check_bad(const char *text, const char *error)
{
	struct http_client_response r;

	check(text, HTTP_CLIENT_BAD, error, 0, &r);
}

static void assert_slice(struct slice s, const char *text)
{
	assert_true(slice_equal(s, slice_of(text)));
}

static void test_open(void **unused)
{
	struct http_client_response r;

	(void)unused;
	check(GOOD "\r\n\x82\x01x", HTTP_CLIENT_OPEN, NULL, strlen(GOOD "\r\n"),
	      &r);
	assert_null(r.protocol);
	assert_int_equal(r.status, 101);
	assert_slice(r.reason, "Switching Protocols");
	check("HTTP/1.1 101\r\nuPGRADE:WebSocket\r\n"
	      "connection: keep-alive\r\n"
	      "Connection: close , upgrade\r\nDate: today\r\n"
	      "sec-websocket-protocol: superchat\r\n" ACCEPTED "\r\n",
	      HTTP_CLIENT_OPEN, NULL,
	      14 + 19 + 24 + 29 + 13 + 35 + strlen(ACCEPTED) + 2, &r);
	assert_ptr_equal(r.protocol, offered[1]);
	assert_slice(r.reason, "");
}

static void test_more(void **unused)
{
	struct http_client_response r;

	(void)unused;
	check("", HTTP_CLIENT_MORE, NULL, 0, &r);
	check("HTTP/1.", HTTP_CLIENT_MORE, NULL, 0, &r);
	check(GOOD "\r", HTTP_CLIENT_MORE, NULL, 0, &r);
}

static void test_status_lines(void **unused)
{
	static const char *const bad[] = {
		"HTTP/1.1\r\n",          "HTTP/1.2 101 X\r\n",
		"HTTP/1.1  101 X\r\n",   "HTTP/1.1 1 X\r\n",
		"HTTP/1.1 099 X\r\n",    "HTTP/1.1 10a X\r\n",
		"HTTP/1.1 1011 X\r\n",   "HTTP/1.1 101X\r\n",
		"HTTP/1.1 101 \x01\r\n", "HTTP/1.1-101 X\r\n",
		"HTTP/1.1 10\r\n",
	};
	static const char *const other[] = {
		"SSH-2.0-OpenSSH_9.2\r\n", "\r\n", "X", "HTTP/2 101\r\n", "\n",
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++)
		check_bad(bad[i], "its status line is not valid");
	for (size_t i = 0; i < COUNT(other); i++)
		check_bad(other[i], "it is not HTTP");
	check_bad("HTTP/1.1 101 X\n",
		  "it has a line that does not end with CR LF");
	check_bad("HTTP/1.0 101 X\r\n", "it switches protocols in HTTP/1.0");
}

static void test_fields_refused(void **unused)
{
	static const struct {
		const char *fields, *error;
	} rows[] = {
		{ "X\r\n", "it has a header that is not valid" },
		{ "X : y\r\n", "it has a header that is not valid" },
		{ ": y\r\n", "it has a header that is not valid" },
		{ "X: y\r\n z\r\n", "it has a header that is not valid" },
		{ "X: \x01\r\n", "it has a control character in a header" },
		{ "X: a\rb\r\n", "it has a control character in a header" },
		{ "X: y\n", "it has a line that does not end with CR LF" },
		{ "\n", "it has a line that does not end with CR LF" },
		{ "Upgrade: h2c\r\n", "its Upgrade is not \"websocket\"" },
		{ "Upgrade: a, websocket\r\n",
		  "its Upgrade is not \"websocket\"" },
		{ UPGRADE UPGRADE, "its Upgrade is not \"websocket\"" },
		{ "Sec-WebSocket-Accept: " ACCEPT "=\r\n",
		  "its Sec-WebSocket-Accept is not for our key" },
		{ "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
		  "its Sec-WebSocket-Accept is not for our key" },
		{ ACCEPTED ACCEPTED,
		  "its Sec-WebSocket-Accept is not for our key" },
		{ "Sec-WebSocket-Extensions: permessage-deflate\r\n",
		  "it uses an extension that was not offered" },
		{ "Sec-WebSocket-Protocol: other\r\n",
		  "it chooses a subprotocol that was not offered" },
		{ "Sec-WebSocket-Protocol: Chat\r\n",
		  "it chooses a subprotocol that was not offered" },
		{ "Sec-WebSocket-Protocol: chat, superchat\r\n",
		  "it chooses a subprotocol that was not offered" },
		{ "Sec-WebSocket-Protocol:\r\n",
		  "it chooses a subprotocol that was not offered" },
		{ "Sec-WebSocket-Protocol: chat\r\n"
		  "Sec-WebSocket-Protocol: chat\r\n",
		  "it chooses two subprotocols" },
		{ CONNECTION ACCEPTED "\r\n", "it has no Upgrade" },
		{ UPGRADE ACCEPTED "Connection: upgraded\r\n\r\n",
		  "it has no \"Connection: Upgrade\"" },
		{ UPGRADE CONNECTION "\r\n", "it has no Sec-WebSocket-Accept" },
	};
	char text[512];

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		strcpy(text, LINE);
		strcat(text, rows[i].fields);
		check_bad(text, rows[i].error);
	}
}

/* RFC 9110 section 15.2: any number of them, and then one that counts. */
static void test_interim_answers(void **unused)
{
	static const char interim[] = "HTTP/1.1 103 Early Hints\r\n"
				      "Upgrade: not judged\r\n"
				      "Location: nowhere\r\n\r\n"
				      "HTTP/1.1 100 \r\n\r\n";
	char text[512];
	struct http_client_response r;

	(void)unused;
	strcpy(text, interim);
	strcat(text, GOOD "\r\n");
	check(text, HTTP_CLIENT_OPEN, NULL, strlen(text), &r);
	strcpy(text, interim);
	strcat(text, "HTTP/1.1 403 \r\n\r\n");
	check(text, HTTP_CLIENT_REFUSED, NULL, strlen(text), &r);
	assert_int_equal(r.location.len, 0);
}

static void test_too_large(void **unused)
{
	static char text[HTTP_CLIENT_HEAD_MAX + 100] = LINE "X: ";
	struct http_client_response r;
	size_t begin = strlen(text);

	(void)unused;
	memset(text + begin, 'x', sizeof(text) - begin);
	assert_int_equal(parse(&r, text, HTTP_CLIENT_HEAD_MAX - 1, 50, 1000),
			 HTTP_CLIENT_MORE);
	assert_int_equal(parse(&r, text, sizeof(text), 50, 1000),
			 HTTP_CLIENT_BAD);
	assert_string_equal(r.error, "its headers are too large");
	assert_int_equal(parse(&r, text, sizeof(text), sizeof(text), 0),
			 HTTP_CLIENT_BAD);
	/* One that just fits. */
	memcpy(text + HTTP_CLIENT_HEAD_MAX -
		       strlen("\r\n" UPGRADE CONNECTION ACCEPTED "\r\n"),
	       "\r\n" UPGRADE CONNECTION ACCEPTED "\r\n",
	       strlen("\r\n" UPGRADE CONNECTION ACCEPTED "\r\n"));
	assert_int_equal(parse(&r, text, sizeof(text), 50, 1000),
			 HTTP_CLIENT_OPEN);
	assert_int_equal(r.head_len, HTTP_CLIENT_HEAD_MAX);
}

/* The text told of a refusal with `fields` and `body`. */
static void check_text(const char *fields, const char *body, bool is_end,
		       const char *expected)
{
	char text[512] = "HTTP/1.1 403 Forbidden\r\n";
	struct http_client_response r;

	strcat(text, fields);
	strcat(text, "\r\n");
	size_t head_len = strlen(text);
	strcat(text, body);
	check(text, HTTP_CLIENT_REFUSED, NULL, head_len, &r);
	assert_int_equal(r.status, 403);
	assert_slice(r.reason, "Forbidden");
	size_t len = strlen(body);
	uint8_t *copy = guard_copy_end(body, len);
	assert_slice(http_client_response_text(
			     &r, slice_make((char *)copy, len), is_end),
		     expected);
	guard_free_end(copy, len);
}

#define TEXT "Content-Type: text/plain; charset=utf-8\r\n"

static void test_refusal_text(void **unused)
{
	(void)unused;
	check_text(TEXT, " not you \r\nnor others", false, "not you");
	check_text(TEXT, "not you", false, "");
	check_text(TEXT, "not you", true, "not you");
	check_text(TEXT, "", true, "");
	check_text(TEXT "Content-Length: 7\r\n", "not you, too much", false,
		   "not you");
	check_text(TEXT "Content-Length: 7\r\n", "not yo", false, "");
	check_text(TEXT "Content-Length: x7\r\n", "not you", false, "");
	check_text(TEXT "Content-Length:\r\n", "not you", false, "");
	check_text(TEXT "Content-Length: 9999999999\r\n", "n\n", false, "n");
	check_text(TEXT "Transfer-Encoding: chunked\r\n", "7\r\nnot y", false,
		   "");
	check_text(TEXT "Transfer-Encoding: chunked\r\n",
		   "7\r\nnot you\r\n0\r\n\r\n", false, "not you");
	check_text(TEXT "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
		   "7\r\nnot you", false, "not you");
	check_text(TEXT "Transfer-Encoding: gzip\r\n", "a\n", false, "a");
	check_text("Content-Type: text/html\r\n", "<p>no</p>\n", true, "");
	check_text("", "not you\n", true, "");
}

static void test_redirect(void **unused)
{
	static const char text[] =
		"HTTP/1.0 301 Moved\r\nLocation: /there\r\n\r\n";
	struct http_client_response r;

	(void)unused;
	check(text, HTTP_CLIENT_REFUSED, NULL, sizeof(text) - 1, &r);
	assert_slice(r.location, "/there");
	assert_int_equal(r.body_len, SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_status_lines),
		cmocka_unit_test(test_fields_refused),
		cmocka_unit_test(test_interim_answers),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_refusal_text),
		cmocka_unit_test(test_redirect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
