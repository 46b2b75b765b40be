/* SPDX-License-Identifier: MIT */
/* Frame headers of RFC 6455 section 5.2: whole, byte by byte, in every cut. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "death.h"
#include "guard.h"
#include "ws/frame.h"

/* Feeds pieces that end at `cut` and at `len`; returns the last status. */
static enum ws_frame_status decode_cut(const uint8_t *bytes, size_t len,
				       size_t cut,
				       struct ws_frame_header *ret_header,
				       size_t *ret_used)
{
	const uint8_t *in = bytes;
	enum ws_frame_status status;

	ws_frame_header_init(ret_header);
	status = ws_frame_decode(ret_header, &in, bytes + cut);
	if (status == WS_FRAME_INCOMPLETE) {
		assert_ptr_equal(in, bytes + cut);
		status = ws_frame_decode(ret_header, &in, bytes + len);
	}
	*ret_used = (size_t)(in - bytes);
	return status;
}

static enum ws_frame_status decode_bytewise(const uint8_t *bytes, size_t len,
					    struct ws_frame_header *ret_header,
					    size_t *ret_used)
{
	const uint8_t *in = bytes;
	enum ws_frame_status status = WS_FRAME_INCOMPLETE;

	ws_frame_header_init(ret_header);
	while (status == WS_FRAME_INCOMPLETE && in < bytes + len)
		status = ws_frame_decode(ret_header, &in, in + 1);
	*ret_used = (size_t)(in - bytes);
	return status;
}

static void check_fields(const struct ws_frame_header *header, size_t used,
			 const struct ws_frame_header *expected, size_t size)
{
	assert_int_equal(used, size);
	assert_int_equal(header->opcode, expected->opcode);
	assert_int_equal(header->fin, expected->fin);
	assert_int_equal(header->payload_len, expected->payload_len);
	assert_memory_equal(header->key, expected->key, WS_MASK_KEY_SIZE);
}

/*
 * Whatever the cut, the result is `status`; if that is WS_FRAME_COMPLETE, the
 * header is the first `size` bytes and says `expected`.
 */
static void check_decode(const uint8_t *bytes, size_t len,
			 enum ws_frame_status status,
			 const struct ws_frame_header *expected, size_t size)
{
	uint8_t *copy = guard_copy_end(bytes, len);
	struct ws_frame_header header;
	size_t used;

	for (size_t cut = 0; cut <= len; cut++) {
		assert_int_equal(decode_cut(copy, len, cut, &header, &used),
				 status);
		if (status == WS_FRAME_COMPLETE)
			check_fields(&header, used, expected, size);
	}
	assert_int_equal(decode_bytewise(copy, len, &header, &used), status);
	if (status == WS_FRAME_COMPLETE)
		check_fields(&header, used, expected, size);
	guard_free_end(copy, len);
}

static void check_error(const char *bytes, size_t len,
			enum ws_frame_status status)
{
	uint8_t padded[WS_FRAME_CLIENT_HEADER_MAX + 2] = { 0 };

	memcpy(padded, bytes, len);
	check_decode((const uint8_t *)bytes, len, status, NULL, 0);
	check_decode(padded, sizeof(padded), status, NULL, 0);
}

#define CHECK_ERROR(bytes, status) check_error(bytes, sizeof(bytes) - 1, status)

static void test_size_of_the_object(void **unused)
{
	(void)unused;
	assert_true(sizeof(struct ws_frame_header) <= 24);
	assert_int_equal(WS_CONTROL_FRAME_MAX, 127);
}

/* Section 5.2, RSV1 to RSV3: none without an extension. */
static void test_reserved_bits(void **unused)
{
	(void)unused;
	CHECK_ERROR("\xC2", WS_FRAME_RESERVED_BIT);
	CHECK_ERROR("\xA2", WS_FRAME_RESERVED_BIT);
	CHECK_ERROR("\x92", WS_FRAME_RESERVED_BIT);
	CHECK_ERROR("\x40", WS_FRAME_RESERVED_BIT);
	CHECK_ERROR("\xF3", WS_FRAME_RESERVED_BIT);
}

/* Section 5.2, opcode. */
static void test_reserved_opcodes(void **unused)
{
	static const uint8_t reserved[] = { 3, 4, 5, 6, 7, 11, 12, 13, 14, 15 };

	(void)unused;
	for (size_t i = 0; i < sizeof(reserved); i++) {
		char fin = (char)(0x80 | reserved[i]);
		char open = (char)reserved[i];

		check_error(&fin, 1, WS_FRAME_RESERVED_OPCODE);
		check_error(&open, 1, WS_FRAME_RESERVED_OPCODE);
	}
}

