/* SPDX-License-Identifier: MIT */
/* Private to framing/: records whose head says how long their payload is. */

#ifndef FRAMING_COUNTED_H
#define FRAMING_COUNTED_H

#include "framing/piece.h"

/*
 * Takes bytes of a head of `size`, 1 to FRAMING_HEAD_MAX.  Returns the head
 * once it is whole, valid until the next call on the same reader; null: all
 * input is taken.
 */
static inline const uint8_t *counted_take_head(struct framing_reader *reader,
					       const uint8_t **in,
					       const uint8_t *end, size_t size)
{
	const uint8_t *begin = *in;

	if (reader->head_len == 0 && (size_t)(end - begin) >= size) {
		*in += size;
		reader->taken += size;
		return begin;
	}
	while (*in < end && reader->head_len < size)
		reader->head[reader->head_len++] = *(*in)++;
	reader->taken += (uint64_t)(*in - begin);
	if (reader->head_len < size)
		return NULL;
	reader->head_len = 0;
	return reader->head;
}

/* Tells what the input has of the payload, of which `left` is to come. */
static inline enum framing_status counted_tell(struct framing_reader *reader,
					       const uint8_t **in,
					       const uint8_t *end,
					       struct framing_piece *ret_piece)
{
	const uint8_t *data = *in;
	size_t len = (size_t)(end - data);

	if (len > reader->left)
		len = (size_t)reader->left;
	else if (len == 0 && reader->left > 0)
		return FRAMING_MORE;
	*in += len;
	reader->taken += len;
	reader->left -= len;
	return piece_tell(reader, data, len, reader->left == 0, ret_piece);
}

/* The order of a length's bytes. */
enum counted_order { COUNTED_BIG_ENDIAN, COUNTED_LITTLE_ENDIAN };

/* Where of `size` bytes the one is that counts 256^`power`. */
static inline size_t counted_at(enum counted_order order, size_t size,
				size_t power)
{
	return order == COUNTED_LITTLE_ENDIAN ? power : size - 1 - power;
}

static inline void counted_write_len(uint8_t *bytes, enum counted_order order,
				     size_t size, uint64_t len)
{
	for (size_t power = 0; power < size; power++)
		bytes[counted_at(order, size, power)] =
			(uint8_t)(len >> 8 * power);
}

static inline uint64_t counted_read_len(const uint8_t *bytes,
					enum counted_order order, size_t size)
{
	uint64_t len = 0;

	for (size_t power = 0; power < size; power++)
		len |= (uint64_t)bytes[counted_at(order, size, power)]
		       << 8 * power;
	return len;
}

#endif
