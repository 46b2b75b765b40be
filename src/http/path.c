/* SPDX-License-Identifier: MIT */
/* Percent-decoding of request paths. */

#include "http/path.h"

#include <stdbool.h>

#include "base/ascii.h"

/* The byte of the escape "%XY" that `s` begins with; 0 if it is no good. */
static char escaped_byte(struct slice s)
{
	if (s.len < 3)
		return 0;
	int high = ascii_hex_value(s.data[1]);
	int low = ascii_hex_value(s.data[2]);
	return (char)(high < 0 || low < 0 ? 0 : high * 16 + low);
}

static bool has_dot_segment(struct slice path)
{
	while (path.data) {
		struct slice segment = slice_cut(path, '/', &path);
		if (slice_equal(segment, slice_of(".")) ||
		    slice_equal(segment, slice_of("..")))
			return true;
	}
	return false;
}

int http_path_decode(struct slice raw, char *ret_text, size_t cap,
		     size_t *ret_len)
{
	size_t len = 0;

	if (raw.len == 0 || raw.data[0] != '/')
		return HTTP_PATH_BAD;
	for (size_t i = 0; i < raw.len; i++, len++) {
		char c = raw.data[i];
		if (c == '%') {
			c = escaped_byte(slice_make(raw.data + i, raw.len - i));
			i += 2;
		}
		if (c == '\0')
			return HTTP_PATH_BAD;
		/* One byte is kept for the terminator. */
		if (len + 1 >= cap)
			return HTTP_PATH_TOO_LONG;
		ret_text[len] = c;
	}
	if (has_dot_segment(slice_make(ret_text, len)))
		return HTTP_PATH_BAD;
	ret_text[len] = '\0';
	*ret_len = len;
	return HTTP_PATH_OK;
}
