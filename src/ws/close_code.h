/* SPDX-License-Identifier: MIT */
/* The status codes of Close frames (RFC 6455 section 7.4 and IANA's list). */

#ifndef WS_CLOSE_CODE_H
#define WS_CLOSE_CODE_H

#include <stdbool.h>
#include <stdint.h>

enum ws_close_code {
	WS_CLOSE_NORMAL = 1000,
	WS_CLOSE_GOING_AWAY = 1001,
	WS_CLOSE_PROTOCOL_ERROR = 1002,
	WS_CLOSE_UNACCEPTABLE_TYPE = 1003,
	WS_CLOSE_NO_STATUS = 1005, /* never sent: a Close without a code */
	WS_CLOSE_ABNORMAL = 1006,  /* never sent: no Close came at all */
	WS_CLOSE_INVALID_PAYLOAD = 1007,
	WS_CLOSE_POLICY = 1008,
	WS_CLOSE_TOO_BIG = 1009,
	WS_CLOSE_MISSING_EXTENSION = 1010,
	WS_CLOSE_INTERNAL_ERROR = 1011,
	WS_CLOSE_SERVICE_RESTART = 1012,
	WS_CLOSE_TRY_LATER = 1013,
	WS_CLOSE_BAD_GATEWAY = 1014,
	WS_CLOSE_TLS_HANDSHAKE = 1015, /* never sent: TLS failed */
};

/*
 * Whether `code` may stand in a Close frame, in either direction: the codes
 * with a meaning, libraries' (3000 to 3999) and applications' (4000 to 4999).
 * A frame with any other is a protocol error (RFC 6455 section 7.4.2).
 */
bool ws_close_code_is_wire(uint16_t code);

/* A constant name for the log, such as "going away"; never null. */
const char *ws_close_code_name(uint16_t code);

#endif
