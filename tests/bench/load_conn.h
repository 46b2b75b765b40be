/* SPDX-License-Identifier: MIT */
/* One client of the load generator, WebSocket or plain, from dial to close. */
#ifndef BENCH_LOAD_CONN_H
#define BENCH_LOAD_CONN_H

#include "client_frame.h"
#include "counters.h"
#include "endpoint.h"
#include "load_tls.h"

#include <stdbool.h>

#define LOAD_MESSAGES 8u /* ready-made messages, each its own mask */
#define LOAD_SCRATCH_SIZE 262144u

enum load_scenario {
	LOAD_ECHO,     /* one message in flight each, for ever */
	LOAD_UPLOAD,   /* messages as fast as they are taken */
	LOAD_DOWNLOAD, /* reads what comes */
	LOAD_CYCLE,    /* connect, one echo, close; again */
	LOAD_IDLE,     /* one echo, then only answers pings */
	LOAD_STALL     /* opens and never reads */
};

enum load_state {
	LOAD_CLOSED,
	LOAD_CONNECTING,
	LOAD_TLS,
	LOAD_HANDSHAKE,
	LOAD_OPEN,
	LOAD_CLOSING
};

/* What to do. Filled before load_init(), constant afterwards. */
struct load_plan {
	struct endpoint target;
	const char *path; /* NULL: plain TCP, no WebSocket */
	bool offers_deflate; /* it must be agreed to, and is never used */
	struct load_tls *tls; /* NULL: without TLS */
	enum load_scenario scenario;
	size_t size; /* payload bytes a message, up to 64 KiB */
	unsigned connections;
	unsigned dials; /* most connections being opened at a time */
};

struct load_conn {
	struct client_frame_decoder decoder;
	uint64_t received;   /* payload bytes */
	unsigned uploaded;   /* messages of an upload */
	uint64_t started_ns; /* of this message, or of this cycle */
	size_t sent;         /* bytes of the message at hand */
	const struct client_frame_bytes *message; /* NULL: none at hand */
	struct load_tls_session *tls; /* NULL: without TLS */
	enum load_state state;
	int fd;
	bool wants_write;
	uint8_t control_len; /* a control frame waiting to be sent */
	uint8_t control_sent;
	uint8_t control[WS_CONTROL_PAYLOAD_MAX + WS_FRAME_CLIENT_HEADER_MAX];
};

struct load {
	struct load_plan plan;
	struct counters *counters;
	struct load_conn *conns;
	struct client_frame_bytes messages[LOAD_MESSAGES];
	char request[512];
	unsigned dialing;   /* connections in CONNECTING or HANDSHAKE */
	unsigned next_dial; /* index of the next to open, while opening */
	unsigned next_source;
	unsigned next_message;
	int epoll_fd;
	uint8_t scratch[LOAD_SCRATCH_SIZE];
};

/*
 * Prepares messages, connections and epoll from l->plan and l->counters.
 * Returns 0, or -1 with errno set.
 */
int load_init(struct load *l) __attribute__((warn_unused_result));

/*
 * Opens further connections as far as the plan allows. To be called once every
 * turn of the loop.
 */
void load_dial_more(struct load *l);

/* Acts on what epoll said about one connection. */
void load_conn_on_event(struct load *l, struct load_conn *c, uint32_t events);

#endif
