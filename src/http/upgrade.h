/* SPDX-License-Identifier: MIT */
/* Decides what a request head asks for: a page, a WebSocket, or a refusal. */

#ifndef HTTP_UPGRADE_H
#define HTTP_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "http/head.h"

/*
 * The server's side of RFC 6455 section 4.2, as pure functions of a request
 * that http_head_parse() found valid.  No state, any thread.
 */

/* HTTP_UPGRADE_OK, or why the request is refused. */
enum http_upgrade_verdict {
	HTTP_UPGRADE_OK,
	HTTP_UPGRADE_NOT_GET,	    /* 405 */
	HTTP_UPGRADE_HAS_BODY,	    /* 400: a body, or a length that is none */
	HTTP_UPGRADE_DUPLICATE,	    /* 400: a field twice that may come once */
	HTTP_UPGRADE_NOT_WEBSOCKET, /* 426: no Upgrade to websocket */
	HTTP_UPGRADE_BAD_VERSION,   /* 426: Sec-WebSocket-Version is not 13 */
	HTTP_UPGRADE_BAD_KEY,	    /* 400: Sec-WebSocket-Key absent or bad */
};

/* What http_upgrade_choose_protocol() returns. */
enum http_protocol_choice {
	HTTP_PROTOCOL_CHOSEN = 0,
	HTTP_PROTOCOL_NONE, /* none offered or none in common: answer without */
	HTTP_PROTOCOL_BAD,  /* 400: the offer breaks RFC 6455 section 4.1 */
};

/* A valid opening handshake; slices are valid as long as the request's. */
struct http_upgrade {
	struct slice key;    /* Sec-WebSocket-Key: 24 characters */
	struct slice origin; /* Origin; empty without one */
	bool has_origin;     /* there was an Origin, be it empty */
	bool has_protocols;  /* there was a Sec-WebSocket-Protocol */
};

/* Most subprotocols of one offer; more are HTTP_PROTOCOL_BAD.  It bounds the
 * search for duplicates, which takes the square of it. */
#define HTTP_PROTOCOLS_MAX 64

/* Characters of a Sec-WebSocket-Key: base64 of 16 bytes (section 4.1). */
#define HTTP_KEY_LEN 24

/* Sec-WebSocket-Accept: base64 of 20 bytes, and the text's terminator. */
#define HTTP_ACCEPT_SIZE (28 + 1)

/*
 * What must hold of any request, for a page or a WebSocket: it is a GET, it
 * has no body (no Transfer-Encoding; Content-Length absent or zero), and
 * Content-Length, Origin, Sec-WebSocket-Key and Sec-WebSocket-Version come at
 * most once.  Judged in this order: NOT_GET, DUPLICATE, HAS_BODY.
 */
enum http_upgrade_verdict http_request_check(const struct http_request *request)
	__attribute__((warn_unused_result));

/*
 * Whether a request that passed http_request_check() asks for a WebSocket
 * (RFC 6455 section 4.2.1).  Judged in the order NOT_WEBSOCKET, BAD_VERSION,
 * BAD_KEY.  Connection and Upgrade may be lists over several lines.  Unless
 * the answer is HTTP_UPGRADE_OK, `*ret` is untouched.
 */
enum http_upgrade_verdict http_upgrade_check(const struct http_request *request,
					     struct http_upgrade *ret)
	__attribute__((warn_unused_result));

/* The HTTP status to refuse with; 101 for HTTP_UPGRADE_OK. */
unsigned http_upgrade_status(enum http_upgrade_verdict verdict);

/* One constant line for the client and the log; "" for HTTP_UPGRADE_OK. */
const char *http_upgrade_text(enum http_upgrade_verdict verdict);

/*
 * Chooses the first of the `count` names at `wanted` that the client offers;
 * case matters (RFC 6455 section 4.2.2).  An offer with something that is no
 * token, with a name twice or with nothing in it is HTTP_PROTOCOL_BAD, whether
 * or not a name is wanted.  Stores the index only for HTTP_PROTOCOL_CHOSEN.
 */
int http_upgrade_choose_protocol(const struct http_request *request,
				 char *const *wanted, size_t count,
				 size_t *ret_index)
	__attribute__((warn_unused_result));

/*
 * The Sec-WebSocket-Accept for a key that http_upgrade_check() gave, with a
 * terminator (RFC 6455 section 4.2.2 item 5.4).  0, or -1 if the key has not
 * HTTP_KEY_LEN characters or the digest fails; `ret` then is untouched.
 */
int http_accept_key(struct slice key, char ret[HTTP_ACCEPT_SIZE])
	__attribute__((warn_unused_result));

#endif
