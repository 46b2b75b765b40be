/* SPDX-License-Identifier: MIT */
/* Takes request targets apart and checks authorities. */

#include "http/target.h"

#include "base/ascii.h"

/* The longest IPv6 address: six groups and an IPv4 address. */
#define IPV6_TEXT_MAX 45

static struct slice skip_prefix(struct slice s, size_t len)
{
	return slice_make(s.data + len, s.len - len);
}

/* Stores what stands behind "scheme://"; false for a scheme not ours. */
static bool skip_scheme(struct slice target, struct slice *ret_rest)
{
	static const char *const schemes[] = {
		"http://",
		"https://",
		"ws://",
		"wss://",
	};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct slice scheme = slice_of(schemes[i]);
		struct slice head = target;
		if (head.len > scheme.len)
			head.len = scheme.len;
		/* RFC 3986 section 3.1: schemes have no case. */
		if (slice_equal_nocase(head, scheme)) {
			*ret_rest = skip_prefix(target, scheme.len);
			return true;
		}
	}
	return false;
}

bool http_target_split(struct slice target, struct http_target *ret)
{
	struct slice rest = target;
	struct slice authority = slice_make(NULL, 0);
	bool is_absolute = target.len > 0 && target.data[0] != '/';

	if (target.len == 0)
		return false;
	if (is_absolute) {
		if (!skip_scheme(target, &rest))
			return false;
		size_t len = 0;
		while (len < rest.len && rest.data[len] != '/' &&
		       rest.data[len] != '?')
			len++;
		authority = slice_make(rest.data, len);
		rest = skip_prefix(rest, len);
		if (!http_authority_is_valid(authority))
			return false;
	}
	ret->authority = authority;
	ret->path = slice_cut(rest, '?', &ret->query);
	/* RFC 9110 section 4.2.3: an empty path is equivalent to "/". */
	if (ret->path.len == 0)
		ret->path = slice_of("/");
	return true;
}

/*
 * The form of an address only: whether its groups add up is no concern of
 * routing, which compares text.
 */
static bool is_ipv6_text(struct slice s)
{
	size_t colons = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == ':')
			colons++;
		else if (s.data[i] != '.' && !ascii_is_hex(s.data[i]))
			return false;
	}
	return colons >= 2 && s.len <= IPV6_TEXT_MAX;
}

static bool is_reg_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (ascii_is(s.data[i], ASCII_HOST))
			continue;
		if (s.data[i] != '%' || s.len - i < 3 ||
		    !ascii_is_hex(s.data[i + 1]) ||
		    !ascii_is_hex(s.data[i + 2]))
			return false;
		i += 2;
	}
	return s.len > 0;
}

static bool is_port(struct slice s)
{
	unsigned port = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_digit(s.data[i]))
			return false;
		port = port * 10 + (unsigned)(s.data[i] - '0');
		if (port > 65535)
			return false;
	}
	return true;
}

bool http_authority_is_valid(struct slice s)
{
	struct slice port;

	if (s.len == 0 || s.data[0] != '[') {
		struct slice host = slice_cut(s, ':', &port);
		return is_reg_name(host) && is_port(port);
	}
	struct slice rest;
	struct slice address = slice_cut(skip_prefix(s, 1), ']', &rest);
	if (!rest.data || !is_ipv6_text(address))
		return false;
	return rest.len == 0 ||
	       (rest.data[0] == ':' && is_port(skip_prefix(rest, 1)));
}
