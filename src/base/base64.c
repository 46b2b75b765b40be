/* SPDX-License-Identifier: MIT */
/* Base64: three bytes are four characters of six bits. */

#include "base/base64.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_group(uint32_t bits, char *ret_text)
{
	ret_text[0] = alphabet[bits >> 18 & 63];
	ret_text[1] = alphabet[bits >> 12 & 63];
	ret_text[2] = alphabet[bits >> 6 & 63];
	ret_text[3] = alphabet[bits & 63];
}

void base64_encode(const uint8_t *data, size_t len, char *ret_text)
{
	for (; len >= 3; len -= 3, data += 3, ret_text += 4) {
		encode_group((uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 |
				     data[2],
			     ret_text);
	}
	if (len > 0) {
		uint32_t second = len == 2 ? data[1] : 0;
		encode_group((uint32_t)data[0] << 16 | second << 8, ret_text);
		ret_text[3] = '=';
		if (len == 1)
			ret_text[2] = '=';
		ret_text += 4;
	}
	*ret_text = '\0';
}

/* The six bits of a character; -1 if it is none of the alphabet. */
static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* The 24 bits of a group whose last `padding` characters are not read. */
static int group_bits(const char *group, size_t padding)
{
	int bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int six = i < 4 - padding ? sextet(group[i]) : 0;
		if (six < 0)
			return -1;
		bits = bits << 6 | six;
	}
	return bits;
}

static size_t padding_of(struct slice text)
{
	if (text.len == 0 || text.data[text.len - 1] != '=')
		return 0;
	return text.data[text.len - 2] == '=' ? 2 : 1;
}

/*
 * Checks everything before the first byte is written, so that a failure
 * leaves the output alone; the texts are short.
 */
static bool is_canonical(struct slice text, size_t padding)
{
	for (size_t i = 0; i < text.len; i += 4) {
		size_t unread = i + 4 == text.len ? padding : 0;
		int bits = group_bits(text.data + i, unread);
		if (bits < 0 || (bits & ((1 << 8 * unread) - 1)) != 0)
			return false;
	}
	return true;
}

bool base64_decode(struct slice text, uint8_t *ret_data, size_t cap,
		   size_t *ret_len)
{
	if (text.len % 4 != 0)
		return false;
	size_t padding = padding_of(text);
	size_t len = text.len / 4 * 3 - padding;
	if (len > cap || !is_canonical(text, padding))
		return false;
	for (size_t i = 0; i < len; i++) {
		size_t unread = i / 3 * 4 + 4 == text.len ? padding : 0;
		int bits = group_bits(text.data + i / 3 * 4, unread);
		ret_data[i] = (uint8_t)(bits >> (16 - 8 * (i % 3)) & 0xff);
	}
	*ret_len = len;
	return true;
}
