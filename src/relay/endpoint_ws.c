/* SPDX-License-Identifier: MIT */
/* The client's end: WebSocket frames on the wire, payload inside. */

#include "relay/endpoint_ws.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "net/socket.h"
#include "relay/endpoint_ws_pieces.h"
#include "relay/workshop.h"
#include "ws/close_code.h"
#include "ws/frame.h"

static_assert(ENDPOINT_HEADROOM >= WS_FRAME_HEADER_MAX + UTF8_PARTIAL_MAX,
	      "a header and a cut character fit below what is encoded");
static_assert(ENDPOINT_OVERHEAD >= ENDPOINT_HEADROOM + 2 * WS_CONTROL_FRAME_MAX,
	      "a ping and a Close fit behind a frame that was not taken");

/*
 * Bytes owed to a client behind which one more pong is queued.  With what a
 * direction may hold by the piece, half of limits.buffer, it is less than the
 * smallest of these, 4 KiB.
 */
#define QUEUED_PONGS 1536

static struct endpoint_ws *ws_of(struct endpoint *end)
{
	return (struct endpoint_ws *)(void *)end;
}

/* The pong of our latest ping: measures, and lets the next one come. */
void endpoint_ws_note_pong(struct endpoint_ws *ws)
{
	uint64_t now_us;

	if (ws->ping != PING_SENT || !ws_conn_pong_is_ours(&ws->conn))
		return;
	now_us = clock_now_us();
	ws->rtt_us = (uint32_t)(now_us - ws->ping_us);
	ws->is_measured = true;
	ws->ping = PING_RESTS;
	ws->ping_at_ms =
		clock_coarse_ms() - ws->rtt_us / 1000 + ws->ping_interval_ms;
}

enum relay_cause endpoint_ws_fault(const struct endpoint_ws *ws)
{
	switch (ws->conn.fail_code) {
	case WS_CLOSE_UNACCEPTABLE_TYPE:
		return CAUSE_MESSAGE_TYPE;
	case WS_CLOSE_INVALID_PAYLOAD:
		return CAUSE_CLIENT_UTF8;
	default:
		return CAUSE_PROTOCOL;
	}
}

/* Whether a pong may stand behind what is owed. */
static bool may_queue_pong(const struct endpoint_ws *ws)
{
	return ws->end.out.len <= QUEUED_PONGS;
}

static int queue_pong(struct endpoint_ws *ws)
{
	uint8_t frame[WS_CONTROL_FRAME_MAX];
	int error = 0;

	if (!may_queue_pong(ws))
		error = endpoint_flush(&ws->end);
	if (error || !may_queue_pong(ws))
		return error;
	return endpoint_queue(&ws->end, frame,
			      ws_conn_take_reply(&ws->conn, frame));
}

enum relay_cause endpoint_ws_queue_pong(struct endpoint_ws *ws)
{
	int error;

	if (ws->end.finished || ws->end.is_broken)
		return CAUSE_NONE;
	error = queue_pong(ws);
	if (error)
		ws->end.fault = error == -ENOMEM ? CAUSE_NO_MEMORY :
						   CAUSE_CLIENT_RESET;
	return ws->end.fault;
}

static enum endpoint_news ws_decode(struct endpoint *end, struct chunk *chunk)
{
	struct endpoint_ws *ws = ws_of(end);
	struct ws_cursor cursor = {
		.in = chunk->data,
		.in_end = chunk->data + chunk->len,
		.out = chunk->data,
	};

	for (;;) {
		enum ws_event event = ws_conn_recv(&ws->conn, &cursor);

		chunk->len = (size_t)(cursor.out - chunk->data);
		switch (event) {
		case WS_EVENT_NONE:
			return ENDPOINT_GOES_ON;
		case WS_EVENT_PING:
			if (cursor.in < cursor.in_end &&
			    endpoint_ws_queue_pong(ws))
				return ENDPOINT_FAULT;
			break;
		case WS_EVENT_PONG:
			endpoint_ws_note_pong(ws);
			break;
		case WS_EVENT_CLOSE:
			return ENDPOINT_ENDED;
		case WS_EVENT_FAIL:
			end->fault = endpoint_ws_fault(ws);
			return ENDPOINT_FAULT;
		case WS_EVENT_FRAME:
		case WS_EVENT_FRAGMENT:
		case WS_EVENT_MESSAGE:
			break; /* of ws_conn_next() */
		}
	}
}

