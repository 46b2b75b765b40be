/* SPDX-License-Identifier: MIT */
/* Frames to messages: fragmentation, control frames between, the rules. */

#include "ws/conn.h"

#include <assert.h>
#include <string.h>

#include "ws/close_code.h"
#include "ws/mask.h"

/* Payload of our pings: their number in network order. */
#define PING_SIZE 4

void ws_conn_init(struct ws_conn *conn, unsigned accept)
{
	assert(accept != 0 &&
	       (accept & ~(unsigned)(WS_ACCEPT_TEXT | WS_ACCEPT_BINARY)) == 0);
	*conn = (struct ws_conn){
		.accept = (uint8_t)accept,
		.phase = WS_PHASE_HEADER,
		.message = WS_OPCODE_CONTINUATION,
	};
	ws_frame_header_init(&conn->frame);
	utf8_init(&conn->text);
}

void ws_conn_allow_compression(struct ws_conn *conn)
{
	ws_frame_header_allow_rsv1(&conn->frame);
}

void ws_conn_init_client(struct ws_conn *conn, unsigned accept)
{
	ws_conn_init(conn, accept);
	ws_frame_header_init_client(&conn->frame);
}

static enum ws_event conn_fail(struct ws_conn *conn, enum ws_close_code code,
			       const char *text)
{
	conn->phase = WS_PHASE_OVER;
	conn->fail_code = (uint16_t)code;
	conn->fail_text = text;
	return WS_EVENT_FAIL;
}

/* Section 5.4: a message begins where none is open, and not before. */
static enum ws_event conn_begin_message(struct ws_conn *conn)
{
	bool is_text = conn->frame.opcode == WS_OPCODE_TEXT;

	if (conn->message != WS_OPCODE_CONTINUATION)
		return conn_fail(conn, WS_CLOSE_PROTOCOL_ERROR,
				 "new message inside a fragmented one");
	if (!(conn->accept & (is_text ? WS_ACCEPT_TEXT : WS_ACCEPT_BINARY)))
		return conn_fail(conn, WS_CLOSE_UNACCEPTABLE_TYPE,
				 is_text ? "text message not accepted" :
					   "binary message not accepted");
	conn->message = conn->frame.opcode;
	conn->is_compressed = conn->frame.rsv1;
	return WS_EVENT_NONE;
}

/* A header is complete: what may come here, and where its payload goes. */
static enum ws_event conn_begin_frame(struct ws_conn *conn)
{
	conn->payload_left = conn->frame.payload_len;
	if (ws_opcode_is_control(conn->frame.opcode)) {
		conn->phase = WS_PHASE_CONTROL;
		conn->gather_len = 0;
		return WS_EVENT_NONE;
	}
	conn->phase = WS_PHASE_DATA;
	if (conn->frame.opcode != WS_OPCODE_CONTINUATION)
		return conn_begin_message(conn);
	if (conn->message == WS_OPCODE_CONTINUATION)
		return conn_fail(conn, WS_CLOSE_PROTOCOL_ERROR,
				 "continuation without a message");
	return WS_EVENT_NONE;
}

/* What is compressed is checked once it is expanded, by the caller. */
static bool conn_is_plain_text(const struct ws_conn *conn)
{
	return conn->message == WS_OPCODE_TEXT && !conn->is_compressed;
}

/* Section 8.1: a text ends only where a character does. */
static enum ws_event conn_end_data(struct ws_conn *conn)
{
	conn->phase = WS_PHASE_HEADER;
	if (!conn->frame.fin)
		return WS_EVENT_NONE;
	if (conn_is_plain_text(conn) && !utf8_is_complete(&conn->text))
		return conn_fail(conn, WS_CLOSE_INVALID_PAYLOAD,
				 "text message ends inside a character");
	conn->message = WS_OPCODE_CONTINUATION;
	conn->messages++;
	return WS_EVENT_NONE;
}

/* Section 5.5.1 and 7.1.6: no payload, or a code and a reason in UTF-8. */
static enum ws_event conn_end_close(struct ws_conn *conn)
{
	const uint8_t *bytes = conn->gather;
	size_t len = conn->gather_len;
	uint16_t code = WS_CLOSE_NO_STATUS;
	size_t whole = 0;

