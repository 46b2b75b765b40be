/* SPDX-License-Identifier: MIT */
/* A client's side of WebSocket for tests: writes masked frames, reads ours. */

#ifndef TESTS_UNIT_WS_CLIENT_H
#define TESTS_UNIT_WS_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* First bytes of whole frames. */
#define WS_TEXT 0x81
#define WS_BINARY 0x82
#define WS_CLOSE 0x88
#define WS_PING 0x89
#define WS_PONG 0x8A

/* Bytes a frame is longer than its payload, at most. */
#define WS_CLIENT_OVERHEAD 14

/* Writes a masked frame of up to 65535 bytes; returns its size. */
static inline size_t ws_client_frame(uint8_t *out, uint8_t first,
				     const void *payload, size_t len)
{
	static const uint8_t key[4] = { 0x5A, 0x00, 0xA5, 0x3C };
	const uint8_t *bytes = payload;
	size_t at = 0;

	assert_true(len <= UINT16_MAX);
	out[at++] = first;
	out[at++] = (uint8_t)(0x80 | (len < 126 ? len : 126));
	if (len >= 126) {
		out[at++] = (uint8_t)(len >> 8);
		out[at++] = (uint8_t)len;
	}
	memcpy(out + at, key, sizeof(key));
	at += sizeof(key);
	for (size_t i = 0; i < len; i++)
		out[at + i] = bytes[i] ^ key[i % 4];
	return at + len;
}

/* Writes a Close with a code, or without one when it is 0. */
static inline size_t ws_client_close(uint8_t *out, uint16_t code)
{
	uint8_t payload[2] = { (uint8_t)(code >> 8), (uint8_t)code };

	return ws_client_frame(out, WS_CLOSE, payload, code ? 2 : 0);
}

/* A frame of the server, where it lies. */
struct ws_client_view {
	uint8_t first;
	const uint8_t *payload;
	size_t len;
	size_t size; /* all of it */
};

/* Whether a whole frame begins at `data`. */
static inline bool ws_client_parse(const uint8_t *data, size_t len,
				   struct ws_client_view *ret)
{
	size_t header = 2;
	uint64_t payload;

	if (len < header)
		return false;
	assert_false(data[1] & 0x80); /* a server never masks */
	payload = data[1];
	if (payload >= 126) {
		header += payload == 126 ? 2 : 8;
		if (len < header)
			return false;
		payload = 0;
		for (size_t i = 2; i < header; i++)
			payload = payload << 8 | data[i];
	}
	if (len - header < payload)
		return false;
	*ret = (struct ws_client_view){ .first = data[0],
					.payload = data + header,
					.len = (size_t)payload,
					.size = header + (size_t)payload };
	return true;
}

/* The code of a Close frame, 1005 if it has none. */
static inline uint16_t ws_client_code(const struct ws_client_view *frame)
{
	assert_int_equal(frame->first, WS_CLOSE);
	if (frame->len < 2)
		return 1005;
	return (uint16_t)(frame->payload[0] << 8 | frame->payload[1]);
}

#endif
