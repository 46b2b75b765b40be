/* SPDX-License-Identifier: MIT */
/* The opening handshake of RFC 6455, as decisions on the request's fields. */

#include "http/upgrade.h"

#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/digest.h"

/* RFC 6455 section 1.3. */
static const char accept_guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

#define KEY_BYTES 16 /* RFC 6455 section 4.1 item 7 */

_Static_assert(BASE64_TEXT_LEN(KEY_BYTES) == HTTP_KEY_LEN, "key");
_Static_assert(BASE64_TEXT_SIZE(DIGEST_SHA1_SIZE) == HTTP_ACCEPT_SIZE,
	       "accept");

/* Most names differ in length: that is seen before anything is called. */
static inline bool is_named(struct slice name, const char *wanted)
{
	return name.len == strlen(wanted) &&
	       slice_equal_nocase(name, slice_make(wanted, name.len));
}

/* A Content-Length that says there is no body; a list of them does not. */
static bool is_zero(struct slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] != '0')
			return false;
	}
	return value.len > 0;
}

/* Fields that may come once, as bits. */
enum single_field {
	SINGLE_NONE = 0,
	SINGLE_LENGTH = 1,  /* RFC 9112 section 6.3 item 5 */
	SINGLE_ORIGIN = 2,  /* RFC 6454 section 7.3 */
	SINGLE_KEY = 4,	    /* RFC 6455 section 11.3.1 */
	SINGLE_VERSION = 8, /* RFC 6455 section 11.3.5 */
};

static enum single_field single_field_of(struct slice name)
{
	if (is_named(name, "content-length"))
		return SINGLE_LENGTH;
	if (is_named(name, "origin"))
		return SINGLE_ORIGIN;
	if (is_named(name, "sec-websocket-key"))
		return SINGLE_KEY;
	if (is_named(name, "sec-websocket-version"))
		return SINGLE_VERSION;
	return SINGLE_NONE;
}

enum http_upgrade_verdict http_request_check(const struct http_request *request)
{
	struct slice fields = request->fields;
	struct http_field field;
	unsigned seen = SINGLE_NONE;
	bool has_body = false;

	/* RFC 9110 section 9.1: methods have case. */
	if (!slice_equal(request->method, slice_of("GET")))
		return HTTP_UPGRADE_NOT_GET;
	while (http_field_next(&fields, &field)) {
		enum single_field single = single_field_of(field.name);
		if (seen & single)
			return HTTP_UPGRADE_DUPLICATE;
		seen |= single;
		if (single == SINGLE_LENGTH)
			has_body = has_body || !is_zero(field.value);
		else if (is_named(field.name, "transfer-encoding"))
			has_body = true;
	}
	return has_body ? HTTP_UPGRADE_HAS_BODY : HTTP_UPGRADE_OK;
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

/* What http_upgrade_check() gathers in its one pass over the fields. */
struct offer {
	struct http_upgrade upgrade;
	struct slice version;
	bool has_connection; /* Connection: upgrade */
	bool has_upgrade;    /* Upgrade: websocket */
};

static void offer_add(struct offer *offer, const struct http_field *field)
{
	struct http_upgrade *upgrade = &offer->upgrade;

	if (is_named(field->name, "connection")) {
		offer->has_connection |= list_has(field->value, "upgrade");
	} else if (is_named(field->name, "upgrade")) {
		offer->has_upgrade |= list_has(field->value, "websocket");
	} else if (is_named(field->name, "sec-websocket-key")) {
		upgrade->key = field->value;
	} else if (is_named(field->name, "sec-websocket-version")) {
		offer->version = field->value;
	} else if (is_named(field->name, "sec-websocket-protocol")) {
		upgrade->has_protocols = true;
	} else if (is_named(field->name, "origin")) {
		upgrade->origin = field->value;
		upgrade->has_origin = true;
	}
}

static bool key_is_valid(struct slice key)
{
	uint8_t bytes[KEY_BYTES];
	size_t len;

	/* So many characters are 16, 17 or 18 bytes; the decoder refuses what
	 * does not fit. */
	return key.len == HTTP_KEY_LEN &&
	       base64_decode(key, bytes, sizeof(bytes), &len);
}

enum http_upgrade_verdict http_upgrade_check(const struct http_request *request,
					     struct http_upgrade *ret)
{
	struct slice fields = request->fields;
	struct http_field field;
	struct offer offer = {.has_connection = false};

