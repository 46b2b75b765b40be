/* SPDX-License-Identifier: MIT */
/* The client's end by the piece: messages of its frames. */

#include "relay/endpoint_ws_pieces.h"

static struct endpoint_ws *ws_of(struct endpoint *end)
{
	return (struct endpoint_ws *)(void *)end;
}

/* Payload as it came is a piece of the open message. */
static enum endpoint_news plain_piece(struct endpoint_ws *ws,
				      struct chunk payload, bool is_last,
				      struct piece *ret_piece)
{
	const struct ws_conn *conn = &ws->conn;
	bool is_first = ws->is_receiving_new;

	*ret_piece = (struct piece){
		.data = payload.data,
		.len = payload.len,
		.type = ws->message_type,
		.is_first = is_first,
		.is_last = is_last,
		.is_len_known = is_first && conn->frame.fin &&
				conn->frame.opcode != WS_OPCODE_CONTINUATION,
		.message_len = conn->frame.payload_len,
	};
	ws->is_receiving_new = false;
	return ENDPOINT_PIECE;
}

/* What was good goes first; the fault waits for the next call. */
static enum endpoint_news fail(struct endpoint_ws *ws, struct chunk payload,
			       struct piece *ret_piece)
{
	ws->end.fault = endpoint_ws_fault(ws);
	if (!payload.len)
		return ENDPOINT_FAULT;
	ws->end.is_pending = true;
	return plain_piece(ws, payload, false, ret_piece);
}

static void begin_frame(struct endpoint_ws *ws)
{
	if (ws->conn.frame.opcode == WS_OPCODE_CONTINUATION)
		return;
	ws->is_receiving_new = true;
	ws->message_type = ws->conn.frame.opcode == WS_OPCODE_TEXT ?
				   FRAMING_TEXT :
				   FRAMING_BINARY;
}

/* Takes a step in the frames; their payload stays where it is. */
static enum ws_event step(struct ws_conn *conn, struct chunk *input,
			  struct chunk *ret_payload)
{
	struct ws_cursor cursor = {
		.in = input->data,
		.in_end = input->data + input->len,
		.out = input->data,
	};
	enum ws_event event = ws_conn_next(conn, &cursor);

	ret_payload->data = input->data;
	ret_payload->len = (size_t)(cursor.out - input->data);
	input->len = (size_t)(cursor.in_end - cursor.in);
	input->data = cursor.in;
	return event;
}

enum endpoint_news endpoint_ws_next(struct endpoint *end, struct chunk *input,
				    const struct pump_scratch *scratch,
				    struct piece *ret_piece)
{
	struct endpoint_ws *ws = ws_of(end);
	struct chunk payload;

	(void)scratch;
	end->is_pending = false;
	if (end->fault)
		return ENDPOINT_FAULT;
	for (;;) {
		switch (step(&ws->conn, input, &payload)) {
		case WS_EVENT_NONE:
			if (!payload.len)
				return ENDPOINT_GOES_ON;
			return plain_piece(ws, payload, false, ret_piece);
		case WS_EVENT_FRAME:
			begin_frame(ws);
			break;
		case WS_EVENT_FRAGMENT:
			if (!payload.len)
				break;
			return plain_piece(ws, payload, false, ret_piece);
		case WS_EVENT_MESSAGE:
			return plain_piece(ws, payload, true, ret_piece);
		case WS_EVENT_PING:
			break; /* the pong waits in its slot */
		case WS_EVENT_PONG:
			endpoint_ws_note_pong(ws);
			break;
		case WS_EVENT_CLOSE:
			return ENDPOINT_ENDED;
		case WS_EVENT_FAIL:
			return fail(ws, payload, ret_piece);
		}
	}
}
