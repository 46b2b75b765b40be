/* SPDX-License-Identifier: MIT */
/* The client's half of section 5.2: a server's headers, masked frames. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "death.h"
#include "guard.h"
#include "ws/frame.h"

static void check_fields(const struct ws_frame_header *header, size_t used,
			 const struct ws_frame_header *expected, size_t size)
{
	assert_int_equal(used, size);
	assert_int_equal(header->opcode, expected->opcode);
	assert_int_equal(header->fin, expected->fin);
	assert_int_equal(header->payload_len, expected->payload_len);
	assert_memory_equal(header->key, expected->key, WS_MASK_KEY_SIZE);
}

/* --- Headers of a server --- */

/* Feeds what a server sends in pieces of `piece` bytes. */
static enum ws_frame_status decode_server(const uint8_t *bytes, size_t len,
					  size_t piece,
					  struct ws_frame_header *ret,
					  size_t *ret_used)
{
	uint8_t *copy = guard_copy_end(bytes, len);
	const uint8_t *in = copy;
	enum ws_frame_status status = WS_FRAME_INCOMPLETE;

	ws_frame_header_init_client(ret);
	while (status == WS_FRAME_INCOMPLETE && in < copy + len) {
		size_t left = (size_t)(copy + len - in);

		status = ws_frame_decode(ret, &in,
					 in + (piece < left ? piece : left));
	}
	*ret_used = (size_t)(in - copy);
	guard_free_end(copy, len);
	return status;
}

/* Section 5.1: what ws_frame_header_before() makes, whole and in pieces. */
static void test_server_headers(void **unused)
{
	static const uint64_t lengths[] = {
		0, 1, 125, 126, 65535, 65536, INT64_MAX,
	};

	(void)unused;
	for (size_t i = 0; i < 7 * 16; i++) {
		uint8_t bytes[2 * WS_FRAME_CLIENT_HEADER_MAX];
		uint8_t *payload = bytes + WS_FRAME_HEADER_MAX;
		struct ws_frame_header header, expected = {
			.payload_len = lengths[i % 7],
			.opcode = WS_OPCODE_BINARY,
			.fin = i % 2,
		};
		size_t used, size = ws_frame_header_before(payload,
							   expected.payload_len,
							   expected.opcode,
							   expected.fin);

		memset(payload, 0xEE, WS_FRAME_CLIENT_HEADER_MAX);
		assert_int_equal(
			decode_server(payload - size,
				      size + i / 7 % WS_FRAME_HEADER_MAX,
				      i / 7 + 1, &header, &used),
			WS_FRAME_COMPLETE);
		check_fields(&header, used, &expected, size);
	}
}

static void test_server_headers_refused(void **unused)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum ws_frame_status status;
	} rows[] = {
		{ "\x82\x85", 2, WS_FRAME_MASKED },
		{ "\x88\x80", 2, WS_FRAME_MASKED },
		{ "\x88\xFE", 2, WS_FRAME_MASKED },
		{ "\xC2\x85", 2, WS_FRAME_RESERVED_BIT },
		{ "\x89\x7E", 2, WS_FRAME_LONG_CONTROL },
		{ "\x82\x7E\x00\x7D", 4, WS_FRAME_LENGTH_NOT_MINIMAL },
		{ "\x82\x7F\x80", 3, WS_FRAME_LENGTH_TOO_LARGE },
		{ "\x82\x7F\0\0\0\0\0\0\xFF\xFF", 10,
		  WS_FRAME_LENGTH_NOT_MINIMAL },
		{ "\x82", 1, WS_FRAME_INCOMPLETE },
		{ "\x82\x7E\x01", 3, WS_FRAME_INCOMPLETE },
		{ "\x82\x7F\0\0\0\0\0\x01\0", 9, WS_FRAME_INCOMPLETE },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ws_frame_header header;
		uint8_t padded[WS_FRAME_CLIENT_HEADER_MAX] = { 0 };
		size_t used;

		memcpy(padded, rows[i].bytes, rows[i].len);
		for (size_t piece = 1; piece <= rows[i].len; piece++)
			assert_int_equal(decode_server(padded, rows[i].len,
						       piece, &header, &used),
					 rows[i].status);
		if (rows[i].status == WS_FRAME_INCOMPLETE)
			continue;
		assert_int_equal(decode_server(padded, sizeof(padded),
					       sizeof(padded), &header, &used),
				 rows[i].status);
	}
}

