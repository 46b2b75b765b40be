/* SPDX-License-Identifier: MIT */
/* Frame headers: one set of checks for whole headers and for pieces. */

#include "ws/frame.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "ws/close_code.h"

/* First byte (section 5.2). */
#define BIT_FIN 0x80
#define BITS_RSV 0x70
#define BIT_RSV1 0x40
#define BITS_OPCODE 0x0F

/* Second byte. */
#define BIT_MASK 0x80
#define BITS_LENGTH 0x7F

/* Values of BITS_LENGTH that announce 2 or 8 bytes of length. */
#define LENGTH_16 126
#define LENGTH_64 127

/* Bytes in front of a longer length, or of the key. */
#define FIXED_SIZE 2

#define REASON_MAX (WS_CONTROL_PAYLOAD_MAX - 2)

/* RFC 6455 section 11.8: opcodes 0 to 2 and 8 to 10 have a meaning. */
#define OPCODES_KNOWN 0x0707u

void ws_frame_header_init(struct ws_frame_header *header)
{
	*header = (struct ws_frame_header){ 0 };
}

void ws_frame_header_init_client(struct ws_frame_header *header)
{
	*header = (struct ws_frame_header){ .from_server = true };
}

void ws_frame_header_allow_rsv1(struct ws_frame_header *header)
{
	header->allows_rsv1 = true;
}

/*
 * The steps are inline: they are on the way of every frame, once for headers
 * that are whole and once for those in pieces.
 */

/* RFC 7692 section 6.1: RSV1 marks the first frame of a message only. */
static inline enum ws_frame_status
frame_take_rsv(struct ws_frame_header *header, uint8_t byte)
{
	enum ws_opcode opcode = (enum ws_opcode)(byte & BITS_OPCODE);

	header->rsv1 = false;
	if (!(byte & BITS_RSV))
		return WS_FRAME_INCOMPLETE;
	if ((byte & BITS_RSV) != BIT_RSV1 || !header->allows_rsv1)
		return WS_FRAME_RESERVED_BIT;
	if (opcode != WS_OPCODE_TEXT && opcode != WS_OPCODE_BINARY)
		return WS_FRAME_MISPLACED_RSV1;
	header->rsv1 = true;
	return WS_FRAME_INCOMPLETE;
}

static inline enum ws_frame_status
frame_take_first(struct ws_frame_header *header, uint8_t byte)
{
	enum ws_frame_status status = frame_take_rsv(header, byte);

	if (status != WS_FRAME_INCOMPLETE)
		return status;
	if (!(OPCODES_KNOWN >> (byte & BITS_OPCODE) & 1))
		return WS_FRAME_RESERVED_OPCODE;
	header->opcode = (enum ws_opcode)(byte & BITS_OPCODE);
	header->fin = byte & BIT_FIN;
	if (!header->fin && ws_opcode_is_control(header->opcode))
		return WS_FRAME_FRAGMENTED_CONTROL;
	return WS_FRAME_INCOMPLETE;
}

/* Bytes of the key at the header's end. */
static size_t frame_key_size(const struct ws_frame_header *header)
{
	return header->from_server ? 0 : WS_MASK_KEY_SIZE;
}

static inline enum ws_frame_status
frame_take_second(struct ws_frame_header *header, uint8_t byte)
{
	uint8_t length = byte & BITS_LENGTH;

	if (!(byte & BIT_MASK) != header->from_server)
		return header->from_server ? WS_FRAME_MASKED :
					     WS_FRAME_UNMASKED;
	if (length > WS_CONTROL_PAYLOAD_MAX &&
	    ws_opcode_is_control(header->opcode))
		return WS_FRAME_LONG_CONTROL;
	header->payload_len = length < LENGTH_16 ? length : 0;
	header->size = (uint8_t)(FIXED_SIZE + frame_key_size(header));
	if (length == LENGTH_16)
		header->size += sizeof(uint16_t);
	else if (length == LENGTH_64)
		header->size += sizeof(uint64_t);
	return WS_FRAME_INCOMPLETE;
}

