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

#define BAD 0x80 /* not in the alphabet: a bit that no six bits have */

/*
 * The six bits of each character from space on.  A key has random characters:
 * branches on them would be mispredicted every other time.
 */
static const uint8_t sextets[96] = {
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, /* 20 */
	BAD, BAD, BAD, 62,  BAD, BAD, BAD, 63,  /* 28 */
	52,  53,  54,  55,  56,  57,  58,  59,  /* 30 */
	60,  61,  BAD, BAD, BAD, BAD, BAD, BAD, /* 38 */
	BAD, 0,   1,   2,   3,   4,   5,   6,   /* 40 */
	7,   8,   9,   10,  11,  12,  13,  14,  /* 48 */
	15,  16,  17,  18,  19,  20,  21,  22,  /* 50 */
	23,  24,  25,  BAD, BAD, BAD, BAD, BAD, /* 58 */
	BAD, 26,  27,  28,  29,  30,  31,  32,  /* 60 */
	33,  34,  35,  36,  37,  38,  39,  40,  /* 68 */
	41,  42,  43,  44,  45,  46,  47,  48,  /* 70 */
	49,  50,  51,  BAD, BAD, BAD, BAD, BAD, /* 78 */
};

static uint32_t sextet(char c)
{
	unsigned i = (uint8_t)c - (unsigned)' ';

	return i < sizeof(sextets) ? sextets[i] : BAD;
}

#define BAD_GROUP UINT32_MAX

/* The 24 bits of a group whose last `padding` characters are not read. */
static uint32_t group_bits(const char *group, size_t padding)
{
	uint32_t a = sextet(group[0]);
	uint32_t b = sextet(group[1]);
	uint32_t c = padding < 2 ? sextet(group[2]) : 0;
	uint32_t d = padding < 1 ? sextet(group[3]) : 0;

	if ((a | b | c | d) & BAD)
		return BAD_GROUP;
	return a << 18 | b << 12 | c << 6 | d;
}

static size_t padding_of(struct slice text)
{
	if (text.len == 0 || text.data[text.len - 1] != '=')
		return 0;
	return text.data[text.len - 2] == '=' ? 2 : 1;
}

/* How many padding characters the group at `at` ends with. */
static size_t unread_at(struct slice text, size_t at, size_t padding)
{
	return at + 4 == text.len ? padding : 0;
}

/*
 * Checks everything before the first byte is written, so that a failure
 * leaves the output alone; the texts are short.
 */
static bool is_canonical(struct slice text, size_t padding)
{
	for (size_t at = 0; at < text.len; at += 4) {
		size_t unread = unread_at(text, at, padding);
		uint32_t bits = group_bits(text.data + at, unread);
		uint32_t unused = (UINT32_C(1) << 8 * unread) - 1;
		if (bits == BAD_GROUP || (bits & unused) != 0)
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
	for (size_t at = 0; at < text.len; at += 4) {
		size_t unread = unread_at(text, at, padding);
		uint32_t bits = group_bits(text.data + at, unread);
		for (size_t i = 0; i < 3 - unread; i++)
			*ret_data++ = (uint8_t)(bits >> (16 - 8 * i));
	}
	*ret_len = len;
	return true;
}
