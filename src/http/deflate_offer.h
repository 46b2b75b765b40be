/* SPDX-License-Identifier: MIT */
/* Agrees on permessage-deflate with a client (RFC 7692 sections 5 and 7.1). */

#ifndef HTTP_DEFLATE_OFFER_H
#define HTTP_DEFLATE_OFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "http/head.h"

/* Window sizes, as powers of two (section 7.1.2). */
#define HTTP_DEFLATE_BITS_MIN 8
#define HTTP_DEFLATE_BITS_MAX 15

/* What the server is ready to give a session. */
struct http_deflate_limits {
	/* Messages may refer to earlier ones, which costs memory a session. */
	bool allows_takeover;
	unsigned server_window_bits; /* most its compressor uses */
	unsigned client_window_bits; /* most its decompressor keeps */
};

/* What both sides keep to from then on; names are the RFC's. */
struct http_deflate_agreement {
	bool server_no_context_takeover;
	bool client_no_context_takeover;
	unsigned server_max_window_bits;
	unsigned client_max_window_bits;
	bool tells_server_bits; /* private: the answer has the parameter */
	bool tells_client_bits;
};

enum http_deflate_choice {
	HTTP_DEFLATE_AGREED, /* answer with http_deflate_answer() */
	HTTP_DEFLATE_NONE,   /* nothing offered that can be: answer without */
	HTTP_DEFLATE_BAD,    /* 400: no list of extensions */
};

/* Most bytes of an answer, with its terminator. */
#define HTTP_DEFLATE_ANSWER_SIZE                        \
	sizeof("permessage-deflate"                     \
	       "; server_no_context_takeover"           \
	       "; client_no_context_takeover"           \
	       "; server_max_window_bits=15"            \
	       "; client_max_window_bits=15")

/*
 * Judges all that a request offers and agrees to the first offer of
 * permessage-deflate that can be kept.  Other extensions are declined, and
 * offers with a parameter that is unknown, comes twice or has a value it may
 * not have (section 5.1: the next offer is looked at).  `limits` null: wants
 * none of it, but an offer that breaks the grammar is refused all the same.
 * Unless the choice is HTTP_DEFLATE_AGREED, `*ret` is untouched.  Pure, any
 * thread.
 *
 * What is agreed: each side's takeover unless the client's offer or the limits
 * forbid it; a window no larger than either says.  A client that did not offer
 * client_max_window_bits cannot be asked to keep to one; where its window may
 * be too large to keep between messages it is asked to keep no context.
 */
enum http_deflate_choice
http_deflate_choose(const struct http_request *request,
		    const struct http_deflate_limits *limits,
		    struct http_deflate_agreement *ret)
	__attribute__((warn_unused_result));

/*
 * The value of Sec-WebSocket-Extensions in the answer, with a terminator.  A
 * window is told where it is not the largest, and where the offer had a number
 * for it: an offer with a limit is accepted by repeating or lowering it.
 */
void http_deflate_answer(const struct http_deflate_agreement *agreement,
			 char ret[HTTP_DEFLATE_ANSWER_SIZE]);

#endif