/* Section 5.5: control frames are not fragmented, and at most 125 bytes. */
static void test_control_frames(void **unused)
{
	(void)unused;
	CHECK_ERROR("\x08", WS_FRAME_FRAGMENTED_CONTROL);
	CHECK_ERROR("\x09", WS_FRAME_FRAGMENTED_CONTROL);
	CHECK_ERROR("\x0A", WS_FRAME_FRAGMENTED_CONTROL);
	CHECK_ERROR("\x88\xFE", WS_FRAME_LONG_CONTROL);
	CHECK_ERROR("\x89\xFE", WS_FRAME_LONG_CONTROL);
	CHECK_ERROR("\x8A\xFF", WS_FRAME_LONG_CONTROL);
}

/* Section 5.1: a client masks every frame. */
static void test_unmasked(void **unused)
{
	(void)unused;
	CHECK_ERROR("\x82\x05", WS_FRAME_UNMASKED);
	CHECK_ERROR("\x82\x7E", WS_FRAME_UNMASKED);
	CHECK_ERROR("\x88\x7F", WS_FRAME_UNMASKED);
	CHECK_ERROR("\x89\x00", WS_FRAME_UNMASKED);
}

/* Section 5.2, payload length: minimal form, most significant bit 0. */
static void test_lengths_refused(void **unused)
{
	(void)unused;
	CHECK_ERROR("\x82\xFE\x00\x00", WS_FRAME_LENGTH_NOT_MINIMAL);
	CHECK_ERROR("\x82\xFE\x00\x7D", WS_FRAME_LENGTH_NOT_MINIMAL);
	CHECK_ERROR("\x82\xFF\0\0\0\0\0\0\0\0", WS_FRAME_LENGTH_NOT_MINIMAL);
	CHECK_ERROR("\x82\xFF\0\0\0\0\0\0\x00\x7E",
		    WS_FRAME_LENGTH_NOT_MINIMAL);
	CHECK_ERROR("\x82\xFF\0\0\0\0\0\0\xFF\xFF",
		    WS_FRAME_LENGTH_NOT_MINIMAL);
	CHECK_ERROR("\x82\xFF\x80", WS_FRAME_LENGTH_TOO_LARGE);
	CHECK_ERROR("\x82\xFF\xFF", WS_FRAME_LENGTH_TOO_LARGE);
}

/* Writes a client's header in the shortest form; returns its size. */
static size_t put_header(uint8_t *bytes, const struct ws_frame_header *header)
{
	size_t extra = header->payload_len < 126   ? 0 :
		       header->payload_len < 65536 ? 2 :
						     8;
	size_t at = 2;

	bytes[0] = (uint8_t)((header->fin ? 0x80 : 0) | header->opcode);
	bytes[1] = (uint8_t)(0x80 | (extra == 0 ? header->payload_len :
				     extra == 2 ? 126 :
						  127));
	for (size_t i = extra; i-- > 0;)
		bytes[at++] = (uint8_t)(header->payload_len >> (8 * i));
	memcpy(bytes + at, header->key, WS_MASK_KEY_SIZE);
	return at + WS_MASK_KEY_SIZE;
}

static void test_headers_taken(void **unused)
{
	static const uint64_t lengths[] = {
		0,          1,
		124,        125,
		126,        127,
		128,        255,
		256,        65535,
		65536,      65537,
		UINT32_MAX, UINT64_C(1) << 32,
		INT64_MAX,
	};
	static const enum ws_opcode opcodes[] = {
		WS_OPCODE_CONTINUATION, WS_OPCODE_TEXT, WS_OPCODE_BINARY,
		WS_OPCODE_CLOSE,        WS_OPCODE_PING, WS_OPCODE_PONG,
	};

	(void)unused;
	for (size_t i = 0; i < 15 * 6 * 2; i++) {
		uint8_t bytes[WS_FRAME_CLIENT_HEADER_MAX + 4] = { 0 };
		struct ws_frame_header expected = {
			.payload_len = lengths[i % 15],
			.opcode = opcodes[i / 15 % 6],
			.fin = i / 15 / 6 == 0,
			.key = { 0x00, 0xFF, (uint8_t)i, 0x80 },
		};

		if (ws_opcode_is_control(expected.opcode) &&
		    (!expected.fin || expected.payload_len > 125))
			continue;
		size_t size = put_header(bytes, &expected);
		check_decode(bytes, size, WS_FRAME_COMPLETE, &expected, size);
		check_decode(bytes, sizeof(bytes), WS_FRAME_COMPLETE, &expected,
			     size);
		for (size_t len = 0; len < size; len++)
			check_decode(bytes, len, WS_FRAME_INCOMPLETE, NULL, 0);
	}
}

