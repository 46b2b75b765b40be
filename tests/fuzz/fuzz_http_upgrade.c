/* SPDX-License-Identifier: MIT */
/* Any field lines behind a request line: what the handshake makes of them. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "http/head.h"
#include "http/response.h"
#include "http/upgrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stays on in every build, unlike assert(). */
#define CHECK(condition) check(condition, __LINE__, #condition)

static void check(bool is_true, int line, const char *condition)
{
	if (is_true)
		return;
	fprintf(stderr, "%d: %s\n", line, condition);
	abort();
}

#define BEGIN "GET / HTTP/1.1\r\nHost: a\r\n"
#define BEGIN_LEN (sizeof(BEGIN) - 1)

static const struct http_head_limits limits = {
	.request_line = 8192,
	.headers = 16384,
	.header_count = 128,
};

static char *const wanted[] = { "a", "binary", "chat" };

/* How often a name comes, counted without the code under test. */
static unsigned count_of(struct slice fields, const char *name)
{
	unsigned count = 0;
	const char *at = fields.data;
	const char *end = fields.data + fields.len;

	while (at < end) {
		size_t len = strcspn(at, ":");
		count += len == strlen(name) && strncasecmp(at, name, len) == 0;
		at = strstr(at, "\r\n") + 2;
	}
	return count;
}

static void check_single(const struct http_request *r,
			 enum http_upgrade_verdict verdict)
{
	static const char *const single[] = {
		"content-length",
		"origin",
		"sec-websocket-key",
		"sec-websocket-version",
	};
	bool is_double = false;

	for (size_t i = 0; i < 4; i++)
		is_double |= count_of(r->fields, single[i]) > 1;
	CHECK(is_double == (verdict == HTTP_UPGRADE_DUPLICATE));
	if (verdict == HTTP_UPGRADE_OK)
		CHECK(count_of(r->fields, "transfer-encoding") == 0);
}

static void check_accept(const struct http_upgrade *upgrade,
			 const char *protocol)
{
	char accept[HTTP_ACCEPT_SIZE];
	char response[HTTP_RESPONSE_MAX];
	uint8_t digest[20];
	size_t len;

	CHECK(http_accept_key(upgrade->key, accept) == 0);
	CHECK(base64_decode(slice_of(accept), digest, sizeof(digest), &len));
	CHECK(len == sizeof(digest));
	CHECK(http_response_switching(response, sizeof(response), accept,
				      protocol, NULL) > 0);
}

static void check_upgrade(const struct http_request *r)
{
	struct http_upgrade upgrade;
	enum http_upgrade_verdict verdict = http_upgrade_check(r, &upgrade);
	size_t index = 99;
	int choice = http_upgrade_choose_protocol(r, wanted, 3, &index);

	CHECK((choice == HTTP_PROTOCOL_CHOSEN) == (index < 3));
	CHECK(http_upgrade_status(verdict) >= 101);
	if (verdict != HTTP_UPGRADE_OK)
		return;
	CHECK(upgrade.has_origin == (count_of(r->fields, "origin") > 0));
	CHECK(upgrade.has_protocols ==
	      (count_of(r->fields, "sec-websocket-protocol") > 0));
	CHECK(upgrade.has_protocols || choice == HTTP_PROTOCOL_NONE);
	CHECK(count_of(r->fields, "connection") > 0);
	CHECK(count_of(r->fields, "upgrade") > 0);
	check_accept(&upgrade, index < 3 ? wanted[index] : NULL);
}

static void check_head(const char *head, size_t len)
{
	struct http_head_parser p;
	struct http_request r;

	http_head_init(&p, &limits);
	if (http_head_parse(&p, head, len) != HTTP_HEAD_DONE)
		return;
	http_head_request(&p, head, &r);
	enum http_upgrade_verdict verdict = http_request_check(&r);
	CHECK(verdict <= HTTP_UPGRADE_DUPLICATE);
	check_single(&r, verdict);
	if (verdict == HTTP_UPGRADE_OK)
		check_upgrade(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = BEGIN_LEN + size + 4;
	char *head = malloc(len + 1); /* the references above want text */

	CHECK(head != NULL);
	memcpy(head, BEGIN, BEGIN_LEN);
	memcpy(head + BEGIN_LEN, data, size);
	memcpy(head + len - 4, "\r\n\r\n", 5);
	check_head(head, len - 2);
	check_head(head, len);
	free(head);
	return 0;
}
