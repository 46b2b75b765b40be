/* SPDX-License-Identifier: MIT */
/* Any bytes as an answer to our handshake: the same however they are cut. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "http/client_response.h"

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "chat", "superchat" };

static const struct http_client_offer offer = {
	.accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
	.protocols = { names, 2 },
};

static enum http_client_status feed(struct http_client_response *r,
				    const char *text, size_t len, size_t piece)
{
	enum http_client_status status = HTTP_CLIENT_MORE;

	http_client_response_init(r, &offer);
	for (size_t shown = 0; status == HTTP_CLIENT_MORE && shown < len;) {
		shown = len - shown > piece ? shown + piece : len;
		status = http_client_response_parse(r, text, shown);
		piece = piece * 5 % 37 + 1;
	}
	return status;
}

static void check_inside(struct slice s, const char *text, size_t len)
{
	CHECK(s.len == 0 || (s.data >= text && s.data + s.len <= text + len));
	for (size_t i = 0; i < s.len; i++)
		CHECK(ascii_is(s.data[i], ASCII_FIELD));
}

static void check_done(const struct http_client_response *r, const char *text,
		       size_t len)
{
	struct slice body = slice_make(text + r->head_len, len - r->head_len);

	CHECK(r->head_len <= len && r->head_len <= HTTP_CLIENT_HEAD_MAX);
	CHECK(memcmp(text + r->head_len - 4, "\r\n\r\n", 4) == 0);
	check_inside(r->reason, text, r->head_len);
	check_inside(r->location, text, r->head_len);
	CHECK(r->status == 101 || (r->status >= 200 && r->status <= 999));
	for (int is_end = 0; is_end < 2; is_end++) {
		struct slice line = http_client_response_text(r, body, is_end);

		CHECK(line.len == 0 ||
		      (line.data >= body.data &&
		       line.data + line.len <= body.data + body.len));
		CHECK(line.len == 0 || !memchr(line.data, '\n', line.len));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_client_response whole, cut;
	/* Memory of exactly this size: the sanitizer sees its ends. */
	char *text = malloc(size ? size : 1);

	CHECK(text != NULL);
	memcpy(text, data, size);
	enum http_client_status status = feed(&whole, text, size, size);
	for (size_t piece = 1; piece < 40; piece += 7) {
		CHECK(feed(&cut, text, size, piece) == status);
		CHECK(cut.head_len == whole.head_len);
		CHECK(cut.error == whole.error);
		CHECK(cut.protocol == whole.protocol);
	}
	CHECK((whole.error != NULL) == (status == HTTP_CLIENT_BAD));
	if (status == HTTP_CLIENT_MORE)
		CHECK(size < HTTP_CLIENT_HEAD_MAX);
	if (status == HTTP_CLIENT_OPEN || status == HTTP_CLIENT_REFUSED)
		check_done(&whole, text, size);
	free(text);
	return 0;
}
