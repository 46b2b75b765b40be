/* SPDX-License-Identifier: MIT */
/* The client's opening handshake: the request (RFC 6455 section 4.1). */

#ifndef HTTP_CLIENT_REQUEST_H
#define HTTP_CLIENT_REQUEST_H

#include <stddef.h>

#include "base/slice.h"

/* Pure functions: no state, any thread. */

/* Names that are offered, the favourite first; strings of the caller. */
struct http_protocols {
	const char *const *names;
	size_t count;
};

struct http_client_request {
	struct slice target; /* path and query, of a valid URL */
	struct slice host;   /* value of Host, likewise */
	const char *key;     /* HTTP_KEY_LEN characters: base64 of 16 bytes */
	const char *origin;  /* or null: none is told */
	const char *authorization; /* or null, likewise */
	struct http_protocols protocols;
	const char *const *fields; /* more of them: "Name: value" */
	size_t field_count;
};

/*
 * The three below say what is wrong with a part of a request that a user gave,
 * as constant text, or return null.  None of what they pass can end a line.
 */

/*
 * A field: a name that is a token, a colon, a value without control
 * characters.  What the handshake itself writes, frames a body by or
 * negotiates may not be among them: Connection, Upgrade, Sec-WebSocket-*,
 * Content-Length, Transfer-Encoding.
 */
const char *http_client_field_fault(struct slice field)
	__attribute__((warn_unused_result));

/* An origin: bytes of a URI, at least one (RFC 6454 section 6.2). */
const char *http_client_origin_fault(struct slice origin)
	__attribute__((warn_unused_result));

/*
 * Subprotocols: tokens, none twice (section 4.1 item 10), at most
 * HTTP_PROTOCOLS_MAX.  Also tells the index of the one at fault.
 */
const char *http_client_protocols_fault(const struct http_protocols *protocols,
					size_t *ret_index)
	__attribute__((warn_unused_result));

/*
 * Writes the request into the caller's memory and returns its size, without a
 * terminator; 0 if it does not fit, or a part of it is at fault.  What is at
 * `buf` then is undefined.
 */
size_t http_client_request_write(const struct http_client_request *request,
				 char *buf, size_t cap)
	__attribute__((warn_unused_result));

#endif
