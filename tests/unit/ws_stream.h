/* SPDX-License-Identifier: MIT */
/* Streams of frames, and a ws_conn that gets them in every cut. */

#ifndef TESTS_UNIT_WS_STREAM_H
#define TESTS_UNIT_WS_STREAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "ref_ws_conn.h"
#include "ws/conn.h"
#include "ws_transcript.h"

/* Largest gap between a piece and the place of its payload. */
#define GAP_MAX 24

struct stream {
	uint8_t data[8192];
	size_t len;
	uint32_t seed;
	bool from_server; /* frames are not masked */
};

static inline uint32_t next_random(struct stream *s)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 17;
	s->seed ^= s->seed << 5;
	return s->seed;
}

/* Adds a frame; `first` is FIN, RSV and opcode as on the wire. */
static inline void add_frame(struct stream *s, uint8_t first,
			     const void *payload, size_t len)
{
	const uint8_t *bytes = payload;
	uint8_t key[4] = { 0xA5, (uint8_t)s->len, 0x00, 0x5A };
	size_t key_size = s->from_server ? 0 : sizeof(key);
	uint8_t mask_bit = s->from_server ? 0 : 0x80;
	uint8_t *out = s->data + s->len;

	*out++ = first;
	*out++ = (uint8_t)(mask_bit | (len < 126 ? len : 126));
	if (len >= 126) {
		*out++ = (uint8_t)(len >> 8);
		*out++ = (uint8_t)len;
	}
	memcpy(out, key, key_size);
	out += key_size;
	for (size_t i = 0; i < len; i++)
		*out++ = key_size ? bytes[i] ^ key[i % 4] : bytes[i];
	s->len = (size_t)(out - s->data);
}

static inline void add_text(struct stream *s, uint8_t first, const char *text)
{
	add_frame(s, first, text, strlen(text));
}

static inline void add_raw(struct stream *s, const void *bytes, size_t len)
{
	memcpy(s->data + s->len, bytes, len);
	s->len += len;
}

/*
 * In pieces of `piece` bytes, or of random sizes when that is 0; through
 * ws_conn_next() if `by_message`.
 */
static inline void run_pieces_by(struct ws_transcript *t, unsigned accept,
				 struct stream *s, size_t piece,
				 bool by_message)
{
	size_t room = s->len + GAP_MAX;
	uint8_t *area = guard_alloc_end(room);
	struct ws_conn conn;

	transcript_init(t, s->len);
	t->by_message = by_message;
	transcript_conn_init(&conn, accept);
	for (size_t at = 0; at < s->len;) {
		uint32_t r = next_random(s);
		size_t len = piece > 0 ? piece : r % 8 ? r / 8 % 16 : r % 2000;

		if (len > s->len - at)
			len = s->len - at;
		transcript_feed(t, &conn, area + room, s->data + at, len,
				r % (GAP_MAX + 1));
		at += len;
	}
	guard_free_end(area, room);
}

static inline void run_pieces(struct ws_transcript *t, unsigned accept,
			      struct stream *s, size_t piece)
{
	run_pieces_by(t, accept, s, piece, false);
}

static inline void run_cut(struct ws_transcript *t, unsigned accept,
			   const struct stream *s, size_t cut)
{
	size_t room = s->len + GAP_MAX;
	uint8_t *area = guard_alloc_end(room);
	struct ws_conn conn;

	transcript_init(t, s->len);
	transcript_conn_init(&conn, accept);
	transcript_feed(t, &conn, area + room, s->data, cut, 0);
	transcript_feed(t, &conn, area + room, s->data + cut, s->len - cut, 6);
	guard_free_end(area, room);
}

static inline void check_same(const struct ws_transcript *expected,
			      struct ws_transcript *t, const char *how,
			      size_t at)
{
	if (!transcript_equal(expected, t))
		fail_msg("%s %zu: payload %zu not %zu, events %zu not %zu", how,
			 at, t->payload_len, expected->payload_len,
			 t->events_len, expected->events_len);
	transcript_done(t);
}

/*
 * Runs a stream whole, byte by byte, in every cut into two: all must say what
 * the reference says.  `*ret` is that, to be freed with transcript_done().
 */
static inline void run(struct ws_transcript *ret, unsigned accept,
		       struct stream *s)
{
	struct ws_transcript t;

	transcript_init(ret, s->len);
	ref_run(ret, accept, s->data, s->len);
	run_pieces(&t, accept, s, s->len + 1);
	check_same(ret, &t, "whole", s->len);
	run_pieces(&t, accept, s, 1);
	check_same(ret, &t, "byte by byte", 1);
	run_pieces_by(&t, accept, s, s->len + 1, true);
	check_same(ret, &t, "messages of", s->len);
	run_pieces_by(&t, accept, s, 1, true);
	check_same(ret, &t, "messages of", 1);
	for (size_t cut = 0; cut <= s->len; cut++) {
		run_cut(&t, accept, s, cut);
		check_same(ret, &t, "cut at", cut);
	}
}

#endif
