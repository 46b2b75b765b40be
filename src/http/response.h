/* SPDX-License-Identifier: MIT */
/* Writes the heads and refusals that end or open a handshake. */

#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

#include "http/upgrade.h"

/*
 * Each writer fills the caller's memory and returns how many bytes it wrote,
 * without a terminator, or 0 if they do not fit `cap` (what is at `buf` then
 * is undefined).  No state, any thread.  None writes a Date: RFC 9110 section
 * 6.6.1 excuses a server without a clock, and this layer has none.
 */

/* Most bytes of a refusal's text, a content type, a policy, a protocol, a list
 * of extensions. */
#define HTTP_RESPONSE_TEXT_MAX 256

/*
 * A size that holds any response whose texts are within the bound above: its
 * fixed lines are below 256 bytes (a test writes the longest of them, the
 * 426 with Retry-After of ten digits), a page and a 101 have two texts.
 */
#define HTTP_RESPONSE_MAX (256 + 2 * HTTP_RESPONSE_TEXT_MAX)

/* The reason phrase of RFC 9110 section 15 and RFC 6585; "Unknown" for a
 * status this daemon never sends. */
const char *http_status_reason(unsigned status);

/*
 * 101 Switching Protocols (RFC 6455 section 4.2.2 item 5).  `protocol` is the
 * chosen subprotocol or null, `extensions` those in use (section 9.1) or null.
 */
size_t http_response_switching(char *buf, size_t cap,
			       const char accept[HTTP_ACCEPT_SIZE],
			       const char *protocol, const char *extensions)
	__attribute__((warn_unused_result));

/*
 * A refusal with `text` and a line end as its body, after which the connection
 * is to be closed.  405 tells what is allowed, 426 what to upgrade to (RFC
 * 9110 section 15.5.22, RFC 6455 section 4.4).  `retry_after_s` seconds are
 * told in Retry-After; 0: not told.  An answer to HEAD is all but its last
 * strlen(text) + 1 bytes, the body (RFC 9110 section 9.3.2).
 */
size_t http_response_refusal(char *buf, size_t cap, unsigned status,
			     const char *text, uint32_t retry_after_s)
	__attribute__((warn_unused_result));

/*
 * The head of a 200 whose body, `content_len` bytes, the caller sends behind
 * it before it closes the connection.  `policy` is told as the page's
 * Content-Security-Policy; null: none.
 */
size_t http_response_page_head(char *buf, size_t cap, const char *content_type,
			       const char *policy, size_t content_len)
	__attribute__((warn_unused_result));

#endif
