/* SPDX-License-Identifier: MIT */
/* All that belongs to the connection, for session*.c alone. */

#ifndef CONNECT_SESSION_RECORD_H
#define CONNECT_SESSION_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "connect/arguments.h"
#include "connect/downward.h"
#include "connect/exits.h"
#include "connect/reach.h"
#include "connect/session.h"
#include "connect/stdio.h"
#include "connect/upward.h"
#include "http/client_response.h"
#include "http/upgrade.h"
#include "net/resolve.h"
#include "net/stream.h"
#include "net/timer.h"
#include "net/tls_client.h"
#include "ws/conn.h"

/* In milliseconds: for a peer to take our Close, or to end after that. */
#define SESSION_HURRY_MS 1000

/* In this order. */
enum session_phase {
	PHASE_REACHING, /* a name, addresses */
	PHASE_TLS,      /* the handshake of TLS */
	PHASE_ASKING,   /* the handshake of WebSocket */
	PHASE_REFUSED,  /* reading what else the server has to say */
	PHASE_OPEN,     /* messages both ways, up to both Closes */
	PHASE_LINGER,   /* both have closed: TCP's end */
	PHASE_DONE,
};

/* Why no more of stdin is sent. */
enum session_ending {
	ENDING_NOT,
	ENDING_INPUT,  /* stdin is at its end: what comes is waited for */
	ENDING_SERVER, /* the server closed, or broke the protocol */
	ENDING_HURRY,  /* a signal, stdin or stdout: nothing is waited for */
};

struct session {
	const struct arguments *arguments;
	const struct report *report;

	struct event_base *base;
	struct resolver *resolver;
	struct resolve_client *resolve_client;
	struct reach *reach;
	struct tls_client *tls;
	struct stream stream;
	struct event input_ready;
	struct event output_ready;
	struct event signals[3];
	struct timer timer;
	uint64_t timer_ms; /* when it is due; UINT64_MAX: not armed */
	struct output output;

	enum session_phase phase;
	enum session_ending ending;
	enum exit_code code;
	int signal;
	bool is_decided : 1; /* `code` will not change */
	bool is_input_armed : 1;
	bool is_output_armed : 1;
	bool is_pinged : 1; /* since the last sign of life */
	bool wants_ping : 1;
	bool is_close_sent : 1; /* it is in a buffer at least */
	bool is_over : 1;       /* no more payload comes from the server */
	bool is_ended : 1;      /* TCP's end, or an error, was read */
	bool is_deaf : 1;       /* the server takes no more bytes */
	uint16_t close_code;    /* of our Close, once it is due */

	/* Times of clock_coarse_ms(). */
	uint64_t phase_ms;  /* when the first, REFUSED or LINGER began */
	uint64_t life_ms;   /* the last sign of life */
	uint64_t pinged_ms; /* of the ping since */
	uint64_t ending_ms;

	uint64_t acked; /* socket_acked() when it was pinged */

	char key[HTTP_KEY_LEN + 1];
	char accept[HTTP_ACCEPT_SIZE];
	struct http_client_offer offer;
	struct http_client_response response;
	size_t answer_len;

	struct ws_conn ws;
	struct upward up;
	struct downward down;
};

/* --- session.c --- */

/* Settles what the program exits with; the first to say it counts. */
void session_decide(struct session *s, enum exit_code code);

/* Ends the loop, and decides unless that is done. */
void session_finish(struct session *s, enum exit_code code);

/* Derives from the state what is waited for, and for how long. */
void session_update(struct session *s);

/* --- session_open.c: up to the server's 101 --- */

/* Begins to look for the server. */
void session_open(struct session *s);

/* The stream is met, in a phase before PHASE_OPEN. */
void session_open_go_on(struct session *s);

/* Tells of a refusal as far as it has come. */
void session_open_refused(struct session *s);

/* --- session_flow.c: PHASE_OPEN and after --- */

/* The first frames may have come with the 101: `len` bytes at `offset`. */
void session_flow_begin(struct session *s, size_t offset, size_t len);

/* What is ready; each is followed by session_flow_go_on(). */
void session_flow_read(struct session *s);
void session_flow_input(struct session *s);
void session_flow_output(struct session *s);

/* Sends what can be sent, and ends what has ended. */
void session_flow_go_on(struct session *s);

/* No more of stdin is sent; a Close with `code` follows. */
void session_flow_end(struct session *s, enum session_ending ending,
		      uint16_t code);

/* --- session_time.c --- */

/* Any byte of the server, or taken by it, is one. */
void session_time_note_life(struct session *s);

/* ENDING_INPUT: when our Close is due, all being sent. */
uint64_t session_time_close_ms(const struct session *s);

/* When something is to be done if nothing happens; UINT64_MAX: never. */
uint64_t session_time_deadline_ms(const struct session *s);

/* Does it. */
void session_time_on_deadline(struct session *s);

#endif
