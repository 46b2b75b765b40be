/* SPDX-License-Identifier: MIT */
/* The opening handshake: verdicts, subprotocols, the accept key. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "http/upgrade.h"
#include "http_request.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"

static void assert_slice(struct slice s, const char *text)
{
	if (!slice_equal(s, slice_of(text)))
		fail_msg("\"%.*s\" is not \"%s\"", (int)s.len, s.data, text);
}

struct check {
	const char *fields;
	enum http_upgrade_verdict verdict;
};

static void assert_request_checks(const struct check *checks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct http_request request =
			http_request_make(checks[i].fields);
		enum http_upgrade_verdict verdict =
			http_request_check(&request);
		if (verdict != checks[i].verdict)
			fail_msg("check %zu: verdict %d", i, (int)verdict);
		http_request_free(&request);
	}
}

/* RFC 9112 section 6.3: what says that a body follows */
static void test_request_has_no_body(void **state)
{
	static const struct check checks[] = {
		{ "", HTTP_UPGRADE_OK },
		{ "Host: a\r\nX: y\r\nX: z\r\n", HTTP_UPGRADE_OK },
		{ "Content-Length: 0\r\n", HTTP_UPGRADE_OK },
		{ "content-length: 000\r\n", HTTP_UPGRADE_OK },
		{ "Content-Length: 1\r\n", HTTP_UPGRADE_HAS_BODY },
		{ "Content-Length: 10\r\n", HTTP_UPGRADE_HAS_BODY },
		{ "Content-Length:\r\n", HTTP_UPGRADE_HAS_BODY },
		{ "Content-Length: -0\r\n", HTTP_UPGRADE_HAS_BODY },
		{ "Content-Length: 0, 0\r\n", HTTP_UPGRADE_HAS_BODY },
		{ "Transfer-Encoding: chunked\r\n", HTTP_UPGRADE_HAS_BODY },
		{ "TRANSFER-ENCODING:\r\n", HTTP_UPGRADE_HAS_BODY },
		{ "Transfer-Encoding: x\r\nContent-Length: 0\r\n",
		  HTTP_UPGRADE_HAS_BODY },
		{ "Content-Length: 1\r\nX: y\r\n", HTTP_UPGRADE_HAS_BODY },
	};

	(void)state;
	assert_request_checks(checks, COUNT(checks));
}

/* RFC 6455 sections 11.3.1 and 11.3.5, RFC 6454 section 7.3 */
static void test_request_has_single_fields_once(void **state)
{
	static const struct check checks[] = {
		{ UPGRADE KEY VERSION "Origin: http://a\r\n", HTTP_UPGRADE_OK },
		{ KEY KEY, HTTP_UPGRADE_DUPLICATE },
		{ KEY "X: y\r\nsec-websocket-key: a\r\n",
		  HTTP_UPGRADE_DUPLICATE },
		{ VERSION VERSION, HTTP_UPGRADE_DUPLICATE },
		{ "Origin: http://a\r\nORIGIN: http://a\r\n",
		  HTTP_UPGRADE_DUPLICATE },
		{ "Content-Length: 0\r\nContent-Length: 0\r\n",
		  HTTP_UPGRADE_DUPLICATE },
		{ "Content-Length: 5\r\n" KEY KEY, HTTP_UPGRADE_DUPLICATE },
		{ UPGRADE UPGRADE "Cookie: a\r\nCookie: a\r\n",
		  HTTP_UPGRADE_OK },
	};

	(void)state;
	assert_request_checks(checks, COUNT(checks));
}

static void test_request_is_a_get(void **state)
{
	static const char *const methods[] = { "get", "HEAD", "POST", "GETS",
					       "GE" };

	(void)state;
	for (size_t i = 0; i < COUNT(methods); i++) {
		struct http_request request =
			http_request_make("Content-Length: 5\r\n" KEY KEY);
		request.method = slice_of(methods[i]);
		assert_int_equal(http_request_check(&request),
				 HTTP_UPGRADE_NOT_GET);
		http_request_free(&request);
	}
}