	while (http_field_next(&fields, &field))
		offer_add(&offer, &field);
	if (!offer.has_connection || !offer.has_upgrade)
		return HTTP_UPGRADE_NOT_WEBSOCKET;
	if (!slice_equal(offer.version, slice_of("13")))
		return HTTP_UPGRADE_BAD_VERSION;
	if (!key_is_valid(offer.upgrade.key))
		return HTTP_UPGRADE_BAD_KEY;
	*ret = offer.upgrade;
	return HTTP_UPGRADE_OK;
}

/* One row a verdict. */
static const struct {
	unsigned status;
	const char *text;
} verdicts[] = {
	[HTTP_UPGRADE_OK] = {101, ""},
	[HTTP_UPGRADE_NOT_GET] = {405, "method is not GET"},
	[HTTP_UPGRADE_HAS_BODY] = {400, "request has a body"},
	[HTTP_UPGRADE_DUPLICATE] = {400, "header comes twice"},
	[HTTP_UPGRADE_NOT_WEBSOCKET] = {426, "no upgrade to websocket"},
	[HTTP_UPGRADE_BAD_VERSION] = {426, "WebSocket version is not 13"},
	[HTTP_UPGRADE_BAD_KEY] = {400, "no valid Sec-WebSocket-Key"},
};

unsigned http_upgrade_status(enum http_upgrade_verdict verdict)
{
	return verdicts[verdict].status;
}

const char *http_upgrade_text(enum http_upgrade_verdict verdict)
{
	return verdicts[verdict].text;
}

struct protocol_list {
	struct slice names[HTTP_PROTOCOLS_MAX];
	size_t count;
};

/* Index of a name, or the count of names if it is not among them. */
static size_t protocol_list_find(const struct protocol_list *list,
				 struct slice name)
{
	size_t i = 0;

	while (i < list->count && !slice_equal(list->names[i], name))
		i++;
	return i;
}

static bool is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_tchar(s.data[i]))
			return false;
	}
	return true;
}

/*
 * Adds what one field line offers.  Empty elements are passed over, as RFC
 * 9110 section 5.6.1.2 has it.
 */
static bool protocol_list_add(struct protocol_list *list, struct slice value)
{
	while (value.data) {
		struct slice element = slice_cut(value, ',', &value);
		struct slice name = slice_trim(element);
		if (name.len == 0)
			continue;
		/* RFC 6455 section 4.1 item 10: all of them unique. */
		if (!is_token(name) || list->count == HTTP_PROTOCOLS_MAX ||
		    protocol_list_find(list, name) < list->count)
			return false;
		list->names[list->count++] = name;
	}
	return true;
}

int http_upgrade_choose_protocol(const struct http_request *request,
				 char *const *wanted, size_t count,
				 size_t *ret_index)
{
	struct slice fields = request->fields;
	struct http_field field;
	struct protocol_list offered;
	bool has_field = false;

	offered.count = 0;
	while (http_field_next(&fields, &field)) {
		if (!is_named(field.name, "sec-websocket-protocol"))
			continue;
		has_field = true;
		if (!protocol_list_add(&offered, field.value))
			return HTTP_PROTOCOL_BAD;
	}
	if (has_field && offered.count == 0)
		return HTTP_PROTOCOL_BAD;
	for (size_t i = 0; i < count; i++) {
		struct slice name = slice_of(wanted[i]);
		if (protocol_list_find(&offered, name) < offered.count) {
			*ret_index = i;
			return HTTP_PROTOCOL_CHOSEN;
		}
	}
	return HTTP_PROTOCOL_NONE;
}

int http_accept_key(struct slice key, char ret[HTTP_ACCEPT_SIZE])
{
	char text[HTTP_KEY_LEN + sizeof(accept_guid) - 1];
	uint8_t digest[DIGEST_SHA1_SIZE];

	if (key.len != HTTP_KEY_LEN)
		return -1;
	memcpy(text, key.data, HTTP_KEY_LEN);
	memcpy(text + HTTP_KEY_LEN, accept_guid, sizeof(accept_guid) - 1);
	if (digest_sha1(text, sizeof(text), digest) < 0)
		return -1;
	base64_encode(digest, sizeof(digest), ret);
	return 0;
}
