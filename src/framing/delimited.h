/* SPDX-License-Identifier: MIT */
/* Private to framing/: records that end with a byte they cannot have inside. */

#ifndef FRAMING_DELIMITED_H
#define FRAMING_DELIMITED_H

#include "framing/framing.h"

/* `next` of struct framing, for records that end with `delimiter`. */
enum framing_status delimited_next(struct framing_reader *reader,
				   const uint8_t **in, const uint8_t *end,
				   uint8_t delimiter,
				   struct framing_piece *ret_piece);

/* Whether `byte` is nowhere in a payload. */
bool delimited_is_free_of(uint8_t byte, const uint8_t *payload, size_t len);

#endif
