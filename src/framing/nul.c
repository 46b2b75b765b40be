/* SPDX-License-Identifier: MIT */
/* Framing "nul": a record ends with a NUL byte. */

#include "framing/delimited.h"

static bool nul_may_carry(const uint8_t *payload, size_t len)
{
	return delimited_is_free_of('\0', payload, len);
}

static enum framing_status nul_next(struct framing_reader *reader,
				    const uint8_t **in, const uint8_t *end,
				    struct framing_piece *ret_piece)
{
	return delimited_next(reader, in, end, '\0', ret_piece);
}

const struct framing framing_nul = {
	.name = "nul",
	.may_carry = nul_may_carry,
	.tail = { .len = 1, .data = { '\0' } },
	.payload_max = UINT64_MAX,
	.next = nul_next,
};
