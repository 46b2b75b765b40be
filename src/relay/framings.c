/* SPDX-License-Identifier: MIT */
/* Which codec a configured framing is. */

#include "relay/framings.h"

const struct framing *framing_of_route(const struct config_route *route)
{
	switch (route->framing) {
	case CONFIG_FRAMING_STREAM:
		return &framing_stream;
	case CONFIG_FRAMING_LINES:
		return route->line_end == CONFIG_LINE_END_CRLF ?
			       &framing_lines_crlf :
			       &framing_lines;
	case CONFIG_FRAMING_NUL:
		return &framing_nul;
	case CONFIG_FRAMING_LENGTH8:
	case CONFIG_FRAMING_LENGTH8_LE:
		return &framing_length8;
	case CONFIG_FRAMING_LENGTH16:
		return &framing_length16;
	case CONFIG_FRAMING_LENGTH32:
		return &framing_length32;
	case CONFIG_FRAMING_LENGTH16_LE:
		return &framing_length16_le;
	case CONFIG_FRAMING_LENGTH32_LE:
		return &framing_length32_le;
	case CONFIG_FRAMING_TYPED_LENGTH32:
		return &framing_typed_length32;
	case CONFIG_FRAMING_SEQPACKET:
		return &framing_seqpacket;
	}
	return &framing_stream;
}
