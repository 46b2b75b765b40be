/* SPDX-License-Identifier: MIT */
/* The client's end by the piece: messages of its frames. */

#include "relay/endpoint_ws_pieces.h"
#include "relay/pump.h"
#include "relay/workshop.h"
#include "ws/close_code.h"

static struct endpoint_ws *ws_of(struct endpoint *end)
{
	return (struct endpoint_ws *)(void *)end;
}

/* Makes a piece of the open message. */
static enum endpoint_news tell(struct endpoint_ws *ws, struct chunk payload,
			       bool is_last, struct piece *ret_piece)
{
	const struct ws_frame_header *frame = &ws->conn.frame;
	bool is_first = ws->is_receiving_new;

	*ret_piece = (struct piece){
		.data = payload.data,
		.len = payload.len,
		.type = ws->message_type,
		.is_first = is_first,
		.is_last = is_last,
		.is_len_known = is_first && frame->fin &&
				frame->opcode != WS_OPCODE_CONTINUATION &&
				!ws->conn.is_compressed,
		.message_len = frame->payload_len,
	};
	ws->is_receiving_new = false;
	return ENDPOINT_PIECE;
}

/* What was good goes first; the fault waits for the next call. */
static enum endpoint_news fail(struct endpoint_ws *ws, enum relay_cause cause,
			       struct chunk good, struct piece *ret_piece)
{
	ws->end.fault = cause;
	if (!good.len)
		return ENDPOINT_FAULT;
	ws->end.is_pending = true;
	return tell(ws, good, false, ret_piece);
}

static enum endpoint_news fail_inflate(struct endpoint_ws *ws,
				       struct chunk good,
				       struct piece *ret_piece)
{
	ws_conn_fail(&ws->conn, WS_CLOSE_INVALID_PAYLOAD,
		     "payload is no DEFLATE data");
	return fail(ws, CAUSE_CLIENT_DEFLATE, good, ret_piece);
}

/* Expanded payload is a piece, if it is text where it should be. */
static enum endpoint_news tell_expanded(struct endpoint_ws *ws,
					struct chunk payload, bool is_last,
					struct piece *ret_piece)
{
	bool is_good;

	if (ws->message_type != FRAMING_TEXT)
		return tell(ws, payload, is_last, ret_piece);
	payload.len = ws_conn_check_text(&ws->conn, payload.data, payload.len,
					 is_last, &is_good);
	if (!is_good)
		return fail(ws, CAUSE_CLIENT_UTF8, payload, ret_piece);
	return tell(ws, payload, is_last, ret_piece);
}

/* The message is whole: without context takeover another may use it. */
static void give_back(struct endpoint_ws *ws, struct workshop *shop)
{
	if (!ws->deflate.keeps_inflate)
		workshop_take_inflate(shop, &ws->deflate.inflate);
}

/* Expands what there is of the payload, as far as there is room for it. */
static enum ws_inflate_status expand(struct endpoint_ws *ws,
				     struct chunk *input,
				     const struct workshop *shop,
				     struct chunk *ret_payload)
{
	struct endpoint_ws_deflate *d = &ws->deflate;
	const uint8_t *in = input->data;
	uint8_t *out = shop->spare;
	enum ws_inflate_status status =
		ws_inflate_run(d->inflate, &in, in + d->packed_len,
			       d->is_packed_end, &out,
			       shop->spare + shop->spare_size);
	size_t used = (size_t)(in - input->data);

	d->packed_len -= (uint32_t)used;
	input->data += used;
	input->len -= used;
	*ret_payload = (struct chunk){ .data = shop->spare,
				       .len = (size_t)(out - shop->spare) };
	return status;
}

/* ENDPOINT_GOES_ON: there is nothing to tell, look at what comes next. */
static enum endpoint_news next_expanded(struct endpoint_ws *ws,
					struct chunk *input,
					struct workshop *shop,
					struct piece *ret_piece)
{
	struct chunk none = { .data = NULL };
	struct chunk payload;

	switch (expand(ws, input, shop, &payload)) {
	case WS_INFLATE_MORE:
		ws->deflate.is_inflating = false;
		if (!payload.len)
			return ENDPOINT_GOES_ON;
		return tell_expanded(ws, payload, false, ret_piece);
	case WS_INFLATE_FULL:
		ws->end.is_pending = true;
		return tell_expanded(ws, payload, false, ret_piece);
	case WS_INFLATE_DONE:
		ws->deflate.is_inflating = false;
		give_back(ws, shop);
		return tell_expanded(ws, payload, true, ret_piece);
	case WS_INFLATE_CORRUPT:
		return fail_inflate(ws, payload, ret_piece);
	case WS_INFLATE_NO_MEMORY:
		break;
	}
	return fail(ws, CAUSE_NO_MEMORY, none, ret_piece);
}