/* Offset of the key in the header: the end of the length. */
static size_t frame_key_at(const struct ws_frame_header *header)
{
	return header->size - frame_key_size(header);
}

/* Takes the byte at offset `at` of the header, one of the longer length. */
static inline enum ws_frame_status
frame_take_length(struct ws_frame_header *header, size_t at, uint8_t byte)
{
	bool is_wide = frame_key_at(header) == WS_FRAME_HEADER_MAX;

	if (is_wide && at == FIXED_SIZE && byte & 0x80)
		return WS_FRAME_LENGTH_TOO_LARGE;
	header->payload_len = header->payload_len << 8 | byte;
	if (at + 1 < frame_key_at(header))
		return WS_FRAME_INCOMPLETE;
	if (header->payload_len < (is_wide ? 0x10000 : LENGTH_16))
		return WS_FRAME_LENGTH_NOT_MINIMAL;
	return WS_FRAME_INCOMPLETE;
}

static enum ws_frame_status frame_take_byte(struct ws_frame_header *header,
					    uint8_t byte)
{
	enum ws_frame_status status = WS_FRAME_INCOMPLETE;
	size_t at = header->have++;

	if (at == 0)
		return frame_take_first(header, byte);
	if (at == 1)
		status = frame_take_second(header, byte);
	else if (at < frame_key_at(header))
		status = frame_take_length(header, at, byte);
	else
		header->key[at - frame_key_at(header)] = byte;
	if (status != WS_FRAME_INCOMPLETE || header->have < header->size)
		return status;
	header->have = 0;
	return WS_FRAME_COMPLETE;
}

/* A header that is whole in memory: the checks of the bytes, in one go. */
static enum ws_frame_status frame_take_whole(struct ws_frame_header *header,
					     const uint8_t **in)
{
	const uint8_t *bytes = *in;
	enum ws_frame_status status = frame_take_first(header, bytes[0]);

	if (status == WS_FRAME_INCOMPLETE)
		status = frame_take_second(header, bytes[1]);
	if (status != WS_FRAME_INCOMPLETE)
		return status;

	size_t key_at = frame_key_at(header);
	for (size_t at = FIXED_SIZE; at < key_at; at++) {
		status = frame_take_length(header, at, bytes[at]);
		if (status != WS_FRAME_INCOMPLETE)
			return status;
	}
	if (!header->from_server)
		memcpy(header->key, bytes + key_at, WS_MASK_KEY_SIZE);
	*in = bytes + header->size;
	return WS_FRAME_COMPLETE;
}

enum ws_frame_status ws_frame_decode(struct ws_frame_header *header,
				     const uint8_t **in, const uint8_t *end)
{
	enum ws_frame_status status = WS_FRAME_INCOMPLETE;

	if (header->have == 0 && end - *in >= WS_FRAME_CLIENT_HEADER_MAX)
		return frame_take_whole(header, in);
	while (status == WS_FRAME_INCOMPLETE && *in < end)
		status = frame_take_byte(header, *(*in)++);
	return status;
}

const char *ws_frame_status_text(enum ws_frame_status status)
{
	static const char *const texts[] = {
		[WS_FRAME_COMPLETE] = "complete",
		[WS_FRAME_INCOMPLETE] = "incomplete",
		[WS_FRAME_RESERVED_BIT] = "reserved bit set",
		[WS_FRAME_MISPLACED_RSV1] = "RSV1 not in a first frame",
		[WS_FRAME_RESERVED_OPCODE] = "reserved opcode",
		[WS_FRAME_FRAGMENTED_CONTROL] = "fragmented control frame",
		[WS_FRAME_UNMASKED] = "frame not masked",
		[WS_FRAME_MASKED] = "frame of a server masked",
		[WS_FRAME_LONG_CONTROL] = "control frame over 125 bytes",
		[WS_FRAME_LENGTH_NOT_MINIMAL] = "length not in shortest form",
		[WS_FRAME_LENGTH_TOO_LARGE] = "length of 2^63 or more",
	};

	return texts[status];
}