/*
 * Puts what was cut before in front of the chunk, and keeps what is cut at its
 * end for the next one.
 */
static enum utf8_rest cut_text(struct endpoint_ws *ws, struct chunk *chunk)
{
	enum utf8_rest rest;
	size_t whole;

	chunk->data -= ws->partial_len;
	chunk->len += ws->partial_len;
	memcpy(chunk->data, ws->partial, ws->partial_len);
	ws->partial_len = 0;
	rest = utf8_split(chunk->data, chunk->len, &whole);
	if (rest == UTF8_REST_INVALID)
		ws->end.undelivered += chunk->len - whole;
	if (rest == UTF8_REST_PARTIAL) {
		ws->partial_len = (uint8_t)(chunk->len - whole);
		memcpy(ws->partial, chunk->data + whole, ws->partial_len);
	}
	chunk->len = whole;
	return rest;
}

static enum relay_cause ws_encode(struct endpoint *end, struct chunk *chunk)
{
	struct endpoint_ws *ws = ws_of(end);
	enum ws_opcode opcode = WS_OPCODE_BINARY;
	enum relay_cause cause = CAUSE_NONE;
	size_t header;

	if (ws->messages == WS_MESSAGES_TEXT) {
		opcode = WS_OPCODE_TEXT;
		if (cut_text(ws, chunk) == UTF8_REST_INVALID)
			cause = CAUSE_TARGET_UTF8;
		if (!chunk->len)
			return cause;
	}
	header = ws_frame_header_before(chunk->data, chunk->len, opcode, true);
	chunk->data -= header;
	chunk->len += header;
	end->messages++;
	return cause;
}

/* A character that nothing more comes of is one that was not. */
static enum relay_cause replace_cut(struct endpoint_ws *ws)
{
	uint8_t frame[WS_FRAME_HEADER_MAX + 3];
	uint8_t *text = frame + WS_FRAME_HEADER_MAX;
	size_t len = utf8_replace(&ws->replacer, NULL, 0, true, text);
	size_t header =
		ws_frame_header_before(text, len, WS_OPCODE_TEXT, true);

	if (endpoint_send(&ws->end, text - header, header + len))
		return CAUSE_CLIENT_RESET;
	ws->end.messages++;
	return CAUSE_NONE;
}

static enum relay_cause ws_encode_end(struct endpoint *end)
{
	struct endpoint_ws *ws = ws_of(end);

	if (!endpoint_ws_cut(ws))
		return CAUSE_NONE;
	return ws->replaces ? replace_cut(ws) : CAUSE_TARGET_UTF8;
}

static enum relay_cause ws_decode_end(struct endpoint *end)
{
	(void)end;
	return CAUSE_NONE;
}

static const struct endpoint_ops ws_ops = {
	.decode = ws_decode,
	.encode = ws_encode,
	.encode_end = ws_encode_end,
	.decode_end = ws_decode_end,
};

static const struct endpoint_ops ws_piece_ops = {
	.encode_end = ws_encode_end,
	.decode_end = ws_decode_end,
	.next = endpoint_ws_next,
	.put = endpoint_ws_put,
};

void endpoint_ws_init(struct endpoint_ws *ws, struct buffer_pool *pool)
{
	*ws = (struct endpoint_ws){ .ping = PING_RESTS };
	endpoint_init(&ws->end, &ws_ops, pool);
}

static unsigned accepted(enum ws_messages messages)
{
	switch (messages) {
	case WS_MESSAGES_BINARY:
		return WS_ACCEPT_BINARY;
	case WS_MESSAGES_TEXT:
		return WS_ACCEPT_TEXT;
	case WS_MESSAGES_AUTO:
	case WS_MESSAGES_TYPED:
		break;
	}
	return WS_ACCEPT_TEXT | WS_ACCEPT_BINARY;
}

void endpoint_ws_begin(struct endpoint_ws *ws, enum ws_messages messages)
{
	ws->messages = messages;
	ws_conn_init(&ws->conn, accepted(messages));
}

void endpoint_ws_begin_pieces(struct endpoint_ws *ws, bool replaces)
{
	ws->replaces = replaces;
	ws->end.ops = &ws_piece_ops;
	ws->end.by_piece = true;
}

