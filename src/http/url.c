/* SPDX-License-Identifier: MIT */
/* Takes WebSocket URLs apart. */

#include "http/url.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "http/target.h"

static const struct {
	const char *prefix;
	uint16_t port; /* RFC 6455 section 3 */
} schemes[] = {
	{ "ws://", 80 },
	{ "wss://", 443 },
};

static struct slice behind(struct slice s, size_t len)
{
	return slice_make(s.data + len, s.len - len);
}

/* Takes the scheme off `*rest`. */
static bool take_scheme(struct slice *rest, struct http_url *url)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct slice prefix = slice_of(schemes[i].prefix);

		if (rest->len < prefix.len ||
		    !slice_equal_nocase(slice_make(rest->data, prefix.len),
					prefix))
			continue;
		*rest = behind(*rest, prefix.len);
		url->is_secure = i == 1;
		url->port = schemes[i].port;
		return true;
	}
	return false;
}

/* Index of the first of `marks`, or the length. */
static size_t find_any(struct slice s, const char *marks)
{
	size_t i = 0;

	while (i < s.len && !memchr(marks, s.data[i], strlen(marks)))
		i++;
	return i;
}

/* RFC 3986 section 3.2: what stands before the last "@" is the user. */
static void take_user(struct slice *authority, struct http_url *url)
{
	url->user = slice_make(NULL, 0);
	for (size_t i = authority->len; i-- > 0;) {
		if (authority->data[i] != '@')
			continue;
		url->user = slice_make(authority->data, i);
		*authority = behind(*authority, i + 1);
		return;
	}
}

/* The authority is valid: digits up to 65535, or nothing. */
static unsigned port_of(struct slice text)
{
	unsigned port = 0;

	for (size_t i = 0; i < text.len; i++)
		port = port * 10 + (unsigned)(text.data[i] - '0');
	return port;
}

static const char *take_authority(struct slice authority, struct http_url *url)
{
	struct slice port;

	if (authority.len == 0)
		return "it names no host";
	if (!http_authority_is_valid(authority))
		return "it has no valid host and port";
	url->is_ipv6 = authority.data[0] == '[';
	if (url->is_ipv6) {
		url->host = slice_cut(behind(authority, 1), ']', &port);
		port = port.len > 0 ? behind(port, 1) : port;
	} else {
		url->host = slice_cut(authority, ':', &port);
	}
	url->host_field = slice_make(authority.data,
				     url->host.len + (url->is_ipv6 ? 2 : 0));
	if (port.len == 0 || port_of(port) == url->port)
		return NULL;
	if (port_of(port) == 0)
		return "its port is 0";
	url->port = (uint16_t)port_of(port);
	url->host_field = authority;
	return NULL;
}

const char *http_url_parse(struct slice url, struct http_url *ret)
{
	struct http_url parts = { 0 };
	struct slice rest = url;

	if (!take_scheme(&rest, &parts))
		return "it does not begin with ws:// or wss://";
	if (find_any(rest, "#") < rest.len)
		return "it has a fragment, which no WebSocket has";
	for (size_t i = 0; i < rest.len; i++) {
		if (!ascii_is(rest.data[i], ASCII_URI))
			return "it has a character that must be escaped";
	}
	size_t len = find_any(rest, "/?");
	struct slice authority = slice_make(rest.data, len);
	parts.target = behind(rest, len);
	/* A query alone would lack the path it belongs to. */
	if (parts.target.len > 0 && parts.target.data[0] == '?')
		return "it has a query without a path: write /?";
	if (parts.target.len == 0)
		parts.target = slice_of("/");
	take_user(&authority, &parts);
	const char *fault = take_authority(authority, &parts);
	if (!fault)
		*ret = parts;
	return fault;
}

/* The byte at `*at`, which moves behind it; -1 for a bad escape. */
static int decode_next(struct slice s, size_t *at)
{
	char c = s.data[(*at)++];

	if (c != '%')
		return (uint8_t)c;
	if (s.len - *at < 2 || !ascii_is_hex(s.data[*at]) ||
	    !ascii_is_hex(s.data[*at + 1]))
		return -1;
	*at += 2;
	return ascii_hex_value(s.data[*at - 2]) * 16 +
	       ascii_hex_value(s.data[*at - 1]);
}

bool http_url_basic(struct slice user, char ret[HTTP_URL_BASIC_SIZE])
{
	static const char scheme[] = "Basic ";
	uint8_t text[HTTP_URL_USER_MAX + 1];
	bool has_colon = user.len > 0 && memchr(user.data, ':', user.len);
	size_t len = 0;

	if (user.len > HTTP_URL_USER_MAX)
		return false;
	for (size_t at = 0; at < user.len;) {
		int byte = decode_next(user, &at);

		/* RFC 7617 section 2: no control character in either. */
		if (byte < ' ' || byte == 0x7f)
			return false;
		text[len++] = (uint8_t)byte;
	}
	if (!has_colon)
		text[len++] = ':';
	memcpy(ret, scheme, sizeof(scheme) - 1);
	base64_encode(text, len, ret + sizeof(scheme) - 1);
	return true;
}
