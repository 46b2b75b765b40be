/* SPDX-License-Identifier: MIT */
/* The head of an HTTP/1.1 request: a strict, resumable, bounded parser. */

#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * The caller gathers the head in its own contiguous memory and shows it to
 * the parser as it grows; the parser keeps offsets, so the memory may move
 * between calls.  It looks once at each byte, wherever the pieces were cut
 * (at the request target and at Host a second time, when their line is
 * whole), and gives the same answer for every way to cut.  It allocates
 * nothing and owns nothing.  One thread at a time.
 *
 * Where RFC 9112 lets a recipient be lenient, this one is strict: CRLF ends
 * every line (a bare LF or CR is refused), exactly one space parts the
 * request line, no folded line, no space before the colon, no control
 * character but HTAB in a value.  One leniency is kept: a single empty line
 * before the request line is passed over (section 2.2); it counts to no limit.
 */

/* The most each limit may be, so that offsets fit 32 bits with room. */
#define HTTP_HEAD_LIMIT_MAX (UINT32_C(1) << 28)

struct http_head_limits {
	uint32_t request_line; /* bytes of the request line, without CRLF */
	uint32_t headers;      /* bytes of all field lines with their CRLFs */
	uint32_t header_count; /* field lines */
};

/* What a request is, or the HTTP status to refuse it with. */
enum http_head_status {
	HTTP_HEAD_MORE,		 /* so far, so good: show more */
	HTTP_HEAD_DONE,		 /* the head is whole and valid */
	HTTP_HEAD_BAD,		 /* 400: not a request head */
	HTTP_HEAD_LINE_TOO_LONG, /* 414: request line over its limit */
	HTTP_HEAD_TOO_LARGE,	 /* 431: field lines over a limit */
	HTTP_HEAD_BAD_VERSION,	 /* 505: HTTP of another version than 1.1 */
};

/* Where in the grammar the next byte stands; private to head.c. */
enum http_head_state {
	HTTP_HEAD_AT_BEGIN,
	HTTP_HEAD_AT_BEGIN_LF,
	HTTP_HEAD_AT_METHOD,
	HTTP_HEAD_AT_TARGET,
	HTTP_HEAD_AT_VERSION,
	HTTP_HEAD_AT_LINE_CR,
	HTTP_HEAD_AT_LINE_LF,
	HTTP_HEAD_AT_FIELD,
	HTTP_HEAD_AT_NAME,
	HTTP_HEAD_AT_VALUE,
	HTTP_HEAD_AT_FIELD_LF,
	HTTP_HEAD_AT_END_LF,
	HTTP_HEAD_AT_STOP,
};

/* Offsets count from the start of the head; only head_len is for callers. */
struct http_head_parser {
	struct http_head_limits limits;
	uint32_t head_len; /* bytes consumed; once DONE, size of the head */
	uint32_t line;	   /* request line */
	uint32_t method_end;
	uint32_t target_end;
	uint32_t fields; /* first field line */
	uint32_t name;	 /* field line being read */
	uint32_t colon;	 /* its colon */
	uint32_t host;	 /* value of Host; 0: none seen */
	uint32_t host_len;
	uint32_t count; /* field lines begun */
	enum http_head_state state;
	uint32_t fault; /* index of the broken rule; 0: none */
};

/* A valid request; slices (an absent path aside) are in the head's memory. */
struct http_request {
	struct slice method;
	struct slice target;	/* as sent */
	struct slice path;	/* raw, begins with "/" */
	struct slice query;	/* raw, behind the "?"; may be empty */
	struct slice authority; /* host[:port], never empty */
	struct slice fields;	/* the field lines, for http_field_next() */
};

struct http_field {
	struct slice name;
	struct slice value; /* without the spaces around it; may be empty */
};

/*
 * Most bytes a head within `limits` has: an empty line, the request line, the
 * fields, the last CRLF.  With as many to look at, http_head_parse() never
 * answers HTTP_HEAD_MORE: this is the size of buffer to have.
 */
static inline size_t http_head_size_max(const struct http_head_limits *limits)
{
	return (size_t)2 + limits->request_line + 2 + limits->headers + 2;
}

/* Prepares for the first byte of a request.  The limits are copied. */
void http_head_init(struct http_head_parser *p,
		    const struct http_head_limits *limits);

/*
 * Parses on.  `data` is the head from its first byte, all of it that has
 * come: what was shown before plus any number of new bytes.  After
 * HTTP_HEAD_DONE the first `head_len` bytes are the head, those behind it are
 * the caller's.  A limit is judged as soon as it is known to be exceeded, the
 * version and the target at the end of the request line, in this order, a
 * Host at the end of its line.  After any answer but HTTP_HEAD_MORE further
 * calls read nothing and repeat it.
 */
enum http_head_status http_head_parse(struct http_head_parser *p,
				      const char *data, size_t len)
	__attribute__((warn_unused_result));

/* Which rule was broken: constant text; "" while none is. */
const char *http_head_error_text(const struct http_head_parser *p);

/*
 * After HTTP_HEAD_DONE: the parts of the request whose head is at `data`.
 * They are valid as long as these bytes stay where they are.  For a target
 * in absolute form (RFC 9112 section 3.2.2) the authority is the target's,
 * else it is the value of Host; a path absent there is "/" in static memory.
 */
void http_head_request(const struct http_head_parser *p, const char *data,
		       struct http_request *ret_request);

/*
 * Takes the next field line off `*fields`, which starts as a copy of
 * http_request.fields.  False at the end (or where the lines are not the
 * parser's); then `*ret` is untouched.
 */
bool http_field_next(struct slice *fields, struct http_field *ret);

#endif
