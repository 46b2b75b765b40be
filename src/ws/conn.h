/* SPDX-License-Identifier: MIT */
/* One end of a WebSocket connection (RFC 6455), without I/O. */

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
 * no clock and knows no socket; it may be copied.  One thread at a time.
 *
 * What is sent is the caller's affair: data frames are made with
 * ws_frame_header_before(), Close frames with ws_frame_make_close().  All
 * these are a server's frames; a client makes data frames with
 * ws_frame_mask_before() and has ws_frame_mask_control() mask the others.
 */

/* What ws_conn_recv() and ws_conn_next() tell; at most one a call. */
enum ws_event {
	WS_EVENT_NONE,  /* all input is consumed */
	WS_EVENT_PING,  /* a ping came: its pong waits in the reply slot */
	WS_EVENT_PONG,  /* a pong came: ws_conn_pong_is_ours() says to which */
	WS_EVENT_CLOSE, /* the peer's Close came: see peer_code, peer_reason */
	WS_EVENT_FAIL,  /* the peer broke the protocol: send fail_code */

	/* Of ws_conn_next() only. */
	WS_EVENT_FRAME,    /* the header of a data frame is read */
	WS_EVENT_FRAGMENT, /* a frame has ended, but its message goes on */
	WS_EVENT_MESSAGE,  /* a message has ended */
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

/* Where in the stream of frames the next byte belongs.  Private to ws/. */
enum ws_phase {
	WS_PHASE_HEADER,  /* in a frame's header, or before it */
	WS_PHASE_DATA,    /* in the payload of a data frame */
	WS_PHASE_CONTROL, /* in the payload of a control frame */
	WS_PHASE_OVER,    /* behind a Close or a violation */
};

struct ws_conn {
	/* For the caller to read. */
	uint64_t messages;       /* data messages completed */
	const char *fail_text;   /* WS_EVENT_FAIL: constant text for the log */
	uint16_t fail_code;      /* WS_EVENT_FAIL: 1002, 1003, 1007 */
	uint16_t peer_code;      /* WS_EVENT_CLOSE: code, 1005 if it had none */
	uint8_t peer_reason_len; /* WS_EVENT_CLOSE: bytes of peer_reason */

	/* Private to ws/, but for peer_reason. */
	uint8_t accept;      /* of enum ws_accept */
	uint8_t gather_len;  /* bytes of the control payload so far */
	uint8_t pong_len;    /* bytes of the waiting pong's payload */
	bool has_pong;       /* a pong waits */
	bool is_compressed;  /* the open message is; for the caller to read */
	uint32_t pings_made; /* number in the latest ping; 0: none */
	enum ws_phase phase;
	enum ws_opcode message; /* type of the open one, CONTINUATION: none */
	struct utf8_state text; /* of the open message; complete between them;
				   of a compressed one, the caller's */
	uint64_t payload_left;  /* bytes of the frame still to come */
	struct ws_frame_header frame; /* the frame being read */
	union {
		/* A control frame's payload: gathered whole, then judged. */
		uint8_t gather[WS_CONTROL_PAYLOAD_MAX];
		struct {
			uint8_t peer_code_bytes[2];
			/* WS_EVENT_CLOSE: UTF-8, no terminator. */
			char peer_reason[WS_CONTROL_PAYLOAD_MAX - 2];
		};
	};
	uint8_t pong[WS_CONTROL_PAYLOAD_MAX];
};

/*
 * Prepares for the first byte behind the handshake, as the server's end.
 * `accept` is one or both of enum ws_accept.
 */
void ws_conn_init(struct ws_conn *conn, unsigned accept);

/* As ws_conn_init(), as the client's end: the peer must not mask. */
void ws_conn_init_client(struct ws_conn *conn, unsigned accept);

/*
 * Consumes what it can of [in, in_end) and returns the first event, or
 * WS_EVENT_NONE with in == in_end.  Payload of data frames is at
 * [old out, new out) in every case, the event's included.
 *
 * WS_EVENT_PING, WS_EVENT_PONG: `in` is behind the frame; call again for the
 * rest.  WS_EVENT_CLOSE, WS_EVENT_FAIL: in == in_end, and all further input is
 * consumed unread, with WS_EVENT_NONE.
 *
 * A message of a type not in `accept` fails at its first header (1003), a text
 * at the first byte that makes it no UTF-8 (1007, section 8.1); the payload up
 * to that byte is delivered, and may end inside a character.
 */
__attribute__((warn_unused_result)) enum ws_event
ws_conn_recv(struct ws_conn *conn, struct ws_cursor *cursor);

/*
 * To be called behind ws_conn_init(): messages may be compressed (RFC 7692).
 * Only for those who use ws_conn_next().
 */
void ws_conn_allow_compression(struct ws_conn *conn);

/*
 * As ws_conn_recv(), for those to whom the bounds of messages matter.  Tells
 * WS_EVENT_FRAME with `in` at the frame's payload: of the frame `frame` and
 * of its message `message` and `is_compressed` are set.  Then its payload
 * comes, in one or more calls; the last of them tells WS_EVENT_FRAGMENT or
 * WS_EVENT_MESSAGE.  With `out` equal to `in` payload stays where it is.
 *
 * Payload of a compressed message comes as it is: whether it is text is for
 * the caller to find out, who then says so with ws_conn_check_text().
 */
__attribute__((warn_unused_result)) enum ws_event
ws_conn_next(struct ws_conn *conn, struct ws_cursor *cursor);

/*
 * Whether ws_conn_next() has something to tell though there is no input: the
 * end of a frame without payload.
 */
static inline bool ws_conn_has_step(const struct ws_conn *conn)
{
	return conn->phase == WS_PHASE_DATA && conn->payload_left == 0;
}

/*
 * Checks the next `len` bytes of a compressed text message, decompressed; with
 * `is_last` it ends behind them.  Returns how many of them are good; fewer
 * than `len`, or false in `*ret_is_good`, and the connection has failed (1007)
 * as after WS_EVENT_FAIL.
 */
size_t ws_conn_check_text(struct ws_conn *conn, const uint8_t *data,
			  size_t len, bool is_last, bool *ret_is_good);

/* Fails the connection for what the caller found in a compressed message. */
void ws_conn_fail(struct ws_conn *conn, uint16_t code, const char *text);

/*
 * Whether a pong waits to be sent.  There is one slot: a later ping takes the
 * place of one not answered yet (section 5.5.3).
 */
static inline bool ws_conn_has_reply(const struct ws_conn *conn)
{
	return conn->has_pong;
}

/* Writes the waiting pong frame; returns its size, 0 if none waits. */
size_t ws_conn_take_reply(struct ws_conn *conn,
			  uint8_t ret_frame[WS_CONTROL_FRAME_MAX]);

/* Writes a ping frame, numbered so that its pong is known; returns its size. */
size_t ws_conn_make_ping(struct ws_conn *conn,
			 uint8_t ret_frame[WS_CONTROL_FRAME_MAX]);

/*
 * Whether the pong just told answers the latest ping made.  Valid between
 * WS_EVENT_PONG and the next call that takes a `struct ws_conn *`.
 */
bool ws_conn_pong_is_ours(const struct ws_conn *conn);

#endif
