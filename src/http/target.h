/* SPDX-License-Identifier: MIT */
/* The request target: its forms, and the authority they or Host name. */

#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include <stdbool.h>

#include "base/slice.h"

/* Pure functions: no state, any thread. */

struct http_target {
	struct slice authority; /* of the absolute form; else empty */
	struct slice path;	/* raw, begins with "/" */
	struct slice query;	/* raw, behind the "?"; may be empty */
};

/*
 * Takes a target apart whose bytes are all of ASCII_URI.  True for the origin
 * form (RFC 9112 section 3.2.1) and for the absolute form (3.2.2) of http,
 * https, ws and wss with a valid authority; where that has no path, `path` is
 * "/" in static memory.  False, and `*ret` untouched, for all else, the
 * authority form of CONNECT and the "*" of OPTIONS among it: they name
 * nothing that this server has.
 */
bool http_target_split(struct slice target, struct http_target *ret)
	__attribute__((warn_unused_result));

/*
 * Whether `s` is host[:port] (RFC 3986 section 3.2.2) with a host that is not
 * empty: a name or IPv4 address, its escapes whole, or an IPv6 address in
 * brackets; no user information; the port up to 65535 or empty.
 */
bool http_authority_is_valid(struct slice s);

#endif
