/* SPDX-License-Identifier: MIT */
/* The client's end by the piece: messages of its frames, frames of messages. */

#ifndef RELAY_ENDPOINT_WS_PIECES_H
#define RELAY_ENDPOINT_WS_PIECES_H

#include "relay/endpoint_ws.h"

/* For struct endpoint_ops, of a struct endpoint_ws. */
enum endpoint_news endpoint_ws_next(struct endpoint *end, struct chunk *input,
				    const struct pump_scratch *scratch,
				    struct piece *ret_piece);
enum relay_cause endpoint_ws_put(struct endpoint *end,
				 const struct piece *piece,
				 const struct pump_scratch *scratch,
				 struct outlet *outlet);

#endif
