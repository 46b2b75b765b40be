/* SPDX-License-Identifier: MIT */
/* Runs of whole characters are copied at once, the rest is looked at. */

#include "base/utf8_replace.h"

#include <string.h>

static const uint8_t replacement[] = { 0xEF, 0xBF, 0xBD }; /* U+FFFD */

static uint8_t *put(uint8_t *out, const uint8_t *bytes, size_t len)
{
	if (len > 0)
		memcpy(out, bytes, len);
	return out + len;
}

/* As utf8_validate() at the beginning of a text. */
static size_t validate(const uint8_t *bytes, size_t len, bool *ret_is_complete)
{
	struct utf8_state state;

	utf8_init(&state);
	size_t valid = utf8_validate(&state, bytes, len);
	*ret_is_complete = utf8_is_complete(&state);
	return valid;
}

/* Takes bytes to those held until they are a character, or cannot be one. */
static uint8_t *finish_held(struct utf8_replacer *state, const uint8_t **in,
			    const uint8_t *end, uint8_t *out)
{
	uint8_t bytes[UTF8_PARTIAL_MAX + 1];
	size_t len = state->held_len;
	bool is_whole = false;

	memcpy(bytes, state->held, UTF8_PARTIAL_MAX);
	while (*in < end && !is_whole) {
		bytes[len] = **in;
		if (validate(bytes, len + 1, &is_whole) <= len) {
			state->held_len = 0;
			return put(out, replacement, sizeof(replacement));
		}
		len++;
		++*in;
	}
	if (is_whole) {
		state->held_len = 0;
		return put(out, bytes, len);
	}
	memcpy(state->held, bytes, len);
	state->held_len = (uint8_t)len;
	return out;
}

/*
 * Replaces what stands where a character should begin, as long as none does.
 * Many bad bytes in a row are cheap this way: a look at each, not at a block.
 */
static uint8_t *replace_bad(const uint8_t **in, const uint8_t *end,
			    uint8_t *out)
{
	while (*in < end) {
		size_t len = (size_t)(end - *in), whole;
		bool is_complete;

		if (len > UTF8_PARTIAL_MAX + 1)
			len = UTF8_PARTIAL_MAX + 1;
		if (utf8_split(*in, len, &whole) != UTF8_REST_INVALID ||
		    whole > 0)
			break;
		size_t subpart = validate(*in, len, &is_complete);
		out = put(out, replacement, sizeof(replacement));
		*in += subpart > 0 ? subpart : 1;
	}
	return out;
}

size_t utf8_replace(struct utf8_replacer *state, const uint8_t *in, size_t len,
		    bool is_end, uint8_t *out)
{
	const uint8_t *end = in + len;
	uint8_t *begin = out;
	enum utf8_rest rest = UTF8_REST_NONE;

	if (state->held_len > 0)
		out = finish_held(state, &in, end, out);
	while (in < end && rest != UTF8_REST_PARTIAL) {
		size_t whole;

		rest = utf8_split(in, (size_t)(end - in), &whole);
		out = put(out, in, whole);
		in += whole;
		if (rest == UTF8_REST_INVALID)
			out = replace_bad(&in, end, out);
	}
	if (in < end) {
		state->held_len = (uint8_t)(end - in);
		memcpy(state->held, in, state->held_len);
	}
	if (is_end && state->held_len > 0) {
		state->held_len = 0;
		out = put(out, replacement, sizeof(replacement));
	}
	return (size_t)(out - begin);
}
