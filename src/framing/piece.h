/* SPDX-License-Identifier: MIT */
/* Private to framing/: how every codec tells a piece. */

#ifndef FRAMING_PIECE_H
#define FRAMING_PIECE_H

#include "framing/framing.h"

/*
 * Tells `len` bytes at `data` as the next piece of the open record and closes
 * that with its last one.  Returns FRAMING_PIECE.
 */
static inline enum framing_status piece_tell(struct framing_reader *reader,
					     const uint8_t *data, size_t len,
					     bool is_last,
					     struct framing_piece *ret_piece)
{
	*ret_piece = (struct framing_piece){
		.data = data,
		.len = len,
		.is_first = !reader->has_begun,
		.is_last = is_last,
	};
	reader->has_begun = !is_last;
	if (is_last)
		reader->taken = 0;
	return FRAMING_PIECE;
}

/* Tells all input as one record: its bounds are those of a read. */
static inline enum framing_status
piece_tell_all(struct framing_reader *reader, const uint8_t **in,
	       const uint8_t *end, struct framing_piece *ret_piece)
{
	const uint8_t *data = *in;

	if (data == end)
		return FRAMING_MORE;
	*in = end;
	return piece_tell(reader, data, (size_t)(end - data), true, ret_piece);
}

#endif
