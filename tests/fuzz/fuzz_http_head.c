/* SPDX-License-Identifier: MIT */
/* Any bytes as a request head: the same answer however they are cut. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "http/head.h"
#include "http/path.h"
#include "http/target.h"

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

/* The first byte of an input picks one of these, the second how to cut. */
static const struct http_head_limits choices[] = {
	{ .request_line = 8192, .headers = 16384, .header_count = 128 },
	{ .request_line = 64, .headers = 64, .header_count = 4 },
	{ .request_line = 20, .headers = 1024, .header_count = 2 },
	{ .request_line = 1, .headers = 0, .header_count = 0 },
};

/* Shows bytes in memory of exactly their size, elsewhere in each call. */
static enum http_head_status show(struct http_head_parser *p, const char *head,
				  size_t len)
{
	char *copy = malloc(len ? len : 1);

	CHECK(copy != NULL);
	memcpy(copy, head, len);
	enum http_head_status status = http_head_parse(p, copy, len);
	free(copy);
	return status;
}

static enum http_head_status feed_pieces(struct http_head_parser *p,
					 const struct http_head_limits *limits,
					 const char *head, size_t len,
					 size_t piece)
{
	enum http_head_status status = HTTP_HEAD_MORE;
	size_t shown = 0;

	http_head_init(p, limits);
	while (status == HTTP_HEAD_MORE && shown < len) {
		shown = len - shown > piece ? shown + piece : len;
		status = show(p, head, shown);
		CHECK(p->head_len <= shown);
		piece = piece * 5 % 37 + 1;
	}
	return status;
}

static void check_bytes(struct slice s, unsigned classes)
{
	for (size_t i = 0; i < s.len; i++)
		CHECK(ascii_is(s.data[i], classes));
}

static void check_path(struct slice path)
{
	char *text = malloc(path.len + 1);
	size_t len;

	CHECK(text && path.len > 0 && path.data[0] == '/');
	int result = http_path_decode(path, text, path.len + 1, &len);
	CHECK(result != HTTP_PATH_TOO_LONG);
	if (result == HTTP_PATH_OK) {
		CHECK(len <= path.len && strlen(text) == len);
		CHECK(!strstr(text, "/../") && !strstr(text, "/./"));
	}
	free(text);
}

/* A valid head is exactly its parts put together again. */
static void check_request(const struct http_head_parser *p, const char *head)
{
	struct http_request r;
	struct http_field field;
	uint32_t count = 0;
	unsigned hosts = 0;

	http_head_request(p, head, &r);
	CHECK(r.method.len > 0 && r.target.len > 0);
	check_bytes(r.method, ASCII_TCHAR);
	check_bytes(r.target, ASCII_URI);
	check_path(r.path);
	CHECK(http_authority_is_valid(r.authority));
	CHECK(r.method.data == head || r.method.data == head + 2);
	CHECK(r.target.data == r.method.data + r.method.len + 1);
	CHECK(memcmp(r.target.data + r.target.len, " HTTP/1.1\r\n", 11) == 0);
	CHECK(r.fields.data == r.target.data + r.target.len + 11);
	CHECK(r.fields.data + r.fields.len == head + p->head_len - 2);
	for (; http_field_next(&r.fields, &field); count++) {
		CHECK(field.name.len > 0);
		check_bytes(field.name, ASCII_TCHAR);
		check_bytes(field.value, ASCII_FIELD);
		CHECK(slice_equal(field.value, slice_trim(field.value)));
		hosts += slice_equal_nocase(field.name, slice_of("Host"));
	}
	CHECK(r.fields.len == 0);
	CHECK(count == p->count && count <= p->limits.header_count);
	CHECK(hosts == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_head_parser whole, cut;

	if (size < 2)
		return 0;
	const struct http_head_limits *limits = &choices[data[0] % 4];
	const char *head = (const char *)data + 2;
	size_t len = size - 2;

	http_head_init(&whole, limits);
	enum http_head_status status = http_head_parse(&whole, head, len);
	const size_t pieces[] = { 1, data[1] % 64u + 1 };
	for (size_t i = 0; i < 2 && len > 0; i++) {
		CHECK(feed_pieces(&cut, limits, head, len, pieces[i]) ==
		      status);
		CHECK(cut.head_len == whole.head_len);
		CHECK(cut.fault == whole.fault);
	}
	if (len >= http_head_size_max(limits))
		CHECK(status != HTTP_HEAD_MORE);
	CHECK(whole.head_len <= http_head_size_max(limits));
	CHECK((status <= HTTP_HEAD_DONE) ==
	      (*http_head_error_text(&whole) == 0));
	if (status == HTTP_HEAD_DONE)
		check_request(&whole, head);
	return 0;
}
