/* SPDX-License-Identifier: MIT */
/* Takes Sec-WebSocket-Extensions apart (RFC 6455 section 9.1). */

#ifndef HTTP_EXTENSIONS_H
#define HTTP_EXTENSIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "http/head.h"

/*
 * What a client offers: a list of extensions, over any number of field lines,
 * in the order it prefers them.  Pure functions of a request that
 * http_head_parse() found valid; slices are valid as long as the request's.
 * No state of their own, any thread.
 */

struct http_extension {
	struct slice name;   /* a token, never empty; its case matters */
	struct slice params; /* for http_extension_param_next() */
};

struct http_extension_param {
	struct slice name;  /* a token, never empty; its case matters */
	struct slice value; /* as sent, without quotes; empty without one */
	bool has_value;     /* there is a "=" */
};

/* Where in the list one is. */
struct http_extension_list {
	struct slice fields; /* private: lines not begun yet */
	struct slice value;  /* private: what is left of the line */
};

/*
 * Whether all lines of that name keep to the grammar, and offer something if
 * there are any: else the request is to be refused with 400 (section 9.1).
 * Empty elements of a list are passed over, as RFC 9110 section 5.6.1.2 has
 * it; spaces and tabs may stand around every ";", "," and "=".  A quoted value
 * must be a token, without its quotes and backslashes.
 */
bool http_extensions_are_valid(const struct http_request *request)
	__attribute__((warn_unused_result));

/* Before the first extension of a request. */
void http_extension_list_begin(struct http_extension_list *list,
			       const struct http_request *request);

/*
 * The next extension of a request whose extensions are valid.  False at the
 * end; then `*ret` is untouched.
 */
bool http_extension_next(struct http_extension_list *list,
			 struct http_extension *ret)
	__attribute__((warn_unused_result));

/*
 * Takes the next parameter off `*params`, which starts as a copy of
 * http_extension.params.  False at the end; then `*ret` is untouched.
 */
bool http_extension_param_next(struct slice *params,
			       struct http_extension_param *ret)
	__attribute__((warn_unused_result));

/*
 * Whether a parameter has a value, and it is a number as RFC 7692 section
 * 7.1.2 writes them: decimal, without sign and leading zeros, and from `min`,
 * at least 1, to `max`, below 10000.  Else `*ret` is untouched.
 */
bool http_extension_param_number(const struct http_extension_param *param,
				 unsigned min, unsigned max, unsigned *ret)
	__attribute__((warn_unused_result));

#endif
