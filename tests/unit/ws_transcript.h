/* SPDX-License-Identifier: MIT */
/* All that a ws_conn says about its input, as bytes that can be compared. */

#ifndef TESTS_UNIT_WS_TRANSCRIPT_H
#define TESTS_UNIT_WS_TRANSCRIPT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ws/conn.h"

/* Ends the program, in a unit test and under a fuzzer alike. */
#define TRANSCRIPT_CHECK(condition) ((condition) ? (void)0 : abort())

/* Or-ed to the types a connection accepts: it is the client's end. */
#define TRANSCRIPT_CLIENT 0x80u

static inline void transcript_conn_init(struct ws_conn *conn, unsigned accept)
{
	if (accept & TRANSCRIPT_CLIENT)
		ws_conn_init_client(conn, accept & ~TRANSCRIPT_CLIENT);
	else
		ws_conn_init(conn, accept);
}

struct ws_transcript {
	uint8_t *payload; /* of all data frames */
	size_t payload_len;
	uint8_t *events; /* see transcript_event() */
	size_t events_len;
	uint64_t messages;        /* completed, so far */
	enum ws_event last_event; /* the latest but WS_EVENT_NONE */
	uint16_t last_code;       /* its code: 0 for ping and pong */
	uint8_t last_detail[WS_CONTROL_PAYLOAD_MAX];
	size_t last_detail_len;

	bool by_message; /* to be fed through ws_conn_next() */
	bool in_frame;   /* the rest is what that told */
	uint64_t ended;
};

/* Room for what `len` bytes of input can cause: a ping is 6 bytes or more. */
static inline void transcript_init(struct ws_transcript *t, size_t len)
{
	*t = (struct ws_transcript){
		.payload = calloc(len + 1, 1),
		.events = calloc(4 * len + 1024, 1),
	};
	TRANSCRIPT_CHECK(t->payload && t->events);
}

static inline void transcript_done(struct ws_transcript *t)
{
	free(t->payload);
	free(t->events);
}

static inline void transcript_put(struct ws_transcript *t, const void *bytes,
				  size_t len)
{
	memcpy(t->events + t->events_len, bytes, len);
	t->events_len += len;
}

/*
 * Adds an event: `code` of a Close or failure, `detail` the payload of a
 * control frame or the reason of a Close.
 */
static inline void transcript_event(struct ws_transcript *t,
				    enum ws_event event, uint16_t code,
				    const void *detail, size_t len)
{
	transcript_put(t, &event, sizeof(event));
	transcript_put(t, &code, sizeof(code));
	transcript_put(t, &t->payload_len, sizeof(t->payload_len));
	transcript_put(t, &t->messages, sizeof(t->messages));
	transcript_put(t, detail, len);
	t->last_event = event;
	t->last_code = code;
	memcpy(t->last_detail, detail, len);
	t->last_detail_len = len;
}

/* Bounds of frames and messages: told in order, and in no other transcript. */
static inline void transcript_bound(struct ws_transcript *t,
				    const struct ws_conn *conn,
				    enum ws_event event)
{
	TRANSCRIPT_CHECK(t->by_message);
	TRANSCRIPT_CHECK(t->in_frame == (event != WS_EVENT_FRAME));
	TRANSCRIPT_CHECK(event == WS_EVENT_FRAME ||
			 conn->frame.fin == (event == WS_EVENT_MESSAGE));
	t->in_frame = event == WS_EVENT_FRAME;
	if (event == WS_EVENT_MESSAGE)
		t->ended++;
	TRANSCRIPT_CHECK(t->ended == conn->messages);
}

/* Adds what the connection says about an event it just told. */
static inline void transcript_record(struct ws_transcript *t,
				     struct ws_conn *conn, enum ws_event event)
{
	uint8_t frame[WS_CONTROL_FRAME_MAX];
	size_t size;

	switch (event) {
	case WS_EVENT_NONE:
		break;
	case WS_EVENT_PING:
		TRANSCRIPT_CHECK(ws_conn_has_reply(conn));
		size = ws_conn_take_reply(conn, frame);
		TRANSCRIPT_CHECK(size >= 2 && frame[0] == 0x8A &&
				 frame[1] == size - 2);
		TRANSCRIPT_CHECK(!ws_conn_has_reply(conn));
		transcript_event(t, event, 0, frame + 2, size - 2);
		break;
	case WS_EVENT_PONG:
		transcript_event(t, event, 0, conn->gather, conn->gather_len);
		break;
	case WS_EVENT_CLOSE:
		transcript_event(t, event, conn->peer_code, conn->peer_reason,
				 conn->peer_reason_len);
		break;
	case WS_EVENT_FAIL:
		TRANSCRIPT_CHECK(conn->fail_text != NULL);
		transcript_event(t, event, conn->fail_code, "", 0);
		break;
	case WS_EVENT_FRAME:
	case WS_EVENT_FRAGMENT:
	case WS_EVENT_MESSAGE:
		transcript_bound(t, conn, event);
		break;
	}
}

/*
 * Feeds a piece, moved so that it ends at `end`, with the payload to go `gap`
 * bytes below it; there must be room for both below `end`.
 */
static inline void transcript_feed(struct ws_transcript *t,
				   struct ws_conn *conn, uint8_t *end,
				   const uint8_t *piece, size_t len, size_t gap)
{
	struct ws_cursor cursor = {
		.in = end - len,
		.in_end = end,
		.out = end - len - gap,
	};
	enum ws_event event;

	if (len > 0)
		memcpy(cursor.in, piece, len);
	do {
		uint8_t *out = cursor.out;

		event = t->by_message ? ws_conn_next(conn, &cursor) :
					ws_conn_recv(conn, &cursor);
		TRANSCRIPT_CHECK(out <= cursor.out && cursor.out <= cursor.in &&
				 cursor.in <= cursor.in_end);
		memcpy(t->payload + t->payload_len, out,
		       (size_t)(cursor.out - out));
		t->payload_len += (size_t)(cursor.out - out);
		t->messages = conn->messages;
		transcript_record(t, conn, event);
	} while (event != WS_EVENT_NONE);
	TRANSCRIPT_CHECK(cursor.in == cursor.in_end);
}

static inline bool transcript_equal(const struct ws_transcript *a,
				    const struct ws_transcript *b)
{
	return a->payload_len == b->payload_len &&
	       a->events_len == b->events_len && a->messages == b->messages &&
	       memcmp(a->payload, b->payload, a->payload_len) == 0 &&
	       memcmp(a->events, b->events, a->events_len) == 0;
}

#endif
