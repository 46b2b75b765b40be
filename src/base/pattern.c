/* SPDX-License-Identifier: MIT */
/* Parses and matches host, path and origin patterns. */

#include "base/pattern.h"

#include "base/ascii.h"

#include <string.h>

#define PORT_MAX 65535u

static const char error_host[] =
	"not a host pattern; \"*\", a name, \"*.suffix\" or an address, "
	"without a port";

/* The host and port of an authority (RFC 3986 section 3.2), no user part. */
struct authority {
	struct slice host; /* brackets kept, one trailing dot dropped */
	uint32_t port;     /* 0: none given */
};

static struct slice pattern_rest(struct slice text, size_t from)
{
	return slice_make(text.data + from, text.len - from);
}

static bool pattern_has(struct slice text, char c)
{
	return text.len > 0 && memchr(text.data, c, text.len);
}

/* Digits only, up to 65535; none at all is 0 as "host:" is allowed. */
static bool pattern_parse_port(struct slice text, uint32_t *ret_port)
{
	uint32_t port = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (!ascii_is_digit(text.data[i]))
			return false;
		port = port * 10 + (uint32_t)(text.data[i] - '0');
		if (port > PORT_MAX)
			return false;
	}
	*ret_port = port;
	return true;
}

static bool pattern_split(struct slice text, struct authority *ret_authority)
{
	struct slice rest = { NULL, 0 };
	struct slice host;

	if (text.len > 0 && text.data[0] == '[') {
		slice_cut(text, ']', &rest);
		if (!rest.data || (rest.len > 0 && rest.data[0] != ':'))
			return false;
		host = slice_make(text.data, text.len - rest.len);
		rest = pattern_rest(rest, rest.len > 0 ? 1 : 0);
	} else {
		host = slice_cut(text, ':', &rest);
	}
	if (!pattern_parse_port(rest, &ret_authority->port))
		return false;
	if (host.len > 0 && host.data[host.len - 1] == '.')
		host.len--;
	ret_authority->host = host;
	return true;
}

/* Whether a name could match: what a request's host may be made of. */
static bool pattern_host_is_valid(struct slice name)
{
	if (name.len == 0)
		return false;
	bool literal = name.data[0] == '[';

	if (literal && (name.len < 4 || name.data[name.len - 1] != ']'))
		return false;
	if (literal)
		name = slice_make(name.data + 1, name.len - 2);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '.' &&
		    !(literal ? c == ':' : c == '-' || c == '_'))
			return false;
	}
	return true;
}

/* Of "*.suffix" the part from the dot on; a null pointer when it is none. */
static struct slice pattern_suffix(struct slice text)
{
	if (!slice_has_prefix(text, slice_of("*.")))
		return slice_make(NULL, 0);
	return pattern_rest(text, 1);
}

const char *pattern_host_parse(struct slice text,
			       struct pattern_host *ret_pattern)
{
	struct pattern_host pattern = { PATTERN_HOST_EXACT, text };

	if (slice_equal(text, slice_of("*"))) {
		ret_pattern->kind = PATTERN_HOST_ANY;
		ret_pattern->name = text;
		return NULL;
	}
	if (pattern_suffix(text).data) {
		pattern.kind = PATTERN_HOST_SUFFIX;
		pattern.name = pattern_suffix(text);
		text = pattern_rest(pattern.name, 1);
	}
	if (pattern.name.len > 0 &&
	    pattern.name.data[pattern.name.len - 1] == '.')
		pattern.name.len--;
	if (!pattern_host_is_valid(text) || text.data[0] == '.' ||
	    (pattern.kind == PATTERN_HOST_SUFFIX && text.data[0] == '['))
		return error_host;
	*ret_pattern = pattern;
	return NULL;
}

/* At least one byte before the suffix, and it ends a label by itself. */
static bool pattern_suffix_matches(struct slice suffix, struct slice host)
{
	if (host.len <= suffix.len || host.data[0] == '.')
		return false;
	return slice_equal_nocase(pattern_rest(host, host.len - suffix.len),
				  suffix);
}

bool pattern_host_matches(const struct pattern_host *pattern,
			  struct slice authority)
{
	struct authority request;

