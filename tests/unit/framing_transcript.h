/* SPDX-License-Identifier: MIT */
/* All that a codec tells of its input, as symbols that can be compared. */

#ifndef TESTS_UNIT_FRAMING_TRANSCRIPT_H
#define TESTS_UNIT_FRAMING_TRANSCRIPT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "framing/framing.h"

/* Ends the program, in a unit test and under a fuzzer alike. */
#define TRANSCRIPT_CHECK(condition) ((condition) ? (void)0 : abort())

/* What is not a byte of a payload. */
enum {
	TRANSCRIPT_BEGIN = 0x100, /* of a record, and its type */
	TRANSCRIPT_END = 0x200,
	TRANSCRIPT_BAD_TYPE = 0x300,
};

/* The pieces of a record are one: where they part is not told. */
struct framing_transcript {
	uint16_t *symbols;
	size_t count;
	size_t room;
	bool is_open;  /* between a begin and its end */
	bool is_bad;   /* a type that does not exist: nothing comes after it */
	uint16_t type; /* of the open record */
};

/* Room for what `len` bytes of input can cause: records of a byte each. */
static inline void transcript_init(struct framing_transcript *t, size_t len)
{
	*t = (struct framing_transcript){ .room = 3 * len + 8 };
	t->symbols = calloc(t->room, sizeof(*t->symbols));
	TRANSCRIPT_CHECK(t->symbols);
}

static inline void transcript_done(struct framing_transcript *t)
{
	free(t->symbols);
}

static inline void transcript_put(struct framing_transcript *t, uint16_t symbol)
{
	TRANSCRIPT_CHECK(t->count < t->room);
	t->symbols[t->count++] = symbol;
}

static inline void transcript_piece(struct framing_transcript *t,
				    const struct framing_piece *piece)
{
	TRANSCRIPT_CHECK(piece->is_first == !t->is_open);
	TRANSCRIPT_CHECK(piece->is_last || piece->len > 0);
	if (piece->is_first) {
		t->type = (uint16_t)piece->type;
		transcript_put(t, (uint16_t)(TRANSCRIPT_BEGIN | piece->type));
	}
	TRANSCRIPT_CHECK(piece->type == t->type);
	for (size_t i = 0; i < piece->len; i++)
		transcript_put(t, piece->data[i]);
	if (piece->is_last)
		transcript_put(t, TRANSCRIPT_END);
	t->is_open = !piece->is_last;
}

/* Feeds input to a codec that is no datagram's, until it wants more. */
static inline void transcript_feed(struct framing_transcript *t,
				   const struct framing *framing,
				   struct framing_reader *reader,
				   const uint8_t *data, size_t len)
{
	const uint8_t *in = data;
	const uint8_t *end = data + len;
	enum framing_status status = FRAMING_PIECE;

	if (t->is_bad)
		return;
	while (status == FRAMING_PIECE) {
		struct framing_piece piece;
		const uint8_t *before = in;

		status = framing->next(reader, &in, end, &piece);
		TRANSCRIPT_CHECK(before <= in && in <= end);
		if (status == FRAMING_PIECE)
			transcript_piece(t, &piece);
		if (status == FRAMING_PIECE && piece.is_last)
			TRANSCRIPT_CHECK(framing_open_bytes(reader) == 0);
	}
	t->is_bad = status == FRAMING_BAD_TYPE;
	if (t->is_bad)
		transcript_put(t, TRANSCRIPT_BAD_TYPE);
	else
		TRANSCRIPT_CHECK(in == end);
}

static inline bool transcript_equal(const struct framing_transcript *a,
				    const struct framing_transcript *b)
{
	return a->count == b->count &&
	       memcmp(a->symbols, b->symbols, a->count * sizeof(*a->symbols)) ==
		       0;
}

#endif