/* --- Frames of a client --- */

static const uint8_t some_key[WS_MASK_KEY_SIZE] = { 0x37, 0xFA, 0x21, 0x3D };

/* What was made is read back as a server reads it. */
static void check_masked(uint8_t *payload, size_t size, size_t len,
			 const uint8_t *plain)
{
	struct ws_frame_header header, expected = {
		.payload_len = len,
		.opcode = WS_OPCODE_TEXT,
		.key = { 0x37, 0xFA, 0x21, 0x3D },
	};
	size_t used;
	const uint8_t *in = payload - size;

	ws_frame_header_init(&header);
	assert_int_equal(ws_frame_decode(&header, &in, payload),
			 WS_FRAME_COMPLETE);
	used = (size_t)(in - (payload - size));
	check_fields(&header, used, &expected, size);
	ws_mask_move(payload, payload, len, header.key, 0);
	assert_memory_equal(payload, plain, len);
}

static void test_mask_before(void **unused)
{
	static const size_t lengths[] = { 0, 1, 125, 126, 65535, 65536 };
	static uint8_t plain[65536];

	(void)unused;
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 31);
	for (size_t i = 0; i < 6; i++) {
		size_t all = WS_FRAME_CLIENT_HEADER_MAX + lengths[i];
		uint8_t *room = guard_alloc_end(all);
		uint8_t *payload = room + WS_FRAME_CLIENT_HEADER_MAX;

		memcpy(payload, plain, lengths[i]);
		size_t size = ws_frame_mask_before(
			payload, lengths[i], WS_OPCODE_TEXT, false, some_key);
		check_masked(payload, size, lengths[i], plain);
		guard_free_end(room, all);
	}
}

/* Section 5.7 has a masked "Hello"; here it is a ping's payload. */
static void test_mask_control(void **unused)
{
	uint8_t *frame = guard_alloc_end(WS_CLIENT_CONTROL_FRAME_MAX);
	uint8_t payload[WS_CONTROL_PAYLOAD_MAX] = { 0 };

	(void)unused;
	ws_frame_make_control(WS_OPCODE_PING, (const uint8_t *)"Hello", 5,
			      frame);
	assert_int_equal(ws_frame_mask_control(frame, some_key), 11);
	assert_memory_equal(frame,
			    "\x89\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58", 11);
	ws_frame_make_close(1005, slice_of(NULL), frame);
	assert_int_equal(ws_frame_mask_control(frame, some_key), 6);
	assert_memory_equal(frame, "\x88\x80\x37\xFA\x21\x3D", 6);
	ws_frame_make_control(WS_OPCODE_PONG, payload, sizeof(payload), frame);
	assert_int_equal(ws_frame_mask_control(frame, some_key),
			 WS_CLIENT_CONTROL_FRAME_MAX);
	assert_int_equal(frame[WS_CLIENT_CONTROL_FRAME_MAX - 1], 0x37);
	guard_free_end(frame, WS_CLIENT_CONTROL_FRAME_MAX);
}

/* A frame that is masked has a length no control frame has. */
static void mask_twice(void)
{
	uint8_t frame[WS_CLIENT_CONTROL_FRAME_MAX] = { 0x89, 0x80 };

	ws_frame_mask_control(frame, some_key);
}

static void test_bugs_of_the_caller(void **unused)
{
	(void)unused;
	assert_true(aborts(mask_twice));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_headers),
		cmocka_unit_test(test_server_headers_refused),
		cmocka_unit_test(test_mask_before),
		cmocka_unit_test(test_mask_control),
		cmocka_unit_test(test_bugs_of_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
