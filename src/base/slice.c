/* SPDX-License-Identifier: MIT */
/* Comparing, trimming and cutting borrowed runs of text. */

#include "base/slice.h"

#include "base/ascii.h"

bool slice_equal(struct slice a, struct slice b)
{
	/* memcmp() may not be given the null pointer of an empty slice. */
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
			return false;
	}
	return true;
}

bool slice_has_prefix(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len &&
	       slice_equal(slice_make(s.data, prefix.len), prefix);
}

bool slice_has_suffix(struct slice s, struct slice suffix)
{
	if (suffix.len == 0)
		return true;
	if (s.len < suffix.len)
		return false;
	const char *tail = s.data + (s.len - suffix.len);
	return slice_equal(slice_make(tail, suffix.len), suffix);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.data[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_blank(s.data[0])) {
		s.data++;
		s.len--;
	}
	return s;
}

struct slice slice_cut(struct slice s, char separator, struct slice *ret_rest)
{
	const char *at = s.len ? memchr(s.data, separator, s.len) : NULL;
	if (!at) {
		*ret_rest = slice_make(NULL, 0);
		return s;
	}
	size_t before = (size_t)(at - s.data);
	*ret_rest = slice_make(at + 1, s.len - before - 1);
	return slice_make(s.data, before);
}
