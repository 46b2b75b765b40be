/* SPDX-License-Identifier: MIT */
/* The server's side of one WebSocket connection (RFC 6455), without I/O. */

#ifndef WS_CONN_H
#define WS_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"
#include "ws/frame.h"

/*
 * Bytes go in through ws_conn_recv(), events and payload come out; frames to
 * send are written into the caller's memory.  The object owns no memory, has
 * no clock and knows no socket.  One thread at a time.
 */

/* What ws_conn_recv() tells; at most one a call. */
enum ws_event {
	WS_EVENT_NONE,  /* all input is consumed */
	WS_EVENT_PING,  /* a ping came: its pong waits in the reply slot */
	WS_EVENT_PONG,  /* a pong came: ws_conn_pong_is_ours() says to which */
	WS_EVENT_CLOSE, /* the peer's Close came: see peer_code, peer_reason */
	WS_EVENT_FAIL,  /* the peer broke the protocol: send fail_code */
};

/* Message types a connection takes, to be or-ed (RFC 6455 section 5.6). */
enum ws_accept {
	WS_ACCEPT_TEXT = 1,
	WS_ACCEPT_BINARY = 2,
};

/*
 * A piece of received bytes and the place its payload goes.  `out` starts at
 * `in` or below it, in the same memory; payload is unmasked while it is moved
 * down, so the payloads of many frames end up adjacent.
 */
struct ws_cursor {
	uint8_t *in;     /* next byte to read */
	uint8_t *in_end; /* end of the received bytes */
	uint8_t *out;    /* end of the payload so far; out <= in */
};

struct ws_conn {
	/* … fields private to ws/, but for the ones below … */
	uint16_t peer_code;   /* WS_EVENT_CLOSE: code, 1005 if it had none */
	uint16_t fail_code;   /* WS_EVENT_FAIL: 1002, 1003, 1007 */
	const char *fail_text; /* WS_EVENT_FAIL: constant text for the log */
};

/* Prepares for the first byte behind the handshake. */
void ws_conn_init(struct ws_conn *conn, unsigned accept);

/*
 * Consumes what it can of [in, in_end) and returns the first event, or
 * WS_EVENT_NONE with in == in_end.  Payload of data frames is at
 * [old out, new out) in every case, the event's included.  After
 * WS_EVENT_CLOSE or WS_EVENT_FAIL all further input is consumed unread.
 */
enum ws_event ws_conn_recv(struct ws_conn *conn, struct ws_cursor *cursor);

/* Whether a pong waits to be sent. */
bool ws_conn_has_reply(const struct ws_conn *conn);

/* Writes the waiting pong frame; returns its size, 0 if none waits. */
size_t ws_conn_take_reply(struct ws_conn *conn,
			  uint8_t ret_frame[WS_CONTROL_FRAME_MAX]);

/* Writes a ping frame, numbered so that its pong is known; returns its size. */
size_t ws_conn_make_ping(struct ws_conn *conn,
			 uint8_t ret_frame[WS_CONTROL_FRAME_MAX]);

/* Whether the pong just told answers the latest ping made. */
bool ws_conn_pong_is_ours(const struct ws_conn *conn);

#endif
