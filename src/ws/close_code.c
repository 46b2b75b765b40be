/* SPDX-License-Identifier: MIT */
/* One table of the status codes with a meaning, and the ranges around it. */

#include "ws/close_code.h"

#include <stddef.h>

#define FIRST WS_CLOSE_NORMAL

static const struct {
	const char *name;
	bool is_wire;
} ws_close_codes[] = {
	[WS_CLOSE_NORMAL - FIRST] = { "normal", true },
	[WS_CLOSE_GOING_AWAY - FIRST] = { "going away", true },
	[WS_CLOSE_PROTOCOL_ERROR - FIRST] = { "protocol error", true },
	[WS_CLOSE_UNACCEPTABLE_TYPE - FIRST] = { "unacceptable type", true },
	[1004 - FIRST] = { "reserved", false },
	[WS_CLOSE_NO_STATUS - FIRST] = { "no status", false },
	[WS_CLOSE_ABNORMAL - FIRST] = { "abnormal closure", false },
	[WS_CLOSE_INVALID_PAYLOAD - FIRST] = { "invalid payload", true },
	[WS_CLOSE_POLICY - FIRST] = { "policy violation", true },
	[WS_CLOSE_TOO_BIG - FIRST] = { "message too big", true },
	[WS_CLOSE_MISSING_EXTENSION - FIRST] = { "missing extension", true },
	[WS_CLOSE_INTERNAL_ERROR - FIRST] = { "internal error", true },
	[WS_CLOSE_SERVICE_RESTART - FIRST] = { "service restart", true },
	[WS_CLOSE_TRY_LATER - FIRST] = { "try again later", true },
	[WS_CLOSE_BAD_GATEWAY - FIRST] = { "bad gateway", true },
	[WS_CLOSE_TLS_HANDSHAKE - FIRST] = { "TLS handshake", false },
};

static bool ws_close_code_is_listed(uint16_t code)
{
	return code >= FIRST &&
	       code < FIRST + sizeof(ws_close_codes) / sizeof(*ws_close_codes);
}

bool ws_close_code_is_wire(uint16_t code)
{
	if (ws_close_code_is_listed(code))
		return ws_close_codes[code - FIRST].is_wire;
	return code >= 3000 && code <= 4999;
}

const char *ws_close_code_name(uint16_t code)
{
	if (ws_close_code_is_listed(code))
		return ws_close_codes[code - FIRST].name;
	if (code >= 3000 && code <= 3999)
		return "registered";
	if (code >= 4000 && code <= 4999)
		return "private";
	return "reserved";
}