/* What the first two bytes alone decide, in the order of the bytes. */
static enum ws_frame_status expected_of_two(uint8_t first, uint8_t second)
{
	unsigned opcode = first & 15;
	bool is_control = opcode >= 8;

	if (first >> 4 & 7)
		return WS_FRAME_RESERVED_BIT;
	if ((opcode > 2 && opcode < 8) || opcode > 10)
		return WS_FRAME_RESERVED_OPCODE;
	if (is_control && first < 0x80)
		return WS_FRAME_FRAGMENTED_CONTROL;
	if (second < 0x80)
		return WS_FRAME_UNMASKED;
	if (is_control && second > 0x80 + 125)
		return WS_FRAME_LONG_CONTROL;
	return WS_FRAME_COMPLETE;
}

static void test_every_two_bytes(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 0x10000; i++) {
		struct ws_frame_header header;
		uint8_t first = (uint8_t)(i >> 8), second = (uint8_t)i;
		uint8_t bytes[WS_FRAME_CLIENT_HEADER_MAX] = {
			first, second, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		};
		enum ws_frame_status status = expected_of_two(first, second);
		size_t used;

		assert_int_equal(decode_cut(bytes, sizeof(bytes), 14, &header,
					    &used),
				 status);
		assert_int_equal(decode_bytewise(bytes, sizeof(bytes), &header,
						 &used),
				 status);
	}
}

/* The object serves header after header. */
static void test_headers_in_a_row(void **unused)
{
	uint8_t bytes[3 * WS_FRAME_CLIENT_HEADER_MAX];
	const uint8_t *in = bytes;
	struct ws_frame_header header;
	size_t size = 0;

	(void)unused;
	for (uint64_t len = 5; len < 80000; len = len * 200 + 1)
		size += put_header(bytes + size,
				   &(struct ws_frame_header){
					   .payload_len = len,
					   .opcode = WS_OPCODE_BINARY });
	ws_frame_header_init(&header);
	for (uint64_t len = 5; len < 80000; len = len * 200 + 1) {
		assert_int_equal(ws_frame_decode(&header, &in, bytes + size),
				 WS_FRAME_COMPLETE);
		assert_int_equal(header.payload_len, len);
	}
	assert_ptr_equal(in, bytes + size);
}

static void test_status_texts(void **unused)
{
	(void)unused;
	for (int i = 0; i <= WS_FRAME_LENGTH_TOO_LARGE; i++) {
		const char *text =
			ws_frame_status_text((enum ws_frame_status)i);

		assert_non_null(text);
		assert_true(strlen(text) > 5);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
				text,
				ws_frame_status_text((enum ws_frame_status)j));
	}
}

/* --- Frames to the client --- */

static void check_header(uint64_t len, enum ws_opcode opcode, bool fin,
			 const char *bytes, size_t size)
{
	uint8_t *room = guard_alloc_end(WS_FRAME_HEADER_MAX);
	uint8_t *payload = room + WS_FRAME_HEADER_MAX;

	assert_int_equal(ws_frame_header_before(payload, len, opcode, fin),
			 size);
	assert_memory_equal(payload - size, bytes, size);
	for (uint8_t *byte = room; byte < payload - size; byte++)
		assert_int_equal(*byte, 0);
	guard_free_end(room, WS_FRAME_HEADER_MAX);
}

#define CHECK_HEADER(len, opcode, fin, bytes) \
	check_header(len, opcode, fin, bytes, sizeof(bytes) - 1)

/* Section 5.2: the shortest form; section 5.1: a server does not mask. */
static void test_header_before(void **unused)
{
	const enum ws_opcode binary = WS_OPCODE_BINARY;

	(void)unused;
	CHECK_HEADER(0, binary, true, "\x82\x00");
	CHECK_HEADER(125, WS_OPCODE_TEXT, false, "\x01\x7D");
	CHECK_HEADER(126, binary, true, "\x82\x7E\x00\x7E");
	CHECK_HEADER(256, binary, true, "\x82\x7E\x01\x00");
	CHECK_HEADER(65535, binary, true, "\x82\x7E\xFF\xFF");
	CHECK_HEADER(65536, WS_OPCODE_CONTINUATION, true,
		     "\x80\x7F\0\0\0\0\0\x01\0\0");
	CHECK_HEADER(UINT64_C(0x0123456789ABCDEF), binary, true,
		     "\x82\x7F\x01\x23\x45\x67\x89\xAB\xCD\xEF");
}

