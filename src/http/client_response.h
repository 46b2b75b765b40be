/* SPDX-License-Identifier: MIT */
/* The client's opening handshake: the answer (RFC 6455 section 4.1). */

#ifndef HTTP_CLIENT_RESPONSE_H
#define HTTP_CLIENT_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "http/client_request.h"

/*
 * A resumable, strict parser that judges as well.  The caller gathers the
 * answer in memory of its own, where it stays, and shows it as it grows; the
 * result is the same for every way to cut it.  Allocates nothing, owns
 * nothing.  One thread at a time.
 *
 * As the parser of requests it wants CRLF at the end of every line, no folded
 * line, no space before a colon, no control character in a value.
 */

/* Most bytes of the answer's head, those of interim answers included. */
#define HTTP_CLIENT_HEAD_MAX 16384

enum http_client_status {
	HTTP_CLIENT_MORE,    /* so far, so good: show more */
	HTTP_CLIENT_OPEN,    /* 101: frames begin at head_len */
	HTTP_CLIENT_REFUSED, /* another status: a body begins at head_len */
	HTTP_CLIENT_BAD,     /* not an answer to our handshake: see error */
};

/* What the request asked for; outlives the parser. */
struct http_client_offer {
	const char *accept; /* of http_accept_key() for the key sent */
	struct http_protocols protocols;
};

/* Slices are in the answer's memory. */
struct http_client_response {
	unsigned status;       /* 100 to 999; 0: not known yet */
	struct slice reason;   /* the server's words for it; may be empty */
	struct slice location; /* Location; may be empty */
	const char *protocol;  /* OPEN: the chosen one of the offer, or null */
	const char *error;     /* BAD: what is wrong, constant text */
	size_t head_len;       /* OPEN, REFUSED: bytes of the head */
	size_t body_len;       /* REFUSED: Content-Length; SIZE_MAX: unknown */

	/* Private. */
	const struct http_client_offer *offer;
	enum http_client_status result;
	size_t line;    /* where the line being read begins */
	size_t scanned; /* bytes looked at for its end */
	unsigned seen;  /* fields of the 101, as bits */
	bool is_text;   /* the body is plain text */
	bool is_chunked;
};

/* Prepares for the first byte of an answer. */
void http_client_response_init(struct http_client_response *response,
			       const struct http_client_offer *offer);

/*
 * Parses on.  `data` is the answer from its first byte, all of it that has
 * come.  Interim answers (RFC 9110 section 15.2) are passed over.  With
 * HTTP_CLIENT_HEAD_MAX bytes shown the result is never HTTP_CLIENT_MORE.
 * After any other, further calls read nothing and repeat it.
 *
 * A 101 is accepted if it is HTTP/1.1, Upgrade is "websocket", Connection has
 * "Upgrade", Sec-WebSocket-Accept is the offer's, no extension is in use, as
 * none is offered, and the subprotocol, if any, is one of the offer's.
 */
enum http_client_status
http_client_response_parse(struct http_client_response *response,
			   const char *data, size_t len)
	__attribute__((warn_unused_result));

/*
 * After HTTP_CLIENT_REFUSED: the first line of the body, of which `body` is
 * what has come so far, if it is one of plain text; else, or as long as that
 * line is not whole, an empty slice.  `is_end` says that nothing follows: then
 * a line needs no end.
 */
struct slice
http_client_response_text(const struct http_client_response *response,
			  struct slice body, bool is_end);

#endif
