/* SPDX-License-Identifier: MIT */
/* The client's end: WebSocket frames on the wire, payload inside. */

#ifndef RELAY_ENDPOINT_WS_H
#define RELAY_ENDPOINT_WS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/utf8.h"
#include "base/utf8_replace.h"
#include "config/config.h"
#include "http/deflate_offer.h"
#include "relay/endpoint.h"
#include "ws/conn.h"
#include "ws/deflate.h"
#include "ws/inflate.h"

/*
 * What becomes of the latest ping.  PING_DUE: its time has come but the client
 * still owes room for it; the clock for its answer runs all the same.
 */
enum ping_state { PING_RESTS, PING_DUE, PING_SENT };

/* The types of the messages a client gets, and may send. */
enum ws_messages {
	WS_MESSAGES_BINARY,
	WS_MESSAGES_TEXT,
	WS_MESSAGES_AUTO,  /* text where it is UTF-8 as a whole; takes both */
	WS_MESSAGES_TYPED, /* as the target's records say; takes both */
};

/*
 * Compression with this client (RFC 7692), all zero unless it was agreed.
 * Without context takeover nothing is allocated between messages.
 */
struct endpoint_ws_deflate {
	struct ws_inflate *inflate; /* its own, or lent for one message */
	struct ws_deflate *deflate; /* its own; null: without takeover */
	uint32_t packed_len;        /* payload at the front of the input that
				       is to be expanded */
	uint8_t server_bits;        /* windows; 0: not agreed */
	uint8_t client_bits;
	bool keeps_inflate : 1; /* the client's messages refer to earlier */
	bool is_packed_end : 1; /* the message ends with those bytes */
	bool is_inflating : 1;  /* there is payload to be expanded, or more
				   of it to come out */
	bool is_packing : 1;    /* the open message to the client is */
};

/* Begins with the endpoint, so that one pointer serves both. */
struct endpoint_ws {
	struct endpoint end;
	struct ws_conn conn;
	uint64_t ping_us;       /* PING_SENT: when */
	uint64_t ping_at_ms;    /* RESTS: the next; else: when it is too late */
	uint64_t ping_acked;    /* socket_acked() when last looked at */
	uint32_t ping_interval_ms; /* 0: no pings */
	uint32_t rtt_us;        /* latest measured; 0: none yet */
	enum ping_state ping;
	uint16_t code_sent;     /* of our Close; 0: none yet */
	enum ws_messages messages;
	enum framing_type message_type; /* of the open one from it: by piece */
	bool is_sending;        /* a message to the client is open: by piece */
	bool is_receiving_new;  /* the open message from it had no piece yet */
	bool is_measured;       /* `rtt_us` is news; cleared by who tells it */
	struct endpoint_ws_deflate deflate;
	bool replaces;          /* the target's text that is not UTF-8 */
	union { /* a character that was cut; which of both says `replaces` */
		struct {
			uint8_t partial_len;
			uint8_t partial[UTF8_PARTIAL_MAX];
		};
		struct utf8_replacer replacer;
	};
};

/* Makes the end of a client that speaks HTTP until endpoint_ws_begin(). */
void endpoint_ws_init(struct endpoint_ws *ws, struct buffer_pool *pool);

/* From now on frames, with messages both ways as `messages` says. */
void endpoint_ws_begin(struct endpoint_ws *ws, enum ws_messages messages);

/*
 * To be called behind endpoint_ws_begin(): it works by the piece, and if
 * `replaces` makes the target's text UTF-8 with U+FFFD.
 */
void endpoint_ws_begin_pieces(struct endpoint_ws *ws, bool replaces);

/* Bytes of the target's text that wait for what follows them. */
static inline size_t endpoint_ws_cut(const struct endpoint_ws *ws)
{
	return ws->replaces ? ws->replacer.held_len : ws->partial_len;
}

/*
 * To be called behind endpoint_ws_begin_pieces(): messages may be compressed,
 * as was agreed.  0 or -ENOMEM.
 */
__attribute__((warn_unused_result))
int endpoint_ws_begin_deflate(struct endpoint_ws *ws,
			      const struct http_deflate_agreement *agreement,
			      const struct config_deflate *config);

/* As endpoint_done(). */
void endpoint_ws_done(struct endpoint_ws *ws);

/* Whether there is a pong or a ping to send. */
static inline bool endpoint_ws_has_control(const struct endpoint_ws *ws)
{
	return ws_conn_has_reply(&ws->conn) || ws->ping == PING_DUE;
}

/*
 * Sends the pong that waits, and a ping that is due, if nothing is owed and
 * no Close was sent.  0, or -errno as endpoint_send().
 */
__attribute__((warn_unused_result))
int endpoint_ws_send_control(struct endpoint_ws *ws);

/* Sends a Close behind what is owed; once.  0, or -errno. */
__attribute__((warn_unused_result))
int endpoint_ws_send_close(struct endpoint_ws *ws, uint16_t code,
			   const char *reason);

/*
 * For relay/endpoint_ws_next.c: a ping came, and something behind it, perhaps
 * another one that would take its slot.  So its pong is queued, unless the
 * client does not take what it is owed: then the latest will be answered.
 * CAUSE_NONE, or why that failed.
 */
__attribute__((warn_unused_result)) enum relay_cause
endpoint_ws_queue_pong(struct endpoint_ws *ws);

/* Likewise: a pong came. */
void endpoint_ws_note_pong(struct endpoint_ws *ws);

/* Likewise: what it means that the connection failed. */
enum relay_cause endpoint_ws_fault(const struct endpoint_ws *ws);

/* The first ping is due `interval_ms` after `now_ms`; 0: none ever is. */
void endpoint_ws_arm_ping(struct endpoint_ws *ws, uint64_t now_ms,
			  uint32_t interval_ms);

/* What endpoint_ws_keep_alive() found. */
enum ping_verdict { PING_FINE, PING_DEAD };

/*
 * To be called at or after `ping_at_ms`: makes a ping due, or judges the one
 * that was not answered within `timeout_ms`.  A client that still acknowledges
 * bytes on their way to it is slow, not dead.
 */
enum ping_verdict endpoint_ws_keep_alive(struct endpoint_ws *ws,
					 uint64_t now_ms, uint32_t timeout_ms);

/* The client's code of its Close, 0 if none came, 1005 if it had no code. */
uint16_t endpoint_ws_peer_code(const struct endpoint_ws *ws);

#endif