static void test_make_control(void **unused)
{
	uint8_t payload[WS_CONTROL_PAYLOAD_MAX];
	uint8_t frame[WS_CONTROL_FRAME_MAX];

	(void)unused;
	memset(payload, 'p', sizeof(payload));
	assert_int_equal(ws_frame_make_control(WS_OPCODE_PING, NULL, 0, frame),
			 2);
	assert_memory_equal(frame, "\x89\x00", 2);
	assert_int_equal(ws_frame_make_control(WS_OPCODE_PONG, payload,
					       sizeof(payload), frame),
			 WS_CONTROL_FRAME_MAX);
	assert_memory_equal(frame, "\x8A\x7D", 2);
	assert_memory_equal(frame + 2, payload, sizeof(payload));
}

static void check_close(uint16_t code, struct slice reason, const char *bytes,
			size_t size)
{
	uint8_t frame[WS_CONTROL_FRAME_MAX];

	assert_int_equal(ws_frame_make_close(code, reason, frame), size);
	assert_memory_equal(frame, bytes, size);
}

/* Section 5.5.1; 7.4.1: 1005 stands for a frame without a code. */
static void test_make_close(void **unused)
{
	(void)unused;
	check_close(1000, slice_of(NULL), "\x88\x02\x03\xE8", 4);
	check_close(1001, slice_of("bye"),
		    "\x88\x05\x03\xE9"
		    "bye",
		    7);
	check_close(1005, slice_of("lost"), "\x88\x00", 2);
	check_close(4999, slice_of("\xC3\xA4"), "\x88\x04\x13\x87\xC3\xA4", 6);
}

/* Section 5.5.1: the reason is UTF-8, so it is cut between characters. */
static void test_close_reason_is_cut(void **unused)
{
	uint8_t frame[WS_CONTROL_FRAME_MAX];
	char reason[200];

	(void)unused;
	memset(reason, 'r', sizeof(reason));
	assert_int_equal(
		ws_frame_make_close(1000, slice_make(reason, 123), frame), 127);
	assert_int_equal(
		ws_frame_make_close(1000, slice_make(reason, 200), frame), 127);
	assert_memory_equal(frame + 4, reason, 123);
	memcpy(reason + 121, "\xE2\x82\xAC", 3);
	assert_int_equal(
		ws_frame_make_close(1000, slice_make(reason, 200), frame), 125);
	assert_int_equal(frame[1], 123);
	reason[10] = (char)0xFF;
	assert_int_equal(
		ws_frame_make_close(1000, slice_make(reason, 200), frame), 14);
}

static void send_1006(void)
{
	uint8_t frame[WS_CONTROL_FRAME_MAX];

	ws_frame_make_close(1006, slice_of(NULL), frame);
}

static void send_long_ping(void)
{
	uint8_t frame[2 * WS_CONTROL_FRAME_MAX], payload[126] = { 0 };

	ws_frame_make_control(WS_OPCODE_PING, payload, sizeof(payload), frame);
}

static void send_text_as_control(void)
{
	uint8_t frame[WS_CONTROL_FRAME_MAX];

	ws_frame_make_control(WS_OPCODE_TEXT, NULL, 0, frame);
}

static void send_negative_length(void)
{
	uint8_t room[WS_FRAME_HEADER_MAX];

	ws_frame_header_before(room + sizeof(room), UINT64_MAX,
			       WS_OPCODE_BINARY, true);
}

/* Section 7.4.1: 1005, 1006 and 1015 are never on the wire. */
static void test_bugs_of_the_caller(void **unused)
{
	(void)unused;
	assert_true(aborts(send_1006));
	assert_true(aborts(send_long_ping));
	assert_true(aborts(send_text_as_control));
	assert_true(aborts(send_negative_length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size_of_the_object),
		cmocka_unit_test(test_reserved_bits),
		cmocka_unit_test(test_reserved_opcodes),
		cmocka_unit_test(test_control_frames),
		cmocka_unit_test(test_unmasked),
		cmocka_unit_test(test_lengths_refused),
		cmocka_unit_test(test_headers_taken),
		cmocka_unit_test(test_every_two_bytes),
		cmocka_unit_test(test_headers_in_a_row),
		cmocka_unit_test(test_status_texts),
		cmocka_unit_test(test_header_before),
		cmocka_unit_test(test_make_control),
		cmocka_unit_test(test_make_close),
		cmocka_unit_test(test_close_reason_is_cut),
		cmocka_unit_test(test_bugs_of_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
