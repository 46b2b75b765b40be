/* SPDX-License-Identifier: MIT */
/* A parsed request of given field lines, for tests of what they mean. */

#ifndef TESTS_UNIT_HTTP_REQUEST_H
#define TESTS_UNIT_HTTP_REQUEST_H

#include <string.h>

#include "guard.h"
#include "http/head.h"

/* The lines lie directly below a guard page. */
static inline struct http_request http_request_make(const char *fields)
{
	size_t len = strlen(fields);

	return (struct http_request){
		.method = slice_of("GET"),
		.fields = slice_make((char *)guard_copy_end(fields, len), len),
	};
}

static inline void http_request_free(struct http_request *request)
{
	union {
		const char *text;
		uint8_t *bytes;
	} fields = { .text = request->fields.data };

	guard_free_end(fields.bytes, request->fields.len);
}

#endif