static const struct check upgrade_checks[] = {
	/* RFC 6455 section 4.2.1 item 3 and 4 */
	{ UPGRADE KEY VERSION, HTTP_UPGRADE_OK },
	{ "upgrade: WebSocket\r\nconnection: uPGRADE\r\n" KEY VERSION,
	  HTTP_UPGRADE_OK },
	{ "Upgrade: h2c , websocket\r\n"
	  "Connection: keep-alive, Upgrade\r\n" KEY VERSION,
	  HTTP_UPGRADE_OK },
	{ "Upgrade: h2c\r\nUpgrade:\twebsocket,\r\nConnection: x\r\n"
	  "Connection: ,,upgrade\r\n" KEY VERSION,
	  HTTP_UPGRADE_OK },
	{ "Connection: upgrade\r\nConnection: close\r\n"
	  "Upgrade: websocket\r\nUpgrade: x\r\n" KEY VERSION,
	  HTTP_UPGRADE_OK },
	{ "", HTTP_UPGRADE_NOT_WEBSOCKET },
	{ KEY VERSION, HTTP_UPGRADE_NOT_WEBSOCKET },
	{ "Upgrade: websocket\r\n" KEY VERSION, HTTP_UPGRADE_NOT_WEBSOCKET },
	{ "Connection: Upgrade\r\n" KEY VERSION, HTTP_UPGRADE_NOT_WEBSOCKET },
	{ "Connection: Upgrade\r\nUpgrade: h2c\r\n" KEY VERSION,
	  HTTP_UPGRADE_NOT_WEBSOCKET },
	{ "Connection: Upgrade\r\nUpgrade: websockets\r\n" KEY VERSION,
	  HTTP_UPGRADE_NOT_WEBSOCKET },
	{ "Connection: Upgrade\r\nUpgrade: web, socket\r\n" KEY VERSION,
	  HTTP_UPGRADE_NOT_WEBSOCKET },
	{ "Connection: up grade\r\nUpgrade: websocket\r\n" KEY VERSION,
	  HTTP_UPGRADE_NOT_WEBSOCKET },
	{ "Connection:\r\nUpgrade:\r\n" KEY VERSION,
	  HTTP_UPGRADE_NOT_WEBSOCKET },
	/* RFC 6455 section 4.2.1 item 6; it comes before the key */
	{ UPGRADE KEY, HTTP_UPGRADE_BAD_VERSION },
	{ UPGRADE, HTTP_UPGRADE_BAD_VERSION },
	{ UPGRADE KEY "Sec-WebSocket-Version: 8\r\n",
	  HTTP_UPGRADE_BAD_VERSION },
	{ UPGRADE KEY "Sec-WebSocket-Version: 013\r\n",
	  HTTP_UPGRADE_BAD_VERSION },
	{ UPGRADE KEY "Sec-WebSocket-Version: 13, 8\r\n",
	  HTTP_UPGRADE_BAD_VERSION },
	{ UPGRADE KEY "Sec-WebSocket-Version:\r\n", HTTP_UPGRADE_BAD_VERSION },
	/* RFC 6455 section 4.2.1 item 5 */
	{ UPGRADE VERSION, HTTP_UPGRADE_BAD_KEY },
	{ UPGRADE VERSION "Sec-WebSocket-Key:\r\n", HTTP_UPGRADE_BAD_KEY },
	{ UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n",
	  HTTP_UPGRADE_BAD_KEY },
	{ UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n",
	  HTTP_UPGRADE_BAD_KEY },
	{ UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA=\r\n",
	  HTTP_UPGRADE_BAD_KEY },
	{ UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n",
	  HTTP_UPGRADE_BAD_KEY },
	{ UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n",
	  HTTP_UPGRADE_BAD_KEY },
	{ UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==AAAA\r\n",
	  HTTP_UPGRADE_BAD_KEY },
	{ UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==\r\n",
	  HTTP_UPGRADE_BAD_KEY },
};