/* The header of a data frame was read.  False: memory is out. */
static bool begin_frame(struct endpoint_ws *ws, struct workshop *shop)
{
	if (ws->conn.frame.opcode == WS_OPCODE_CONTINUATION)
		return true;
	ws->is_receiving_new = true;
	ws->message_type = ws->conn.frame.opcode == WS_OPCODE_TEXT ?
				   FRAMING_TEXT :
				   FRAMING_BINARY;
	if (!ws->conn.is_compressed || ws->deflate.inflate)
		return true;
	ws->deflate.inflate =
		workshop_lend_inflate(shop, ws->deflate.client_bits);
	return ws->deflate.inflate;
}

/*
 * A message whose length is known is told before its payload comes, if that
 * may take a while: it may be one too many, and its record can begin.
 */
static bool is_header_alone(const struct endpoint_ws *ws,
			    const struct chunk *input)
{
	return !input->len && ws->is_receiving_new && ws->conn.frame.fin &&
	       ws->conn.frame.payload_len && !ws->conn.is_compressed;
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

/*
 * Payload came, perhaps to the end of its message.  What is compressed goes
 * back to the front of the input, to be expanded from there.
 */
static enum endpoint_news take_payload(struct endpoint_ws *ws,
				       struct chunk *input,
				       struct chunk payload, bool is_last,
				       struct piece *ret_piece)
{
	if (!payload.len && !is_last)
		return ENDPOINT_GOES_ON;
	if (!ws->conn.is_compressed)
		return tell(ws, payload, is_last, ret_piece);
	input->data -= payload.len;
	input->len += payload.len;
	ws->deflate.packed_len = (uint32_t)payload.len;
	ws->deflate.is_packed_end = is_last;
	ws->deflate.is_inflating = true;
	return ENDPOINT_GOES_ON;
}

/* The pong waits in its slot if nothing else came that could take it. */
static enum endpoint_news answer(struct endpoint_ws *ws,
				 const struct chunk *input)
{
	if (input->len && endpoint_ws_queue_pong(ws))
		return ENDPOINT_FAULT;
	return ENDPOINT_GOES_ON;
}

/* One step in the frames.  ENDPOINT_GOES_ON: there is nothing to tell. */
static enum endpoint_news next_step(struct endpoint_ws *ws,
				    struct chunk *input, struct workshop *shop,
				    struct piece *ret_piece)
{
	struct chunk payload;
	enum ws_event event = step(&ws->conn, input, &payload);

	switch (event) {
	case WS_EVENT_FRAME:
		if (!begin_frame(ws, shop))
			return fail(ws, CAUSE_NO_MEMORY, payload, ret_piece);
		if (is_header_alone(ws, input))
			return tell(ws, payload, false, ret_piece);
		break;
	case WS_EVENT_NONE:
	case WS_EVENT_FRAGMENT:
	case WS_EVENT_MESSAGE:
		return take_payload(ws, input, payload,
				    event == WS_EVENT_MESSAGE, ret_piece);
	case WS_EVENT_PING:
		return answer(ws, input);
	case WS_EVENT_PONG:
		endpoint_ws_note_pong(ws);
		break;
	case WS_EVENT_CLOSE:
		return ENDPOINT_ENDED;
	case WS_EVENT_FAIL:
		return fail(ws, endpoint_ws_fault(ws), payload, ret_piece);
	}
	return ENDPOINT_GOES_ON;
}

/* Whether a step would change anything. */
static bool has_step(const struct endpoint_ws *ws, const struct chunk *input)
{
	return ws->deflate.is_inflating || input->len ||
	       ws_conn_has_step(&ws->conn);
}

enum endpoint_news endpoint_ws_next(struct endpoint *end, struct chunk *input,
				    const struct pump_scratch *scratch,
				    struct piece *ret_piece)
{
	struct endpoint_ws *ws = ws_of(end);
	enum endpoint_news news = ENDPOINT_GOES_ON;

	end->is_pending = false;
	if (end->fault)
		return ENDPOINT_FAULT;
	while (news == ENDPOINT_GOES_ON && has_step(ws, input)) {
		if (ws->deflate.is_inflating)
			news = next_expanded(ws, input, scratch->shop,
					     ret_piece);
		else
			news = next_step(ws, input, scratch->shop, ret_piece);
	}
	return news;
}
