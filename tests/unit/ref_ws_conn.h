/* SPDX-License-Identifier: MIT */
/* RFC 6455's receiving side, byte by byte, with all input at hand: slow. */

#ifndef TESTS_UNIT_REF_WS_CONN_H
#define TESTS_UNIT_REF_WS_CONN_H

#include "ref_utf8.h"
#include "ws_transcript.h"

struct ref_conn {
	const uint8_t *data;
	size_t len;
	size_t at;
	unsigned accept; /* of TRANSCRIPT_CLIENT too */
	unsigned message; /* opcode of the open message, 0: none */
	uint8_t chars[4]; /* the open character of a text */
	size_t chars_len;
	uint8_t control[125];
	struct ws_transcript *t;
};

/* A frame's header. */
struct ref_frame {
	unsigned opcode;
	bool fin;
	uint64_t len;
	uint8_t key[4];
};

/* The functions below return false when there is nothing more to read. */

static inline bool ref_fail(struct ref_conn *ref, uint16_t code)
{
	transcript_event(ref->t, WS_EVENT_FAIL, code, "", 0);
	return false;
}

static inline bool ref_next(struct ref_conn *ref, uint8_t *ret_byte)
{
	if (ref->at == ref->len)
		return false;
	*ret_byte = ref->data[ref->at++];
	return true;
}

static inline bool ref_length(struct ref_conn *ref, struct ref_frame *frame)
{
	size_t size = frame->len == 126 ? 2 : 8;
	uint8_t byte;

	if (frame->len < 126)
		return true;
	frame->len = 0;
	for (size_t i = 0; i < size; i++) {
		if (!ref_next(ref, &byte))
			return false;
		if (size == 8 && i == 0 && byte > 0x7F)
			return ref_fail(ref, 1002);
		frame->len = frame->len * 256 + byte;
	}
	if (frame->len < (size == 2 ? 126 : 65536))
		return ref_fail(ref, 1002);
	return true;
}

static inline bool ref_header(struct ref_conn *ref, struct ref_frame *frame)
{
	uint8_t byte;

	if (!ref_next(ref, &byte))
		return false;
	frame->fin = byte > 0x7F;
	frame->opcode = byte % 16;
	if (byte / 16 % 8 != 0 || (frame->opcode > 2 && frame->opcode < 8) ||
	    frame->opcode > 10 || (frame->opcode > 7 && !frame->fin))
		return ref_fail(ref, 1002);
	if (!ref_next(ref, &byte))
		return false;
	frame->len = byte % 128;
	bool is_masked = !(ref->accept & TRANSCRIPT_CLIENT);
	if ((byte > 127) != is_masked ||
	    (frame->opcode > 7 && frame->len > 125))
		return ref_fail(ref, 1002);
	if (!ref_length(ref, frame))
		return false;
	for (size_t i = 0; i < 4; i++) {
		frame->key[i] = 0;
		if (is_masked && !ref_next(ref, &frame->key[i]))
			return false;
	}
	return true;
}

static inline bool ref_text_byte(struct ref_conn *ref, uint8_t byte)
{
	ref->chars[ref->chars_len++] = byte;
	if (!ref_is_possible(ref->chars, ref->chars_len))
		return false;
	if (ref->chars_len == ref_size(ref->chars[0]))
		ref->chars_len = 0;
	return true;
}

static inline bool ref_data(struct ref_conn *ref, struct ref_frame *frame)
{
	uint8_t byte;

	if ((frame->opcode == 0) != (ref->message != 0))
		return ref_fail(ref, 1002);
	if (frame->opcode != 0 && !(ref->accept & frame->opcode))
		return ref_fail(ref, 1003);
	if (frame->opcode != 0)
		ref->message = frame->opcode;
	for (uint64_t i = 0; i < frame->len; i++) {
		if (!ref_next(ref, &byte))
			return false;
		byte ^= frame->key[i % 4];
		if (ref->message == 1 && !ref_text_byte(ref, byte))
			return ref_fail(ref, 1007);
		ref->t->payload[ref->t->payload_len++] = byte;
	}
	if (!frame->fin)
		return true;
	if (ref->chars_len != 0)
		return ref_fail(ref, 1007);
	ref->message = 0;
	ref->t->messages++;
	return true;
}

static inline bool ref_close(struct ref_conn *ref, size_t len)
{
	unsigned code = len >= 2 ? ref->control[0] * 256u + ref->control[1] :
				   1005;

	if (len == 1 || (len >= 2 && (code < 1000 || code > 4999 ||
				      (code > 1014 && code < 3000) ||
				      (code > 1003 && code < 1007))))
		return ref_fail(ref, 1002);
	ref->chars_len = 0;
	for (size_t i = 2; i < len; i++)
		if (!ref_text_byte(ref, ref->control[i]))
			return ref_fail(ref, 1007);
	if (ref->chars_len != 0)
		return ref_fail(ref, 1007);
	transcript_event(ref->t, WS_EVENT_CLOSE, (uint16_t)code,
			 ref->control + 2, len > 2 ? len - 2 : 0);
	return false;
}

static inline bool ref_control(struct ref_conn *ref, struct ref_frame *frame)
{
	uint8_t byte;

	for (size_t i = 0; i < frame->len; i++) {
		if (!ref_next(ref, &byte))
			return false;
		ref->control[i] = byte ^ frame->key[i % 4];
	}
	if (frame->opcode == 8)
		return ref_close(ref, (size_t)frame->len);
	transcript_event(ref->t,
			 frame->opcode == 9 ? WS_EVENT_PING : WS_EVENT_PONG, 0,
			 ref->control, (size_t)frame->len);
	return true;
}

static inline bool ref_frame(struct ref_conn *ref)
{
	struct ref_frame frame;

	if (!ref_header(ref, &frame))
		return false;
	return frame.opcode > 7 ? ref_control(ref, &frame) :
				  ref_data(ref, &frame);
}

/* Writes what must be said about `len` bytes of input to `t`. */
static inline void ref_run(struct ws_transcript *t, unsigned accept,
			   const uint8_t *data, size_t len)
{
	struct ref_conn ref = {
		.data = data,
		.len = len,
		.accept = accept,
		.t = t,
	};

	while (ref_frame(&ref))
		;
}

#endif
