/* SPDX-License-Identifier: MIT */
/* Host, path and origin patterns of routes: parsed once, matched often. */

#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * A pattern borrows the text it was parsed from: the text has to outlive it.
 * A parser returns null, or a constant phrase that says what is wrong and what
 * is allowed; then the pattern is untouched.  Matching allocates nothing and
 * is safe from any thread.
 */

enum pattern_host_kind {
	PATTERN_HOST_ANY,    /* "*" */
	PATTERN_HOST_EXACT,  /* "example.org", "192.0.2.1", "[2001:db8::1]" */
	PATTERN_HOST_SUFFIX, /* "*.example.org": one label or more before it */
};

struct pattern_host {
	enum pattern_host_kind kind;
	struct slice name; /* EXACT: whole name; SUFFIX: from its '.' on */
};

/* "*", a name or address without a port, or "*.suffix". */
__attribute__((warn_unused_result)) const char *
pattern_host_parse(struct slice text, struct pattern_host *ret_pattern);

/*
 * `authority` is what a request names (Host field or absolute form): a host
 * with or without a port.  The port, letter case and one trailing dot do not
 * count; "*" matches an empty one too.
 */
bool pattern_host_matches(const struct pattern_host *pattern,
			  struct slice authority);

/*
 * "/a" exactly that path; "/a/{x}" any one segment that is not empty in place
 * of {x}; a last segment "*" everything below, the bare "/a/" included.
 */
struct pattern_path {
	struct slice text; /* without the "*" of a last segment */
	bool below;        /* the last segment is "*" */
};

/* Begins with '/'; decoded, without a query; names in braces are unique. */
__attribute__((warn_unused_result)) const char *
pattern_path_parse(struct slice text, struct pattern_path *ret_pattern);

/* `path` is percent-decoded, without the query. */
bool pattern_path_matches(const struct pattern_path *pattern,
			  struct slice path);

enum pattern_origin_kind {
	PATTERN_ORIGIN_ANY,    /* "*": also "null" */
	PATTERN_ORIGIN_SAME,   /* "same": the host and port of the request */
	PATTERN_ORIGIN_NULL,   /* "null": opaque, RFC 6454 section 7 */
	PATTERN_ORIGIN_EXACT,  /* "https://a.example:8443" */
	PATTERN_ORIGIN_SUFFIX, /* scheme and "*.example.org" */
};

struct pattern_origin {
	enum pattern_origin_kind kind;
	struct slice scheme; /* EXACT, SUFFIX */
	struct slice host;   /* EXACT: whole name; SUFFIX: from its '.' on */
	uint32_t port;       /* that of the scheme unless written; 0: none */
};

/* One of the forms above, the host of a URL as in a host pattern. */
__attribute__((warn_unused_result)) const char *
pattern_origin_parse(struct slice text, struct pattern_origin *ret_pattern);

/*
 * `origin` is the Origin field (RFC 6454 section 7), `authority` the host the
 * request names.  For "same" a missing port on either side is the default of
 * the origin's scheme, and the scheme itself is not compared: TLS may end in
 * front of this daemon.
 */
bool pattern_origin_matches(const struct pattern_origin *pattern,
			    struct slice origin, struct slice authority);

#endif
