/* SPDX-License-Identifier: MIT */
/* Responses as lines put one behind the other. */

#include "http/response.h"

#include <stdbool.h>
#include <string.h>

#include "base/slice.h"

static const struct {
	unsigned status;
	const char *reason;
} reasons[] = {
	{ 101, "Switching Protocols" },
	{ 200, "OK" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 414, "URI Too Long" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

const char *http_status_reason(unsigned status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Unknown";
}

/* A response being written; what did not fit makes all of it failed. */
struct writer {
	char *buf;
	size_t cap;
	size_t len;
	bool failed;
};

static void put(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	if (len > w->cap - w->len) {
		w->failed = true;
		return;
	}
	memcpy(w->buf + w->len, text, len);
	w->len += len;
}

static void put_number(struct writer *w, uint64_t number)
{
	char digits[21]; /* 2^64 has 20 digits */
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	put(w, digits + at);
}

static void put_status_line(struct writer *w, unsigned status)
{
	put(w, "HTTP/1.1 ");
	put_number(w, status);
	put(w, " ");
	put(w, http_status_reason(status));
	put(w, "\r\n");
}

/* "name: value"; `name` brings its colon and space. */
static void put_field(struct writer *w, const char *name, const char *value)
{
	put(w, name);
	put(w, value);
	put(w, "\r\n");
}

static void put_number_field(struct writer *w, const char *name, uint64_t value)
{
	put(w, name);
	put_number(w, value);
	put(w, "\r\n");
}

static size_t written(const struct writer *w)
{
	return w->failed ? 0 : w->len;
}

size_t http_response_switching(char *buf, size_t cap,
			       const char accept[HTTP_ACCEPT_SIZE],
			       const char *protocol, const char *extensions)
{
	struct writer w = { .buf = buf, .cap = cap };

	put(&w, "HTTP/1.1 101 Switching Protocols\r\n"
		"Upgrade: websocket\r\n"
		"Connection: Upgrade\r\n");
	put_field(&w, "Sec-WebSocket-Accept: ", accept);
	if (protocol)
		put_field(&w, "Sec-WebSocket-Protocol: ", protocol);
	if (extensions)
		put_field(&w, "Sec-WebSocket-Extensions: ", extensions);
	put(&w, "\r\n");
	return written(&w);
}

static void put_connection(struct writer *w, unsigned status)
{
	/* RFC 9110 section 7.8: who sends Upgrade lists it in Connection. */
	if (status == 426)
		put(w, "Connection: Upgrade, close\r\n"
		       "Upgrade: websocket\r\n"
		       "Sec-WebSocket-Version: 13\r\n");
	else
		put(w, "Connection: close\r\n");
}

size_t http_response_refusal(char *buf, size_t cap, unsigned status,
			     const char *text, uint32_t retry_after_s)
{
	struct writer w = { .buf = buf, .cap = cap };

	put_status_line(&w, status);
	put_field(&w, "Content-Type: ", "text/plain; charset=utf-8");
	put_number_field(&w, "Content-Length: ", strlen(text) + 1);
	put_connection(&w, status);
	/* RFC 9110 section 15.5.6: a 405 must tell what is allowed. */
	if (status == 405)
		put_field(&w, "Allow: ", "GET");
	if (retry_after_s > 0)
		put_number_field(&w, "Retry-After: ", retry_after_s);
	put(&w, "\r\n");
	put(&w, text);
	put(&w, "\n");
	return written(&w);
}

size_t http_response_page_head(char *buf, size_t cap, const char *content_type,
			       const char *policy, size_t content_len)
{
	struct writer w = { .buf = buf, .cap = cap };

	put_status_line(&w, 200);
	put_field(&w, "Content-Type: ", content_type);
	put_number_field(&w, "Content-Length: ", content_len);
	if (policy)
		put_field(&w, "Content-Security-Policy: ", policy);
	put(&w, "Cache-Control: no-store\r\n"
		"X-Content-Type-Options: nosniff\r\n"
		"Connection: close\r\n"
		"\r\n");
	return written(&w);
}