	if (pattern->kind == PATTERN_HOST_ANY)
		return true;
	if (!pattern_split(authority, &request))
		return false;
	if (pattern->kind == PATTERN_HOST_SUFFIX)
		return pattern_suffix_matches(pattern->name, request.host);
	return slice_equal_nocase(pattern->name, request.host);
}

static const char *pattern_name_check(struct slice name)
{
	static const char error[] =
		"has no segment name in its braces; letters, digits and '_', "
		"in a segment of their own: \"/a/{name}\"";

	if (name.len < 3 || name.data[name.len - 1] != '}')
		return error;
	for (size_t i = 1; i < name.len - 1; i++) {
		char c = name.data[i];

		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '_')
			return error;
	}
	return NULL;
}

/* What can never match a decoded path, or means something else. */
static const char *pattern_segment_check(struct slice segment, bool last)
{
	if (slice_equal(segment, slice_of("*")) && last)
		return NULL;
	if (pattern_has(segment, '*'))
		return "has '*' in the wrong place; it is all of the last "
		       "segment: \"/a/*\"";
	if (segment.len > 0 && segment.data[0] == '{')
		return pattern_name_check(segment);
	if (pattern_has(segment, '{') || pattern_has(segment, '}'))
		return pattern_name_check(segment);
	if (slice_equal(segment, slice_of(".")) ||
	    slice_equal(segment, slice_of("..")))
		return "has a dot segment; requests with \".\" or \"..\" "
		       "segments are refused";
	if (pattern_has(segment, '?') || pattern_has(segment, '#'))
		return "has a query; only the path is compared";
	for (size_t i = 0; i < segment.len; i++) {
		if ((unsigned char)segment.data[i] < 0x20)
			return "has a control character";
		if (segment.data[i] == '%' && i + 2 < segment.len &&
		    ascii_is_hex(segment.data[i + 1]) &&
		    ascii_is_hex(segment.data[i + 2]))
			return "is percent-encoded; write the path decoded";
	}
	return NULL;
}

/* Whether the name in braces at `from` stands once more behind it. */
static bool pattern_name_repeats(struct slice text)
{
	for (struct slice rest = text; rest.data;) {
		struct slice segment = slice_cut(rest, '/', &rest);

		if (segment.len == 0 || segment.data[0] != '{')
			continue;
		for (struct slice more = rest; more.data;) {
			if (slice_equal(segment, slice_cut(more, '/', &more)))
				return true;
		}
	}
	return false;
}

const char *pattern_path_parse(struct slice text,
			       struct pattern_path *ret_pattern)
{
	if (text.len == 0 || text.data[0] != '/')
		return "is not a path; it begins with '/'";
	for (struct slice rest = pattern_rest(text, 1); rest.data;) {
		struct slice segment = slice_cut(rest, '/', &rest);
		const char *error = pattern_segment_check(segment, !rest.data);

		if (error)
			return error;
	}
	if (pattern_name_repeats(text))
		return "names a segment twice; each name once";
	ret_pattern->text = text;
	ret_pattern->below = slice_has_suffix(text, slice_of("/*"));
	if (ret_pattern->below)
		ret_pattern->text.len--;
	return NULL;
}

static bool pattern_segment_matches(struct slice pattern, struct slice segment)
{
	if (pattern.len > 0 && pattern.data[0] == '{')
		return segment.len > 0;
	return slice_equal(pattern, segment);
}

/*
 * Both are walked a segment at a time.  A pattern that takes everything below
 * ends in an empty segment, which stands for all that is left of the path.
 */
bool pattern_path_matches(const struct pattern_path *pattern, struct slice path)
{
	struct slice left = pattern->text;
	struct slice rest = path;

	while (left.data && rest.data) {
		struct slice want = slice_cut(left, '/', &left);

		if (pattern->below && !left.data)
			return true;
		if (!pattern_segment_matches(want, slice_cut(rest, '/', &rest)))
			return false;
	}
	return !left.data && !rest.data;
}

/* The default port of a scheme; 0 for those without one here. */
static uint32_t pattern_scheme_port(struct slice scheme)
{
	if (slice_equal_nocase(scheme, slice_of("https")))
		return 443;
	if (slice_equal_nocase(scheme, slice_of("http")))
		return 80;
	return 0;
}

