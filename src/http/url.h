/* SPDX-License-Identifier: MIT */
/* The URL of a WebSocket, taken apart (RFC 6455 section 3). */

#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Pure functions: no state, any thread. */

/* Slices (an absent path aside) are in the URL's memory. */
struct http_url {
	bool is_secure;          /* wss */
	struct slice user;       /* user information, escaped; may be empty */
	struct slice host;       /* a name or an address, without brackets */
	bool is_ipv6;            /* it stood in brackets */
	struct slice host_field; /* value of Host: the default port left out */
	uint16_t port;
	struct slice target; /* path and query, as asked for */
};

/*
 * Takes apart "ws://host/path?query" or "wss://", case of the scheme aside,
 * with optional user information and port.  Null, or a constant text that says
 * what is wrong; `*ret` then is untouched.  A fragment is refused (section 3),
 * and so are bytes that no URI has.
 */
const char *http_url_parse(struct slice url, struct http_url *ret)
	__attribute__((warn_unused_result));

/* Most bytes of user information that http_url_basic() takes. */
#define HTTP_URL_USER_MAX 384

/* "Basic ", the base64 of that and of a colon, a terminator. */
#define HTTP_URL_BASIC_SIZE (6 + (HTTP_URL_USER_MAX + 1 + 2) / 3 * 4 + 1)

/*
 * Writes the value of Authorization for user information (RFC 7617): escapes
 * are decoded, a missing password is empty.  False if it is too long, has a
 * bad escape or a control character; `ret` is undefined then.
 */
bool http_url_basic(struct slice user, char ret[HTTP_URL_BASIC_SIZE])
	__attribute__((warn_unused_result));

#endif
