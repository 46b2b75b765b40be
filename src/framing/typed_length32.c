/* SPDX-License-Identifier: MIT */
/* Framing "typed-length32": type, length and payload of a message. */

#include <assert.h>

#include "framing/counted.h"

/* A byte of type, then the length. */
#define TYPE_SIZE 1
#define LENGTH_SIZE 4
#define HEAD_SIZE (TYPE_SIZE + LENGTH_SIZE)

static_assert(HEAD_SIZE <= FRAMING_HEAD_MAX, "struct framing_text");

static bool typed_length32_is_type(uint8_t byte)
{
	return byte == FRAMING_TEXT || byte == FRAMING_BINARY;
}

static void typed_length32_head(enum framing_type type, uint64_t len,
				struct framing_text *ret_head)
{
	assert(type != FRAMING_UNTYPED && len <= UINT32_MAX);
	ret_head->len = HEAD_SIZE;
	ret_head->data[0] = (uint8_t)type;
	counted_write_len(ret_head->data + TYPE_SIZE, COUNTED_BIG_ENDIAN,
			  LENGTH_SIZE, len);
}

/* A record's type is known, and judged, before its head is whole. */
static enum framing_status typed_length32_begin(struct framing_reader *reader,
						const uint8_t **in,
						const uint8_t *end)
{
	if (*in < end && reader->head_len == 0 && !typed_length32_is_type(**in))
		return FRAMING_BAD_TYPE;
	const uint8_t *head = counted_take_head(reader, in, end, HEAD_SIZE);

	if (!head)
		return FRAMING_MORE;
	/* Later pieces are told the type too. */
	reader->head[0] = head[0];
	reader->left = counted_read_len(head + TYPE_SIZE, COUNTED_BIG_ENDIAN,
					LENGTH_SIZE);
	return FRAMING_PIECE;
}

static enum framing_status typed_length32_next(struct framing_reader *reader,
					       const uint8_t **in,
					       const uint8_t *end,
					       struct framing_piece *ret_piece)
{
	enum framing_status status = FRAMING_PIECE;

	if (reader->left == 0)
		status = typed_length32_begin(reader, in, end);
	if (status == FRAMING_PIECE)
		status = counted_tell(reader, in, end, ret_piece);
	if (status == FRAMING_PIECE)
		ret_piece->type = (enum framing_type)reader->head[0];
	return status;
}

const struct framing framing_typed_length32 = {
	.name = "typed-length32",
	.head = typed_length32_head,
	.payload_max = UINT32_MAX,
	.is_typed = true,
	.next = typed_length32_next,
};
