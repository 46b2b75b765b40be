/* SPDX-License-Identifier: MIT */
/* One direction of a relay, message by message. */

#ifndef RELAY_PUMP_PIECES_H
#define RELAY_PUMP_PIECES_H

#include "relay/pump.h"

/*
 * As pump_run() and pump_feed(), between ends that work by the piece.  What
 * they make of a read may be more than it was, or has to be sent in parts: the
 * rest of the read is held, and the next run goes on with it before it reads.
 * Who may do so without waiting for a byte, endpoint_has_more() tells.
 */
struct pump_result pump_pieces_run(struct endpoint *from, struct endpoint *to,
				   const struct pump_scratch *scratch);

/* See above. */
struct pump_result pump_pieces_feed(struct endpoint *from, struct endpoint *to,
				    const struct pump_scratch *scratch,
				    size_t len);

#endif
