/* SPDX-License-Identifier: MIT */
/* Framing "stream": payloads one behind the other, without bounds. */

#include "framing/piece.h"

static enum framing_status stream_next(struct framing_reader *reader,
				       const uint8_t **in, const uint8_t *end,
				       struct framing_piece *ret_piece)
{
	return piece_tell_all(reader, in, end, ret_piece);
}

const struct framing framing_stream = {
	.name = "stream",
	.payload_max = UINT64_MAX,
	.is_stream = true,
	.next = stream_next,
};