	if (len == 1)
		return conn_fail(conn, WS_CLOSE_PROTOCOL_ERROR,
				 "close frame with one byte");
	if (len >= 2) {
		code = (uint16_t)(bytes[0] << 8 | bytes[1]);
		if (!ws_close_code_is_wire(code))
			return conn_fail(conn, WS_CLOSE_PROTOCOL_ERROR,
					 "close frame with a reserved code");
		if (utf8_split(bytes + 2, len - 2, &whole) != UTF8_REST_NONE)
			return conn_fail(conn, WS_CLOSE_INVALID_PAYLOAD,
					 "close reason is not UTF-8");
	}
	conn->phase = WS_PHASE_OVER;
	conn->peer_code = code;
	conn->peer_reason_len = (uint8_t)whole;
	return WS_EVENT_CLOSE;
}

static enum ws_event conn_end_control(struct ws_conn *conn)
{
	conn->phase = WS_PHASE_HEADER;
	if (conn->frame.opcode == WS_OPCODE_CLOSE)
		return conn_end_close(conn);
	if (conn->frame.opcode == WS_OPCODE_PONG)
		return WS_EVENT_PONG;
	memcpy(conn->pong, conn->gather, conn->gather_len);
	conn->pong_len = conn->gather_len;
	conn->has_pong = true;
	return WS_EVENT_PING;
}

/* Unmasks the next `len` bytes of the frame's payload to `dst`. */
static void conn_take_payload(struct ws_conn *conn, struct ws_cursor *cursor,
			      uint8_t *dst, size_t len)
{
	uint64_t offset = conn->frame.payload_len - conn->payload_left;

	ws_mask_move(dst, cursor->in, len, conn->frame.key,
		     offset % WS_MASK_KEY_SIZE);
	cursor->in += len;
	conn->payload_left -= len;
}

static enum ws_event conn_recv_data(struct ws_conn *conn,
				    struct ws_cursor *cursor, size_t len)
{
	uint8_t *payload = cursor->out;

	conn_take_payload(conn, cursor, payload, len);
	if (conn_is_plain_text(conn)) {
		size_t valid = utf8_validate(&conn->text, payload, len);

		cursor->out = payload + valid;
		if (valid < len)
			return conn_fail(conn, WS_CLOSE_INVALID_PAYLOAD,
					 "text message is not UTF-8");
	}
	cursor->out = payload + len;
	return conn->payload_left == 0 ? conn_end_data(conn) : WS_EVENT_NONE;
}

static enum ws_event conn_recv_control(struct ws_conn *conn,
				       struct ws_cursor *cursor, size_t len)
{
	conn_take_payload(conn, cursor, conn->gather + conn->gather_len, len);
	conn->gather_len += (uint8_t)len;
	return conn->payload_left == 0 ? conn_end_control(conn) : WS_EVENT_NONE;
}

/* What there is of the payload; runs for a payload of no bytes too. */
static enum ws_event conn_recv_payload(struct ws_conn *conn,
				       struct ws_cursor *cursor)
{
	size_t len = (size_t)(cursor->in_end - cursor->in);

	if (len > conn->payload_left)
		len = (size_t)conn->payload_left;
	if (conn->phase == WS_PHASE_DATA)
		return conn_recv_data(conn, cursor, len);
	return conn_recv_control(conn, cursor, len);
}

/* WS_EVENT_NONE: the header is whole, or all input is taken. */
static inline enum ws_event conn_recv_header(struct ws_conn *conn,
					     struct ws_cursor *cursor)
{
	const uint8_t *in = cursor->in;
	enum ws_frame_status status =
		ws_frame_decode(&conn->frame, &in, cursor->in_end);

	cursor->in += in - cursor->in;
	if (status == WS_FRAME_INCOMPLETE)
		return WS_EVENT_NONE;
	if (status != WS_FRAME_COMPLETE)
		return conn_fail(conn, WS_CLOSE_PROTOCOL_ERROR,
				 ws_frame_status_text(status));
	return conn_begin_frame(conn);
}

/* Section 5.5.1 and 7.1.7: nothing behind a Close or failure counts. */
static void conn_skip_rest(const struct ws_conn *conn, struct ws_cursor *cursor)
{
	if (conn->phase == WS_PHASE_OVER)
		cursor->in = cursor->in_end;
}

enum ws_event ws_conn_recv(struct ws_conn *conn, struct ws_cursor *cursor)
{
	enum ws_event event = WS_EVENT_NONE;

