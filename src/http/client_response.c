/* SPDX-License-Identifier: MIT */
/* Judges the answer to an opening handshake line by line. */

#include "http/client_response.h"

#include <stdint.h>
#include <string.h>

#include "base/ascii.h"

/* RFC 9112 section 4: "HTTP/1.1 101 " and then any words. */
#define VERSION_LEN 8
#define STATUS_LEN (VERSION_LEN + 1 + 3)

/* A Content-Length of more digits is no length to wait for. */
#define LENGTH_DIGITS_MAX 9

/* Fields a 101 must have, or may have once. */
enum seen {
	SEEN_UPGRADE = 1,
	SEEN_CONNECTION = 2,
	SEEN_ACCEPT = 4,
	SEEN_PROTOCOL = 8,
};

void http_client_response_init(struct http_client_response *response,
			       const struct http_client_offer *offer)
{
	*response = (struct http_client_response){
		.offer = offer,
		.result = HTTP_CLIENT_MORE,
		.body_len = SIZE_MAX,
	};
}

static void fail(struct http_client_response *r, const char *error)
{
	r->result = HTTP_CLIENT_BAD;
	r->error = error;
}

static bool is_named(struct slice s, const char *name)
{
	return slice_equal_nocase(s, slice_of(name));
}

static bool is_all(struct slice s, unsigned classes)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is(s.data[i], classes))
			return false;
	}
	return true;
}

/* Whether a comma-separated list has an element, whatever its case. */
static bool list_has(struct slice list, const char *wanted)
{
	while (list.data) {
		struct slice element = slice_cut(list, ',', &list);
		if (is_named(slice_trim(element), wanted))
			return true;
	}
	return false;
}

/*
 * What has come of the status line.  Another protocol than HTTP is told by its
 * first bytes: its line may never end.
 */
static bool is_http(struct slice line)
{
	static const char begin[] = "HTTP/1.";
	size_t len = sizeof(begin) - 1;

	return memcmp(line.data, begin, line.len < len ? line.len : len) == 0;
}

static void take_status_line(struct http_client_response *r, struct slice line)
{
	const char *code = line.data + VERSION_LEN + 1;

	if (line.len < STATUS_LEN ||
	    (line.data[VERSION_LEN - 1] != '0' &&
	     line.data[VERSION_LEN - 1] != '1') ||
	    line.data[VERSION_LEN] != ' ' || code[0] < '1' ||
	    !is_all(slice_make(code, 3), ASCII_DIGIT) ||
	    (line.len > STATUS_LEN && line.data[STATUS_LEN] != ' ') ||
	    !is_all(line, ASCII_FIELD)) {
		fail(r, "its status line is not valid");
		return;
	}
	r->status = (unsigned)((code[0] - '0') * 100 + (code[1] - '0') * 10 +
			       (code[2] - '0'));
	r->reason = slice_trim(
		slice_make(line.data + STATUS_LEN, line.len - STATUS_LEN));
	if (r->status == 101 && line.data[VERSION_LEN - 1] != '1')
		fail(r, "it switches protocols in HTTP/1.0");
}

/* Section 4.1 item 6 of what a client must check: one of the offered. */
static void take_protocol(struct http_client_response *r, struct slice value)
{
	const struct http_protocols *offered = &r->offer->protocols;

	if (r->seen & SEEN_PROTOCOL) {
		fail(r, "it chooses two subprotocols");
		return;
	}
	for (size_t i = 0; i < offered->count; i++) {
		if (slice_equal(value, slice_of(offered->names[i])))
			r->protocol = offered->names[i];
	}
	if (!r->protocol)
		fail(r, "it chooses a subprotocol that was not offered");
	r->seen |= SEEN_PROTOCOL;
}

/* Section 4.1, "the client MUST validate the server's response", 2 to 6. */
static void take_upgrade_field(struct http_client_response *r,
			       struct slice name, struct slice value)
{
	if (is_named(name, "upgrade")) {
		if (r->seen & SEEN_UPGRADE || !is_named(value, "websocket"))
			fail(r, "its Upgrade is not \"websocket\"");
		r->seen |= SEEN_UPGRADE;
	} else if (is_named(name, "connection")) {
		if (list_has(value, "upgrade"))
			r->seen |= SEEN_CONNECTION;
	} else if (is_named(name, "sec-websocket-accept")) {
		if (r->seen & SEEN_ACCEPT ||
		    !slice_equal(value, slice_of(r->offer->accept)))
			fail(r, "its Sec-WebSocket-Accept is not for our key");
		r->seen |= SEEN_ACCEPT;
	} else if (is_named(name, "sec-websocket-extensions")) {
		fail(r, "it uses an extension that was not offered");
	} else if (is_named(name, "sec-websocket-protocol")) {
		take_protocol(r, value);
	}
}