int endpoint_ws_begin_deflate(struct endpoint_ws *ws,
			      const struct http_deflate_agreement *agreement,
			      const struct config_deflate *config)
{
	struct endpoint_ws_deflate *d = &ws->deflate;
	struct ws_deflate_settings settings = {
		.window_bits = agreement->server_max_window_bits,
		.level = config->level,
		.mem_level = config->memory_level,
		.has_takeover = true,
	};

	d->server_bits = (uint8_t)agreement->server_max_window_bits;
	d->client_bits = (uint8_t)agreement->client_max_window_bits;
	d->keeps_inflate = !agreement->client_no_context_takeover;
	ws_conn_allow_compression(&ws->conn);
	if (d->keeps_inflate) {
		d->inflate = ws_inflate_new(&workshop_allocator,
					    d->client_bits);
		if (!d->inflate)
			return -ENOMEM;
	}
	if (!agreement->server_no_context_takeover) {
		d->deflate = ws_deflate_new(&workshop_allocator, &settings);
		if (!d->deflate)
			return -ENOMEM;
	}
	return 0;
}

void endpoint_ws_done(struct endpoint_ws *ws)
{
	endpoint_done(&ws->end);
	ws_inflate_free(&ws->deflate.inflate);
	ws_deflate_free(&ws->deflate.deflate);
}

static int send_ping(struct endpoint_ws *ws)
{
	uint8_t frame[WS_CONTROL_FRAME_MAX];
	size_t len = ws_conn_make_ping(&ws->conn, frame);

	ws->ping = PING_SENT;
	ws->ping_us = clock_now_us();
	return endpoint_send(&ws->end, frame, len);
}

int endpoint_ws_send_control(struct endpoint_ws *ws)
{
	int error = 0;

	if (ws->end.finished || ws->end.is_broken)
		return 0;
	if (ws_conn_has_reply(&ws->conn) && may_queue_pong(ws)) {
		uint8_t frame[WS_CONTROL_FRAME_MAX];
		size_t len = ws_conn_take_reply(&ws->conn, frame);

		error = endpoint_send(&ws->end, frame, len);
	}
	if (!error && ws->ping == PING_DUE && !endpoint_owes(&ws->end))
		error = send_ping(ws);
	return error;
}

int endpoint_ws_send_close(struct endpoint_ws *ws, uint16_t code,
			   const char *reason)
{
	uint8_t frame[WS_CONTROL_FRAME_MAX];
	size_t len;

	if (ws->end.finished)
		return 0;
	len = ws_frame_make_close(code, slice_of(reason), frame);
	ws->end.finished = true;
	if (ws->end.is_broken)
		return 0;
	ws->code_sent = code;
	return endpoint_send(&ws->end, frame, len);
}

void endpoint_ws_arm_ping(struct endpoint_ws *ws, uint64_t now_ms,
			  uint32_t interval_ms)
{
	ws->ping = PING_RESTS;
	ws->ping_interval_ms = interval_ms;
	ws->ping_at_ms = now_ms + interval_ms;
}

/*
 * Whether the missing pong may still come.  While bytes before it are on their
 * way and some were acknowledged since, the client or its line is slow.  With
 * bytes it does not take at all, but a kernel there that answers, it has
 * stopped reading: timeouts.send_stall is for that.
 */
static bool is_slow(struct endpoint_ws *ws, uint32_t timeout_ms)
{
	int fd = ws->end.stream.fd;
	uint64_t acked = socket_acked(fd);
	bool moved = acked != ws->ping_acked;

	ws->ping_acked = acked;
	if (!endpoint_in_flight(&ws->end))
		return false;
	if (moved || !endpoint_owes(&ws->end))
		return moved;
	return socket_is_answered(fd) ||
	       socket_peer_silence_ms(fd) < timeout_ms;
}

enum ping_verdict endpoint_ws_keep_alive(struct endpoint_ws *ws,
					 uint64_t now_ms, uint32_t timeout_ms)
{
	if (ws->ping == PING_RESTS) {
		ws->ping = PING_DUE;
		ws->ping_acked = socket_acked(ws->end.stream.fd);
	} else if (!is_slow(ws, timeout_ms)) {
		return PING_DEAD;
	}
	ws->ping_at_ms = now_ms + timeout_ms;
	return PING_FINE;
}

uint16_t endpoint_ws_peer_code(const struct endpoint_ws *ws)
{
	return ws->conn.peer_code;
}
