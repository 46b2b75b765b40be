/* SPDX-License-Identifier: MIT */
/* Escapes what peers send, so that a log line stays one line of plain text. */

#include "base/log_escape.h"

#include <stdint.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

bool log_escape_is_plain(char byte)
{
	return byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';
}

/* Needs no quotes around its value. */
static bool byte_is_bare(unsigned char byte)
{
	if ((unsigned)(byte | 0x20) - 'a' < 26 || (unsigned)byte - '0' < 10)
		return true;
	switch (byte) {
	case '.':
	case '_':
	case ':':
	case '/':
	case '@':
	case '%':
	case '+':
	case ',':
	case '-':
	case '[':
	case ']':
	case '*':
	case '~':
		return true;
	default:
		return false;
	}
}

bool log_escape_is_bare(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!byte_is_bare((unsigned char)s.data[i]))
			return false;
	}
	return s.len > 0;
}

/* What the first byte of a sequence promises; 0 if it cannot be one. */
static size_t utf8_length(unsigned char lead)
{
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

/*
 * The length of the UTF-8 sequence of 2 to 4 bytes that `s` begins with and
 * its code point; 0 if there is none: cut short, overlong, a surrogate, or
 * above U+10FFFF (RFC 3629 section 4).
 */
static size_t utf8_decode(struct slice s, uint32_t *ret_point)
{
	const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = utf8_length((unsigned char)s.data[0]);

	if (len == 0 || s.len < len)
		return 0;
	uint32_t point = (unsigned char)s.data[0] & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		unsigned char byte = (unsigned char)s.data[i];

		if ((byte & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (byte & 0x3f);
	}
	if (point < least[len] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return len;
}

/*
 * C1 controls drive terminals; the others let a peer's text look like
 * something it is not, by vanishing or by turning the line around.
 */
static bool point_is_hidden(uint32_t point)
{
	return point < 0xa0 || (point >= 0x200b && point <= 0x200f) ||
	       (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2060 && point <= 0x206f) || point == 0xfeff;
}

/* One character's bytes as \xNN each.  Returns the length of the token. */
static size_t token_hex(char *token, struct slice character)
{
	for (size_t i = 0; i < character.len; i++) {
		unsigned char byte = (unsigned char)character.data[i];

		token[4 * i] = '\\';
		token[4 * i + 1] = 'x';
		token[4 * i + 2] = hex_digits[byte >> 4];
		token[4 * i + 3] = hex_digits[byte & 15];
	}
	return 4 * character.len;
}

/* \uNNNN: no point above U+FFFF is ever escaped, so no surrogate pairs. */
static size_t token_unicode(char *token, uint32_t point)
{
	token[0] = '\\';
	token[1] = 'u';
	for (size_t i = 0; i < 4; i++)
		token[2 + i] = hex_digits[point >> (12 - 4 * i) & 15];
	return 6;
}

static size_t token_raw(char *token, struct slice character)
{
	memcpy(token, character.data, character.len);
	return character.len;
}

static size_t token_pair(char *token, char letter)
{
	token[0] = '\\';
	token[1] = letter;
	return 2;
}

static size_t token_of_ascii(char *token, struct slice character,
			     enum log_escaping escaping)
{
	char byte = character.data[0];

	switch (byte) {
	case '\n':
		return token_pair(token, 'n');
	case '\r':
		return token_pair(token, 'r');
	case '\t':
		return token_pair(token, 't');
	case '\\':
		return token_pair(token, '\\');
	case '"':
		if (escaping == LOG_ESCAPE_EVENT)
			return token_raw(token, character);
		return token_pair(token, '"');
	default:
		return escaping == LOG_ESCAPE_JSON ?
			       token_unicode(token, (unsigned char)byte) :
			       token_hex(token, character);
	}
}

size_t log_escape_char(char *token, struct slice s, enum log_escaping escaping,
		       size_t *ret_used)
{
	bool json = escaping == LOG_ESCAPE_JSON;
	uint32_t point = 0;

	*ret_used = 1;
	if ((unsigned char)s.data[0] < 0x80)
		return token_of_ascii(token, slice_make(s.data, 1), escaping);
	size_t len = utf8_decode(s, &point);
	if (len == 0)
		return json ? token_unicode(token, 0xfffd) :
			      token_hex(token, slice_make(s.data, 1));
	*ret_used = len;
	struct slice character = slice_make(s.data, len);
	if (!point_is_hidden(point))
		return token_raw(token, character);
	return json ? token_unicode(token, point) : token_hex(token, character);
}
