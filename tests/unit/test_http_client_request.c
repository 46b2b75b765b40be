/* SPDX-License-Identifier: MIT */
/* The client's request: its text, and that nothing can be slipped into it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "http/client_request.h"
#include "http/head.h"
#include "http/upgrade.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct http_client_request plain_request(void)
{
	return (struct http_client_request){
		.target = slice_of("/chat?room=1"),
		.host = slice_of("example.com:8080"),
		.key = "dGhlIHNhbXBsZSBub25jZQ==",
	};
}

static void check_text(const struct http_client_request *request,
		       const char *expected)
{
	size_t len = strlen(expected);
	char *buf = (char *)guard_alloc_end(len);

	assert_int_equal(http_client_request_write(request, buf, len), len);
	assert_memory_equal(buf, expected, len);
	for (size_t cap = 0; cap < len; cap++)
		assert_int_equal(http_client_request_write(request, buf, cap),
				 0);
	guard_free_end((uint8_t *)buf, len);
}

static void test_plain(void **unused)
{
	struct http_client_request request = plain_request();

	(void)unused;
	check_text(&request, "GET /chat?room=1 HTTP/1.1\r\n"
			     "Host: example.com:8080\r\n"
			     "Connection: Upgrade\r\n"
			     "Upgrade: websocket\r\n"
			     "Sec-WebSocket-Version: 13\r\n"
			     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			     "\r\n");
}

static void test_everything(void **unused)
{
	static const char *const names[] = { "chat", "v1.superchat" };
	static const char *const fields[] = { "Cookie: a=b", "X-Empty:" };
	struct http_client_request request = plain_request();

	(void)unused;
	request.origin = "https://www.example.com";
	request.authorization = "Basic dXNlcjo=";
	request.protocols = (struct http_protocols){ names, 2 };
	request.fields = fields;
	request.field_count = 2;
	check_text(&request, "GET /chat?room=1 HTTP/1.1\r\n"
			     "Host: example.com:8080\r\n"
			     "Connection: Upgrade\r\n"
			     "Upgrade: websocket\r\n"
			     "Sec-WebSocket-Version: 13\r\n"
			     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			     "Sec-WebSocket-Protocol: chat, v1.superchat\r\n"
			     "Origin: https://www.example.com\r\n"
			     "Authorization: Basic dXNlcjo=\r\n"
			     "Cookie: a=b\r\n"
			     "X-Empty:\r\n"
			     "\r\n");
}

/* What we write, our own server takes. */
static void test_server_takes_it(void **unused)
{
	const struct http_head_limits limits = { 8192, 16384, 128 };
	struct http_client_request request = plain_request();
	struct http_head_parser parser;
	struct http_request head;
	struct http_upgrade upgrade;
	char buf[512];
	size_t len = http_client_request_write(&request, buf, sizeof(buf));

	(void)unused;
	http_head_init(&parser, &limits);
	assert_int_equal(http_head_parse(&parser, buf, len), HTTP_HEAD_DONE);
	http_head_request(&parser, buf, &head);
	assert_int_equal(http_request_check(&head), HTTP_UPGRADE_OK);
	assert_int_equal(http_upgrade_check(&head, &upgrade), HTTP_UPGRADE_OK);
	assert_true(slice_equal(upgrade.key, slice_of(request.key)));
}

static void test_fields(void **unused)
{
	static const char *const good[] = {
		"X: y",        "X:",           "User-Agent:a b\tc",
		"Host: other", "x:\xC3\xA4:z",
	};
	static const struct {
		const char *field, *text;
	} bad[] = {
		{ "", "it is not \"Name: value\"" },
		{ "Name", "it is not \"Name: value\"" },
		{ ": v", "its name is not a header's name" },
		{ "A b: v", "its name is not a header's name" },
		{ "A : v", "its name is not a header's name" },
		{ " A: v", "its name is not a header's name" },
		{ "A\r\nB: v", "its name is not a header's name" },
		{ "A: v\r\nB: w", "its value has a control character" },
		{ "A: v\n", "its value has a control character" },
		{ "A: \x7f", "its value has a control character" },
		{ "Connection: x", "the handshake itself has that header" },
		{ "UPGRADE: x", "the handshake itself has that header" },
		{ "Content-length: 4", "the handshake itself has that header" },
		{ "transfer-Encoding: chunked",
		  "the handshake itself has that header" },
		{ "Sec-WebSocket-Extensions: permessage-deflate",
		  "the handshake itself has that header" },
		{ "sec-websocket-: x", "the handshake itself has that header" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_null(http_client_field_fault(slice_of(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_string_equal(
			http_client_field_fault(slice_of(bad[i].field)),
			bad[i].text);
}

static void test_origins(void **unused)
{
	(void)unused;
	assert_null(http_client_origin_fault(slice_of("null")));
	assert_null(http_client_origin_fault(slice_of("http://h:80")));
	assert_non_null(http_client_origin_fault(slice_of("")));
	assert_non_null(http_client_origin_fault(slice_of("http://h\r\nA: b")));
	assert_non_null(http_client_origin_fault(slice_of("a b")));
}

static void check_protocols(const char *const *names, size_t count,
			    const char *text, size_t at)
{
	const struct http_protocols protocols = { names, count };
	size_t index = 0;
	const char *fault = http_client_protocols_fault(&protocols, &index);

	if (!text) {
		assert_null(fault);
		return;
	}
	assert_string_equal(fault, text);
	assert_int_equal(index, at);
}

static void test_protocols(void **unused)
{
	const char *names[HTTP_PROTOCOLS_MAX + 1] = { "a", "b", "A" };
	char many[HTTP_PROTOCOLS_MAX + 1][8];

	(void)unused;
	check_protocols(names, 0, NULL, 0);
	check_protocols(names, 3, NULL, 0);
	names[2] = "a";
	check_protocols(names, 3, "it comes twice", 2);
	names[1] = "a, b";
	check_protocols(names, 2, "it is not a token", 1);
	names[1] = "";
	check_protocols(names, 2, "it is not a token", 1);
	for (size_t i = 0; i <= HTTP_PROTOCOLS_MAX; i++) {
		snprintf(many[i], sizeof(many[i]), "p%zu", i);
		names[i] = many[i];
	}
	check_protocols(names, HTTP_PROTOCOLS_MAX, NULL, 0);
	check_protocols(names, HTTP_PROTOCOLS_MAX + 1,
			"there are too many of them", HTTP_PROTOCOLS_MAX);
}

/* Every part is looked at again where it is written. */
static void test_nothing_slips_in(void **unused)
{
	static const char *const field = "A: b\r\nC: d", *const name = "a\r\nb";
	char buf[1024];

	(void)unused;
	for (unsigned i = 0; i < 9; i++) {
		struct http_client_request request = plain_request();

		switch (i) {
		case 0:
			request.fields = &field;
			request.field_count = 1;
			break;
		case 1:
			request.protocols = (struct http_protocols){ &name, 1 };
			break;
		case 2:
			request.origin = "http://h\r\n";
			break;
		case 3:
			request.authorization = "Basic x\r\n";
			break;
		case 4:
			request.target = slice_of("/ HTTP/1.1\r\n");
			break;
		case 5:
			request.target = slice_of("");
			break;
		case 6:
			request.host = slice_of("h\r\n");
			break;
		case 7:
			request.host = slice_of("");
			break;
		case 8:
			request.key = "\r\n";
			break;
		}
		assert_int_equal(http_client_request_write(&request, buf,
							   sizeof(buf)),
				 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_server_takes_it),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_nothing_slips_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