/* A number that is none, or too long, is as good as no length. */
static size_t length_of(struct slice value)
{
	size_t length = 0;

	if (value.len == 0 || value.len > LENGTH_DIGITS_MAX ||
	    !is_all(value, ASCII_DIGIT))
		return SIZE_MAX;
	for (size_t i = 0; i < value.len; i++)
		length = length * 10 + (size_t)(value.data[i] - '0');
	return length;
}

/* What a refusal says of its body, and of where to go instead. */
static void take_refusal_field(struct http_client_response *r,
			       struct slice name, struct slice value)
{
	struct slice rest;

	if (is_named(name, "location"))
		r->location = value;
	else if (is_named(name, "content-length"))
		r->body_len = length_of(value);
	else if (is_named(name, "transfer-encoding"))
		r->is_chunked = list_has(value, "chunked");
	else if (is_named(name, "content-type"))
		r->is_text = is_named(slice_trim(slice_cut(value, ';', &rest)),
				      "text/plain");
}

static void take_field(struct http_client_response *r, struct slice line)
{
	struct slice value;
	struct slice name = slice_cut(line, ':', &value);

	if (!value.data || name.len == 0 || !is_all(name, ASCII_TCHAR)) {
		fail(r, "it has a header that is not valid");
		return;
	}
	if (!is_all(value, ASCII_FIELD)) {
		fail(r, "it has a control character in a header");
		return;
	}
	if (r->status == 101)
		take_upgrade_field(r, name, slice_trim(value));
	else
		take_refusal_field(r, name, slice_trim(value));
}

static void judge_upgrade(struct http_client_response *r)
{
	if (!(r->seen & SEEN_UPGRADE))
		fail(r, "it has no Upgrade");
	else if (!(r->seen & SEEN_CONNECTION))
		fail(r, "it has no \"Connection: Upgrade\"");
	else if (!(r->seen & SEEN_ACCEPT))
		fail(r, "it has no Sec-WebSocket-Accept");
	else
		r->result = HTTP_CLIENT_OPEN;
}

/* The empty line; `r->line` is behind it. */
static void take_end(struct http_client_response *r)
{
	size_t line = r->line;

	r->head_len = line;
	if (r->status == 101) {
		judge_upgrade(r);
	} else if (r->status >= 200) {
		r->result = HTTP_CLIENT_REFUSED;
	} else {
		/* RFC 9110 section 15.2: one that counts is to follow. */
		http_client_response_init(r, r->offer);
		r->line = r->scanned = line;
	}
}

/* A whole line, its LF included. */
static void take_line(struct http_client_response *r, struct slice line)
{
	r->line += line.len;
	if (line.len < 2 || line.data[line.len - 2] != '\r') {
		fail(r, "it has a line that does not end with CR LF");
		return;
	}
	line.len -= 2;
	if (r->status == 0)
		take_status_line(r, line);
	else if (line.len == 0)
		take_end(r);
	else
		take_field(r, line);
}

enum http_client_status
http_client_response_parse(struct http_client_response *response,
			   const char *data, size_t len)
{
	struct http_client_response *r = response;
	size_t end = len < HTTP_CLIENT_HEAD_MAX ? len : HTTP_CLIENT_HEAD_MAX;

	while (r->result == HTTP_CLIENT_MORE && r->line < end) {
		struct slice line = slice_make(data + r->line, end - r->line);
		const char *lf =
			memchr(data + r->scanned, '\n', end - r->scanned);

		if (r->status == 0 && !is_http(line)) {
			fail(r, "it is not HTTP");
			break;
		}
		r->scanned = lf ? (size_t)(lf + 1 - data) : end;
		if (!lf)
			break;
		line.len = r->scanned - r->line;
		take_line(r, line);
	}
	if (r->result == HTTP_CLIENT_MORE && len >= HTTP_CLIENT_HEAD_MAX)
		fail(r, "its headers are too large");
	return r->result;
}

struct slice
http_client_response_text(const struct http_client_response *response,
			  struct slice body, bool is_end)
{
	const struct slice none = slice_make(NULL, 0);
	struct slice rest = body;

	if (!response->is_text)
		return none;
	/* RFC 9112 section 7.1: a line with the chunk's size comes first. */
	if (response->is_chunked)
		(void)slice_cut(body, '\n', &rest);
	if (body.len >= response->body_len) {
		rest.len = response->is_chunked ? rest.len : response->body_len;
		is_end = true;
	}
	struct slice behind;
	struct slice line = slice_cut(rest, '\n', &behind);
	if (!behind.data && !is_end)
		return none;
	while (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return slice_trim(line);
}