static void test_upgrade_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(upgrade_checks); i++) {
		struct http_request request =
			http_request_make(upgrade_checks[i].fields);
		struct http_upgrade upgrade = { .key = slice_of("kept") };
		enum http_upgrade_verdict verdict =
			http_upgrade_check(&request, &upgrade);
		if (verdict != upgrade_checks[i].verdict)
			fail_msg("check %zu: verdict %d", i, (int)verdict);
		assert_slice(upgrade.key, verdict == HTTP_UPGRADE_OK ?
						  "dGhlIHNhbXBsZSBub25jZQ==" :
						  "kept");
		http_request_free(&request);
	}
}

static void test_upgrade_tells_origin_and_protocols(void **state)
{
	struct http_upgrade upgrade;
	struct http_request request = http_request_make(UPGRADE KEY VERSION);

	(void)state;
	assert_int_equal(http_upgrade_check(&request, &upgrade),
			 HTTP_UPGRADE_OK);
	assert_false(upgrade.has_origin);
	assert_int_equal(upgrade.origin.len, 0);
	assert_false(upgrade.has_protocols);
	http_request_free(&request);

	request = http_request_make(UPGRADE KEY VERSION
			       "Origin: https://a.example\r\n"
			       "Sec-WebSocket-Protocol: a\r\n");
	assert_int_equal(http_upgrade_check(&request, &upgrade),
			 HTTP_UPGRADE_OK);
	assert_true(upgrade.has_origin);
	assert_slice(upgrade.origin, "https://a.example");
	assert_true(upgrade.has_protocols);
	http_request_free(&request);

	request = http_request_make(UPGRADE KEY VERSION "Origin:\r\n");
	assert_int_equal(http_upgrade_check(&request, &upgrade),
			 HTTP_UPGRADE_OK);
	assert_true(upgrade.has_origin);
	assert_int_equal(upgrade.origin.len, 0);
	http_request_free(&request);
}

static void test_verdicts_have_status_and_text(void **state)
{
	static const unsigned statuses[] = {
		[HTTP_UPGRADE_OK] = 101,
		[HTTP_UPGRADE_NOT_GET] = 405,
		[HTTP_UPGRADE_HAS_BODY] = 400,
		[HTTP_UPGRADE_DUPLICATE] = 400,
		[HTTP_UPGRADE_NOT_WEBSOCKET] = 426,
		[HTTP_UPGRADE_BAD_VERSION] = 426,
		[HTTP_UPGRADE_BAD_KEY] = 400,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		enum http_upgrade_verdict verdict =
			(enum http_upgrade_verdict)i;
		assert_int_equal(http_upgrade_status(verdict), statuses[i]);
		assert_int_equal(strlen(http_upgrade_text(verdict)) > 0, i > 0);
	}
}

#define OFFER(list) "Sec-WebSocket-Protocol: " list "\r\n"

/* RFC 6455 sections 4.1 item 10 and 4.2.2; wanted are "b", then "a" */
static const struct {
	const char *fields;
	int choice;
	size_t index;
} offers[] = {
	{ "", HTTP_PROTOCOL_NONE, 9 },
	{ "X: a\r\n", HTTP_PROTOCOL_NONE, 9 },
	{ OFFER("a"), HTTP_PROTOCOL_CHOSEN, 1 },
	{ OFFER("b"), HTTP_PROTOCOL_CHOSEN, 0 },
	{ OFFER("a, b"), HTTP_PROTOCOL_CHOSEN, 0 },
	{ OFFER("c") "X: y\r\nsec-websocket-protocol:a ,d\r\n",
	  HTTP_PROTOCOL_CHOSEN, 1 },
	{ OFFER(",a,,"), HTTP_PROTOCOL_CHOSEN, 1 },
	{ OFFER("") OFFER("a"), HTTP_PROTOCOL_CHOSEN, 1 },
	{ OFFER("c"), HTTP_PROTOCOL_NONE, 9 },
	{ OFFER("A, B"), HTTP_PROTOCOL_NONE, 9 },
	{ OFFER("ab, ba"), HTTP_PROTOCOL_NONE, 9 },
	{ OFFER("a, A"), HTTP_PROTOCOL_CHOSEN, 1 },
	{ OFFER("a, a"), HTTP_PROTOCOL_BAD, 9 },
	{ OFFER("c, a,b,c"), HTTP_PROTOCOL_BAD, 9 },
	{ OFFER("a") OFFER("a"), HTTP_PROTOCOL_BAD, 9 },
	{ OFFER("a b"), HTTP_PROTOCOL_BAD, 9 },
	{ OFFER("a, b/c"), HTTP_PROTOCOL_BAD, 9 },
	{ OFFER("a, \"b\""), HTTP_PROTOCOL_BAD, 9 },
	{ OFFER("a, \xe4"), HTTP_PROTOCOL_BAD, 9 },
	{ OFFER(""), HTTP_PROTOCOL_BAD, 9 },
	{ OFFER(" , ,"), HTTP_PROTOCOL_BAD, 9 },
};

