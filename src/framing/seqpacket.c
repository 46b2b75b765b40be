/* SPDX-License-Identifier: MIT */
/* Framing "seqpacket": a record is a datagram. */

#include "framing/piece.h"

/* Any payload will do, but it goes out in one write: it has to be whole. */
static bool seqpacket_may_carry(const uint8_t *payload, size_t len)
{
	(void)payload;
	(void)len;
	return true;
}

static enum framing_status seqpacket_next(struct framing_reader *reader,
					  const uint8_t **in,
					  const uint8_t *end,
					  struct framing_piece *ret_piece)
{
	return piece_tell_all(reader, in, end, ret_piece);
}

const struct framing framing_seqpacket = {
	.name = "seqpacket",
	.may_carry = seqpacket_may_carry,
	.payload_max = UINT64_MAX,
	.is_datagram = true,
	.next = seqpacket_next,
};
