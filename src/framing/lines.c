/* SPDX-License-Identifier: MIT */
/* Framing "lines": a record ends with LF, or with CRLF. */

#include "framing/delimited.h"
#include "framing/piece.h"

#define CR '\r'
#define LF '\n'

static bool lines_may_carry(const uint8_t *payload, size_t len)
{
	return delimited_is_free_of(LF, payload, len);
}

static enum framing_status lines_next(struct framing_reader *reader,
				      const uint8_t **in, const uint8_t *end,
				      struct framing_piece *ret_piece)
{
	return delimited_next(reader, in, end, LF, ret_piece);
}

/* A CR alone is read as payload, but many a reader takes it for a line end. */
static bool lines_crlf_may_carry(const uint8_t *payload, size_t len)
{
	return lines_may_carry(payload, len) &&
	       delimited_is_free_of(CR, payload, len);
}

/*
 * A CR that ends what was found belongs to the line end, or waits until it is
 * known whether it does.
 */
static enum framing_status lines_hold_cr(struct framing_reader *reader,
					 struct framing_piece *piece)
{
	if (piece->len == 0 || piece->data[piece->len - 1] != CR)
		return FRAMING_PIECE;
	piece->len--;
	if (piece->is_last)
		return FRAMING_PIECE;
	reader->has_cr = true;
	if (piece->len > 0)
		return FRAMING_PIECE;
	/* There is nothing to tell: the record begins with what comes next. */
	reader->has_begun = !piece->is_first;
	return FRAMING_MORE;
}

static enum framing_status lines_crlf_next(struct framing_reader *reader,
					   const uint8_t **in,
					   const uint8_t *end,
					   struct framing_piece *ret_piece)
{
	static const uint8_t cr = CR;

	if (*in == end)
		return FRAMING_MORE;
	if (reader->has_cr) {
		reader->has_cr = false;
		if (**in != LF)
			return piece_tell(reader, &cr, 1, false, ret_piece);
	}
	(void)delimited_next(reader, in, end, LF, ret_piece);
	return lines_hold_cr(reader, ret_piece);
}

const struct framing framing_lines = {
	.name = "lines",
	.may_carry = lines_may_carry,
	.tail = { .len = 1, .data = { LF } },
	.payload_max = UINT64_MAX,
	.next = lines_next,
};

const struct framing framing_lines_crlf = {
	.name = "lines",
	.may_carry = lines_crlf_may_carry,
	.tail = { .len = 2, .data = { CR, LF } },
	.payload_max = UINT64_MAX,
	.next = lines_crlf_next,
};