static void test_chooses_in_the_order_of_the_server(void **state)
{
	char *const wanted[] = { "b", "a" };

	(void)state;
	for (size_t i = 0; i < COUNT(offers); i++) {
		struct http_request request =
			http_request_make(offers[i].fields);
		size_t index = 9;
		int choice = http_upgrade_choose_protocol(&request, wanted, 2,
							  &index);
		if (choice != offers[i].choice || index != offers[i].index)
			fail_msg("offer %zu: %d, index %zu", i, choice, index);
		http_request_free(&request);
	}
}

static void test_judges_an_offer_nobody_wants(void **state)
{
	struct http_request good = http_request_make(OFFER("a"));
	struct http_request bad = http_request_make(OFFER("a, a"));
	size_t index = 9;

	(void)state;
	assert_int_equal(http_upgrade_choose_protocol(&good, NULL, 0, &index),
			 HTTP_PROTOCOL_NONE);
	assert_int_equal(http_upgrade_choose_protocol(&bad, NULL, 0, &index),
			 HTTP_PROTOCOL_BAD);
	assert_int_equal(index, 9);
	http_request_free(&good);
	http_request_free(&bad);
}

/* Offers `count` names p0, p1 …; returns the choice of the last one. */
static int choose_last_of(int count)
{
	char fields[1024] = "Sec-WebSocket-Protocol:";
	size_t len = strlen(fields);
	char last[16] = "";
	char *const wanted[] = { last };
	size_t index;

	for (int i = 0; i < count; i++) {
		snprintf(last, sizeof(last), "p%d", i);
		len += (size_t)snprintf(fields + len, sizeof(fields) - len,
					"%s,", last);
	}
	snprintf(fields + len, sizeof(fields) - len, "\r\n");
	struct http_request request = http_request_make(fields);
	int choice = http_upgrade_choose_protocol(&request, wanted, 1, &index);
	http_request_free(&request);
	return choice;
}

static void test_bounds_the_offer(void **state)
{
	(void)state;
	assert_int_equal(choose_last_of(HTTP_PROTOCOLS_MAX),
			 HTTP_PROTOCOL_CHOSEN);
	assert_int_equal(choose_last_of(HTTP_PROTOCOLS_MAX + 1),
			 HTTP_PROTOCOL_BAD);
}

/* RFC 6455 section 1.3 */
static void test_accept_key(void **state)
{
	uint8_t *key = guard_copy_end("dGhlIHNhbXBsZSBub25jZQ==", 24);
	uint8_t *text = guard_alloc_end(HTTP_ACCEPT_SIZE);
	struct slice s = slice_make((char *)key, 24);

	(void)state;
	assert_int_equal(http_accept_key(s, (char *)text), 0);
	assert_string_equal((char *)text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	s.len = 23;
	assert_int_equal(http_accept_key(s, (char *)text), -1);
	assert_string_equal((char *)text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	guard_free_end(key, 24);
	guard_free_end(text, HTTP_ACCEPT_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_has_no_body),
		cmocka_unit_test(test_request_has_single_fields_once),
		cmocka_unit_test(test_request_is_a_get),
		cmocka_unit_test(test_upgrade_verdicts),
		cmocka_unit_test(test_upgrade_tells_origin_and_protocols),
		cmocka_unit_test(test_verdicts_have_status_and_text),
		cmocka_unit_test(test_chooses_in_the_order_of_the_server),
		cmocka_unit_test(test_judges_an_offer_nobody_wants),
		cmocka_unit_test(test_bounds_the_offer),
		cmocka_unit_test(test_accept_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
