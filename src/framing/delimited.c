/* SPDX-License-Identifier: MIT */
/* Records that end with a byte they cannot have inside. */

#include "framing/delimited.h"

#include <string.h>

#include "framing/piece.h"

enum framing_status delimited_next(struct framing_reader *reader,
				   const uint8_t **in, const uint8_t *end,
				   uint8_t delimiter,
				   struct framing_piece *ret_piece)
{
	const uint8_t *begin = *in;

	if (begin == end)
		return FRAMING_MORE;
	const uint8_t *found = memchr(begin, delimiter, (size_t)(end - begin));
	const uint8_t *stop = found ? found : end;

	*in = found ? found + 1 : end;
	reader->taken += (uint64_t)(*in - begin);
	return piece_tell(reader, begin, (size_t)(stop - begin), found != NULL,
			  ret_piece);
}

bool delimited_is_free_of(uint8_t byte, const uint8_t *payload, size_t len)
{
	return len == 0 || !memchr(payload, byte, len);
}
