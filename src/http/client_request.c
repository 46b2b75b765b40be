/* SPDX-License-Identifier: MIT */
/* Writes the request that asks for a WebSocket, and checks what goes in. */

#include "http/client_request.h"

#include <stdbool.h>
#include <string.h>

#include "base/ascii.h"
#include "http/upgrade.h"

static bool is_all(struct slice s, unsigned classes)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is(s.data[i], classes))
			return false;
	}
	return true;
}

static bool is_token(struct slice s)
{
	return s.len > 0 && is_all(s, ASCII_TCHAR);
}

/* Whether the handshake itself says what such a field says. */
static bool is_own(struct slice name)
{
	static const char *const own[] = {
		"connection",
		"upgrade",
		"content-length",
		"transfer-encoding",
	};
	struct slice family = slice_of("sec-websocket-");

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (slice_equal_nocase(name, slice_of(own[i])))
			return true;
	}
	return name.len >= family.len &&
	       slice_equal_nocase(slice_make(name.data, family.len), family);
}

const char *http_client_field_fault(struct slice field)
{
	struct slice value;
	struct slice name = slice_cut(field, ':', &value);

	if (!value.data)
		return "it is not \"Name: value\"";
	if (!is_token(name))
		return "its name is not a header's name";
	if (!is_all(value, ASCII_FIELD))
		return "its value has a control character";
	if (is_own(name))
		return "the handshake itself has that header";
	return NULL;
}

const char *http_client_origin_fault(struct slice origin)
{
	if (origin.len == 0 || !is_all(origin, ASCII_URI))
		return "it is not an origin such as https://www.example.com";
	return NULL;
}

static bool is_among(const struct http_protocols *protocols, size_t count,
		     const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(protocols->names[i], name) == 0)
			return true;
	}
	return false;
}

const char *http_client_protocols_fault(const struct http_protocols *protocols,
					size_t *ret_index)
{
	for (size_t i = 0; i < protocols->count; i++) {
		const char *name = protocols->names[i];

		*ret_index = i;
		if (!is_token(slice_of(name)))
			return "it is not a token";
		if (i == HTTP_PROTOCOLS_MAX)
			return "there are too many of them";
		if (is_among(protocols, i, name))
			return "it comes twice";
	}
	return NULL;
}

/* A request being written; what did not fit makes all of it failed. */
struct writer {
	char *buf;
	size_t cap;
	size_t len;
	bool failed;
};

static void put_slice(struct writer *w, struct slice text)
{
	if (text.len > w->cap - w->len) {
		w->failed = true;
		return;
	}
	memcpy(w->buf + w->len, text.data, text.len);
	w->len += text.len;
}

static void put(struct writer *w, const char *text)
{
	put_slice(w, slice_of(text));
}

static void put_protocols(struct writer *w, const struct http_protocols *list)
{
	for (size_t i = 0; i < list->count; i++) {
		put(w, i == 0 ? "Sec-WebSocket-Protocol: " : ", ");
		put(w, list->names[i]);
	}
	if (list->count > 0)
		put(w, "\r\n");
}

static void put_optional(struct writer *w, const char *name, const char *value)
{
	if (!value)
		return;
	put(w, name);
	put(w, value);
	put(w, "\r\n");
}

static bool has_fault(const struct http_client_request *request)
{
	size_t index;

	for (size_t i = 0; i < request->field_count; i++) {
		if (http_client_field_fault(slice_of(request->fields[i])))
			return true;
	}
	if (request->authorization &&
	    !is_all(slice_of(request->authorization), ASCII_FIELD))
		return true;
	if (request->origin &&
	    http_client_origin_fault(slice_of(request->origin)))
		return true;
	return request->target.len == 0 || request->host.len == 0 ||
	       !is_all(request->target, ASCII_URI) ||
	       !is_all(request->host, ASCII_URI) ||
	       !is_all(slice_of(request->key), ASCII_URI) ||
	       http_client_protocols_fault(&request->protocols, &index);
}

size_t http_client_request_write(const struct http_client_request *request,
				 char *buf, size_t cap)
{
	struct writer w = { .buf = buf, .cap = cap };

	if (has_fault(request))
		return 0;
	put(&w, "GET ");
	put_slice(&w, request->target);
	put(&w, " HTTP/1.1\r\nHost: ");
	put_slice(&w, request->host);
	put(&w, "\r\n"
		"Connection: Upgrade\r\n"
		"Upgrade: websocket\r\n"
		"Sec-WebSocket-Version: 13\r\n");
	put_optional(&w, "Sec-WebSocket-Key: ", request->key);
	put_protocols(&w, &request->protocols);
	put_optional(&w, "Origin: ", request->origin);
	put_optional(&w, "Authorization: ", request->authorization);
	for (size_t i = 0; i < request->field_count; i++)
		put_optional(&w, "", request->fields[i]);
	put(&w, "\r\n");
	return w.failed ? 0 : w.len;
}