/* RFC 3986 section 3.1. */
static bool pattern_scheme_is_valid(struct slice scheme)
{
	if (scheme.len == 0 || !ascii_is_alpha(scheme.data[0]))
		return false;
	for (size_t i = 0; i < scheme.len; i++) {
		char c = scheme.data[i];

		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '+' &&
		    c != '-' && c != '.')
			return false;
	}
	return true;
}

/* Splits "scheme://host[:port]"; the port is the scheme's unless given. */
static bool pattern_split_origin(struct slice text, struct slice *ret_scheme,
				 struct authority *ret_authority)
{
	struct slice rest;
	struct slice scheme = slice_cut(text, ':', &rest);

	if (!rest.data || !pattern_scheme_is_valid(scheme) ||
	    !slice_has_prefix(rest, slice_of("//")))
		return false;
	if (!pattern_split(pattern_rest(rest, 2), ret_authority) ||
	    ret_authority->host.len == 0)
		return false;
	if (ret_authority->port == 0)
		ret_authority->port = pattern_scheme_port(scheme);
	*ret_scheme = scheme;
	return true;
}

static const char *pattern_origin_parse_url(struct slice text,
					    struct pattern_origin *ret_pattern)
{
	static const char error[] =
		"not an origin; \"same\", \"null\", \"*\" or \"https://host\", "
		"the host perhaps \"*.suffix\" and with a port, no path";
	struct pattern_origin pattern = { .kind = PATTERN_ORIGIN_EXACT };
	struct authority authority;
	struct pattern_host host;

	if (!pattern_split_origin(text, &pattern.scheme, &authority) ||
	    pattern_host_parse(authority.host, &host) ||
	    host.kind == PATTERN_HOST_ANY)
		return error;
	if (host.kind == PATTERN_HOST_SUFFIX)
		pattern.kind = PATTERN_ORIGIN_SUFFIX;
	pattern.host = host.name;
	pattern.port = authority.port;
	*ret_pattern = pattern;
	return NULL;
}

const char *pattern_origin_parse(struct slice text,
				 struct pattern_origin *ret_pattern)
{
	static const struct {
		const char *word;
		enum pattern_origin_kind kind;
	} words[] = {
		{ "*", PATTERN_ORIGIN_ANY },
		{ "same", PATTERN_ORIGIN_SAME },
		{ "null", PATTERN_ORIGIN_NULL },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (slice_equal(text, slice_of(words[i].word))) {
			*ret_pattern = (struct pattern_origin){
				.kind = words[i].kind,
			};
			return NULL;
		}
	}
	return pattern_origin_parse_url(text, ret_pattern);
}

static bool pattern_origin_is_same(const struct authority *origin,
				   struct slice scheme, struct slice authority)
{
	struct authority request;

	if (!pattern_split(authority, &request))
		return false;
	if (request.port == 0)
		request.port = pattern_scheme_port(scheme);
	return request.port == origin->port &&
	       slice_equal_nocase(request.host, origin->host);
}

static bool pattern_origin_fits(const struct pattern_origin *pattern,
				const struct authority *origin,
				struct slice scheme)
{
	if (!slice_equal_nocase(pattern->scheme, scheme) ||
	    pattern->port != origin->port)
		return false;
	if (pattern->kind == PATTERN_ORIGIN_SUFFIX)
		return pattern_suffix_matches(pattern->host, origin->host);
	return slice_equal_nocase(pattern->host, origin->host);
}

bool pattern_origin_matches(const struct pattern_origin *pattern,
			    struct slice origin, struct slice authority)
{
	struct slice scheme;
	struct authority parts;

	switch (pattern->kind) {
	case PATTERN_ORIGIN_ANY:
		return true;
	case PATTERN_ORIGIN_NULL:
		return slice_equal(origin, slice_of("null"));
	case PATTERN_ORIGIN_SAME:
		return pattern_split_origin(origin, &scheme, &parts) &&
		       pattern_origin_is_same(&parts, scheme, authority);
	case PATTERN_ORIGIN_EXACT:
	case PATTERN_ORIGIN_SUFFIX:
		return pattern_split_origin(origin, &scheme, &parts) &&
		       pattern_origin_fits(pattern, &parts, scheme);
	}
	return false;
}