	while (event == WS_EVENT_NONE && conn->phase != WS_PHASE_OVER &&
	       cursor->in < cursor->in_end) {
		if (conn->phase == WS_PHASE_HEADER)
			event = conn_recv_header(conn, cursor);
		if (event == WS_EVENT_NONE && conn->phase != WS_PHASE_HEADER)
			event = conn_recv_payload(conn, cursor);
	}
	conn_skip_rest(conn, cursor);
	return event;
}

/* Takes what there is of a data frame's payload; tells if it ends. */
static enum ws_event conn_next_data(struct ws_conn *conn,
				    struct ws_cursor *cursor)
{
	enum ws_event event = conn_recv_payload(conn, cursor);

	if (event != WS_EVENT_NONE || conn->phase == WS_PHASE_DATA)
		return event;
	return conn->frame.fin ? WS_EVENT_MESSAGE : WS_EVENT_FRAGMENT;
}

/* One step: a header, or what there is of a payload. */
static enum ws_event conn_next_step(struct ws_conn *conn,
				    struct ws_cursor *cursor)
{
	enum ws_event event;

	if (conn->phase == WS_PHASE_DATA)
		return conn_next_data(conn, cursor);
	if (conn->phase == WS_PHASE_CONTROL)
		return conn_recv_payload(conn, cursor);
	event = conn_recv_header(conn, cursor);
	if (event == WS_EVENT_NONE && conn->phase == WS_PHASE_DATA)
		return WS_EVENT_FRAME;
	return event;
}

/* Whether there is a step to take: a payload of no bytes needs no input. */
static bool conn_has_step(const struct ws_conn *conn,
			  const struct ws_cursor *cursor)
{
	if (conn->phase == WS_PHASE_OVER)
		return false;
	if (cursor->in < cursor->in_end)
		return true;
	return conn->phase != WS_PHASE_HEADER && conn->payload_left == 0;
}

enum ws_event ws_conn_next(struct ws_conn *conn, struct ws_cursor *cursor)
{
	enum ws_event event = WS_EVENT_NONE;

	while (event == WS_EVENT_NONE && conn_has_step(conn, cursor))
		event = conn_next_step(conn, cursor);
	conn_skip_rest(conn, cursor);
	return event;
}

void ws_conn_fail(struct ws_conn *conn, uint16_t code, const char *text)
{
	(void)conn_fail(conn, (enum ws_close_code)code, text);
}

size_t ws_conn_check_text(struct ws_conn *conn, const uint8_t *data,
			  size_t len, bool is_last, bool *ret_is_good)
{
	size_t valid = utf8_validate(&conn->text, data, len);

	*ret_is_good = valid == len &&
		       (!is_last || utf8_is_complete(&conn->text));
	if (!*ret_is_good)
		ws_conn_fail(conn, WS_CLOSE_INVALID_PAYLOAD,
			     "compressed text message is not UTF-8");
	return valid;
}

size_t ws_conn_take_reply(struct ws_conn *conn,
			  uint8_t ret_frame[WS_CONTROL_FRAME_MAX])
{
	if (!conn->has_pong)
		return 0;
	conn->has_pong = false;
	return ws_frame_make_control(WS_OPCODE_PONG, conn->pong, conn->pong_len,
				     ret_frame);
}

static void conn_ping_payload(const struct ws_conn *conn,
			      uint8_t ret_payload[PING_SIZE])
{
	for (size_t i = 0; i < PING_SIZE; i++)
		ret_payload[i] = (uint8_t)(conn->pings_made >>
					   (8 * (PING_SIZE - 1 - i)));
}

size_t ws_conn_make_ping(struct ws_conn *conn,
			 uint8_t ret_frame[WS_CONTROL_FRAME_MAX])
{
	uint8_t payload[PING_SIZE];

	conn->pings_made++;
	conn_ping_payload(conn, payload);
	return ws_frame_make_control(WS_OPCODE_PING, payload, PING_SIZE,
				     ret_frame);
}

bool ws_conn_pong_is_ours(const struct ws_conn *conn)
{
	uint8_t payload[PING_SIZE];

	conn_ping_payload(conn, payload);
	return conn->pings_made != 0 && conn->gather_len == PING_SIZE &&
	       memcmp(conn->gather, payload, PING_SIZE) == 0;
}
