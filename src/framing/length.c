/* SPDX-License-Identifier: MIT */
/* Framings "length8" to "length32": the payload's length, then the payload. */

#include <assert.h>

#include "framing/counted.h"

#define LENGTH_MAX(size) ((UINT64_C(1) << 8 * (size)) - 1)

/* Inline, as order and size are constants in each codec. */
static inline void length_head(enum counted_order order, size_t size,
			       uint64_t len, struct framing_text *ret_head)
{
	assert(len <= LENGTH_MAX(size));
	ret_head->len = (uint8_t)size;
	counted_write_len(ret_head->data, order, size, len);
}

static inline enum framing_status
length_next(enum counted_order order, size_t size,
	    struct framing_reader *reader, const uint8_t **in,
	    const uint8_t *end, struct framing_piece *ret_piece)
{
	if (reader->left == 0) {
		const uint8_t *head = counted_take_head(reader, in, end, size);

		if (!head)
			return FRAMING_MORE;
		reader->left = counted_read_len(head, order, size);
	}
	return counted_tell(reader, in, end, ret_piece);
}

/* The codec framing_`id`; the order of a single byte does not count. */
#define LENGTH_FRAMING(id, words, order, size)                                \
	static void id##_head(enum framing_type type, uint64_t len,           \
			      struct framing_text *ret_head)                  \
	{                                                                     \
		(void)type;                                                   \
		length_head(order, size, len, ret_head);                      \
	}                                                                     \
	static enum framing_status id##_next(struct framing_reader *reader,   \
					     const uint8_t **in,              \
					     const uint8_t *end,              \
					     struct framing_piece *ret_piece) \
	{                                                                     \
		return length_next(order, size, reader, in, end, ret_piece);  \
	}                                                                     \
	const struct framing framing_##id = {                                 \
		.name = words,                                                \
		.head = id##_head,                                            \
		.payload_max = LENGTH_MAX(size),                              \
		.next = id##_next,                                            \
	}

LENGTH_FRAMING(length8, "length8", COUNTED_BIG_ENDIAN, 1);
LENGTH_FRAMING(length16, "length16", COUNTED_BIG_ENDIAN, 2);
LENGTH_FRAMING(length32, "length32", COUNTED_BIG_ENDIAN, 4);
LENGTH_FRAMING(length16_le, "length16-le", COUNTED_LITTLE_ENDIAN, 2);
LENGTH_FRAMING(length32_le, "length32-le", COUNTED_LITTLE_ENDIAN, 4);