/* Writes the `count` low bytes of `value` in network order, ending at `end`. */
static void frame_put_before(uint8_t *end, uint64_t value, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		*--end = (uint8_t)value;
		value >>= 8;
	}
}

size_t ws_frame_header_before(uint8_t *payload, uint64_t len,
			      enum ws_opcode opcode, bool fin)
{
	size_t extra = 0;
	uint8_t length = (uint8_t)len;

	assert(len >> 63 == 0);
	if (len > UINT16_MAX) {
		extra = sizeof(uint64_t);
		length = LENGTH_64;
	} else if (len >= LENGTH_16) {
		extra = sizeof(uint16_t);
		length = LENGTH_16;
	}
	frame_put_before(payload, len, extra);
	*(payload - extra - 1) = length;
	*(payload - extra - 2) = (uint8_t)((fin ? BIT_FIN : 0) | opcode);
	return FIXED_SIZE + extra;
}

void ws_frame_header_set_rsv1(uint8_t *header)
{
	header[0] |= BIT_RSV1;
}

size_t ws_frame_make_control(enum ws_opcode opcode, const uint8_t *payload,
			     size_t len,
			     uint8_t ret_frame[WS_CONTROL_FRAME_MAX])
{
	assert(ws_opcode_is_control(opcode) && len <= WS_CONTROL_PAYLOAD_MAX);
	ret_frame[0] = (uint8_t)(BIT_FIN | opcode);
	ret_frame[1] = (uint8_t)len;
	if (len > 0)
		memcpy(ret_frame + FIXED_SIZE, payload, len);
	return FIXED_SIZE + len;
}

size_t ws_frame_make_close(uint16_t code, struct slice reason,
			   uint8_t ret_frame[WS_CONTROL_FRAME_MAX])
{
	uint8_t payload[WS_CONTROL_PAYLOAD_MAX];
	size_t max = reason.len < REASON_MAX ? reason.len : REASON_MAX;
	size_t whole;

	if (code == WS_CLOSE_NO_STATUS)
		return ws_frame_make_control(WS_OPCODE_CLOSE, NULL, 0,
					     ret_frame);
	assert(ws_close_code_is_wire(code));
	frame_put_before(payload + sizeof(code), code, sizeof(code));
	(void)!utf8_split((const uint8_t *)reason.data, max, &whole);
	if (whole > 0)
		memcpy(payload + sizeof(code), reason.data, whole);
	return ws_frame_make_control(WS_OPCODE_CLOSE, payload,
				     sizeof(code) + whole, ret_frame);
}

size_t ws_frame_mask_before(uint8_t *payload, size_t len, enum ws_opcode opcode,
			    bool fin, const uint8_t key[WS_MASK_KEY_SIZE])
{
	uint8_t *key_at = payload - WS_MASK_KEY_SIZE;
	size_t size = ws_frame_header_before(key_at, len, opcode, fin);
	uint8_t *frame = key_at - size;

	frame[1] |= BIT_MASK;
	memcpy(key_at, key, WS_MASK_KEY_SIZE);
	ws_mask_move(payload, payload, len, key, 0);
	return size + WS_MASK_KEY_SIZE;
}

size_t ws_frame_mask_control(uint8_t frame[WS_CLIENT_CONTROL_FRAME_MAX],
			     const uint8_t key[WS_MASK_KEY_SIZE])
{
	uint8_t *payload = frame + FIXED_SIZE + WS_MASK_KEY_SIZE;
	size_t len = frame[1];

	assert(len <= WS_CONTROL_PAYLOAD_MAX);
	memmove(payload, frame + FIXED_SIZE, len);
	return ws_frame_mask_before(payload, len,
				    (enum ws_opcode)(frame[0] & BITS_OPCODE),
				    true, key) +
	       len;
}
