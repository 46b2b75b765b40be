/* SPDX-License-Identifier: MIT */
/* One client of the load generator, WebSocket or plain, from dial to close. */
#include "load_conn.h"
#include "pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/*
 * Sources 127.1.0.1 and up: each has its own 64 K of ports, so neither many
 * connections nor those in TIME_WAIT use them up.
 */
#define SOURCE_FIRST 0x7f010001u
#define SOURCE_COUNT 200u
#define DIAL_BATCH 64u

/* The key of RFC 6455 §1.3 and its answer: checking needs no SHA-1. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static void conn_ready(struct load *l, struct load_conn *c);

static void watch(struct load *l, struct load_conn *c, int op, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	if (epoll_ctl(l->epoll_fd, op, c->fd, &ev) < 0) {
		perror("load: epoll_ctl");
		exit(70);
	}
}

static void conn_want_write(struct load *l, struct load_conn *c, bool on)
{
	if (c->wants_write == on)
		return;
	c->wants_write = on;
	watch(l, c, EPOLL_CTL_MOD, EPOLLIN | (on ? EPOLLOUT : 0u));
}

static void conn_close(struct load *l, struct load_conn *c)
{
	if (c->state == LOAD_CONNECTING || c->state == LOAD_TLS ||
	    c->state == LOAD_HANDSHAKE)
		l->dialing--;
	else
		l->counters->open--;
	load_tls_close(c->tls);
	c->tls = NULL;
	close(c->fd);
	c->fd = -1;
	c->state = LOAD_CLOSED;
}

static void conn_dial(struct load *l, struct load_conn *c)
{
	in_addr_t source = SOURCE_FIRST + l->next_source++ % SOURCE_COUNT;

	*c = (struct load_conn){ .state = LOAD_CONNECTING,
				 .wants_write = true,
				 .started_ns = counters_now_ns() };
	c->fd = endpoint_connect(&l->plan.target, source);
	if (c->fd < 0) {
		perror("load: connect");
		exit(69);
	}
	l->dialing++;
	watch(l, c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

/* The first failure of a run is told, all are counted. */
static void conn_fail(struct load *l, struct load_conn *c, const char *why)
{
	if (l->counters->errors++ == 0)
		fprintf(stderr, "load: connection failed: %s (%s)\n", why,
			errno ? strerror(errno) : "no error");
	conn_close(l, c);
	if (l->plan.scenario == LOAD_CYCLE)
		conn_dial(l, c);
}

static bool is_transient(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static ssize_t conn_recv(struct load_conn *c, void *ret, size_t size, int flags)
{
	if (c->tls)
		return load_tls_recv(c->tls, ret, size, flags);
	return recv(c->fd, ret, size, flags);
}

/* Sends LEN bytes; RET_SENT grows. False when the connection is lost. */
static bool conn_send(struct load_conn *c, const uint8_t *p, size_t len,
		      size_t *ret_sent)
{
	ssize_t n = c->tls ? load_tls_send(c->tls, p, len) :
			     send(c->fd, p, len, MSG_NOSIGNAL);

	if (n < 0)
		return is_transient(n);
	*ret_sent += (size_t)n;
	return true;
}

static bool send_control(struct load_conn *c)
{
	size_t sent = c->control_sent;

	if (!conn_send(c, c->control + sent, c->control_len - sent, &sent))
		return false;
	c->control_sent = (uint8_t)sent;
	if (sent == c->control_len)
		c->control_len = c->control_sent = 0;
	return true;
}

static bool send_message(struct load *l, struct load_conn *c)
{
	if (!conn_send(c, c->message->p + c->sent, c->message->len - c->sent,
		       &c->sent))
		return false;
	if (c->sent < c->message->len)
		return true;
	c->message = NULL;
	c->sent = 0;
	if (l->plan.scenario == LOAD_UPLOAD) {
		c->uploaded++;
		l->counters->messages++;
		l->counters->bytes += l->plan.size;
	}
	return true;
}

/* A control frame goes between messages, never into one. */
static void conn_flush(struct load *l, struct load_conn *c)
{
	bool alive = true;

	if (c->control_len > 0 && c->sent == 0)
		alive = send_control(c);
	if (alive && c->control_len == 0 && c->message)
		alive = send_message(l, c);
	if (alive && c->control_len > 0 && !c->message)
		alive = send_control(c);
	if (!alive)
		conn_fail(l, c, "send");
	else
		conn_want_write(l, c,
				c->message || c->control_len > 0 ||
					l->plan.scenario == LOAD_UPLOAD);
}

static void conn_begin_message(struct load *l, struct load_conn *c)
{
	unsigned next = l->next_message++;

	/* The sink checks a stream of more than one message. */
	if (l->plan.scenario == LOAD_UPLOAD)
		next = c->uploaded;
	c->message = &l->messages[next % LOAD_MESSAGES];
	c->sent = 0;
}

/* Upload: one message per wake-up, so that all connections get their turn. */
static void conn_upload(struct load *l, struct load_conn *c)
{
	if (!c->message)
		conn_begin_message(l, c);
	conn_flush(l, c);
}

static void conn_queue_control(struct load_conn *c,
			       enum ws_opcode opcode,
			       const uint8_t *payload, size_t len)
{
	if (c->control_sent > 0)
		return; /* RFC 6455 §5.5.3: a pong may be left out */
	c->control_len = (uint8_t)client_frame_build(
		c->control, opcode, (uint32_t)c->started_ns, payload, len);
}

/* Cycle: the echo is here, so close as the protocol has it. */
static void conn_begin_close(struct load *l, struct load_conn *c)
{
	static const uint8_t normal[2] = { 1000 >> 8, 1000 & 0xff };

	c->state = LOAD_CLOSING;
	if (!l->plan.path) {
		if (c->tls)
			load_tls_shutdown(c->tls);
		shutdown(c->fd, SHUT_WR);
		return;
	}
	conn_queue_control(c, WS_OPCODE_CLOSE, normal, sizeof(normal));
	conn_flush(l, c);
}

static void conn_echo_done(struct load *l, struct load_conn *c)
{
	uint64_t now = counters_now_ns();

	if (l->plan.scenario == LOAD_CYCLE) {
		conn_begin_close(l, c);
		return;
	}
	l->counters->messages++;
	counters_add_latency(l->counters, now - c->started_ns);
	if (l->plan.scenario != LOAD_ECHO)
		return;
	c->started_ns = now;
	conn_begin_message(l, c);
	conn_flush(l, c);
}

/* Returns false when the connection has failed and is no more. */
static bool conn_take_payload(struct load *l, struct load_conn *c,
			      struct client_frame_bytes data)
{
	size_t period = l->plan.scenario == LOAD_DOWNLOAD ? PATTERN_SIZE :
							    l->plan.size;

	if (!pattern_is_at(c->received, period, data.p, data.len)) {
		l->counters->mismatches++;
		errno = 0;
		conn_fail(l, c, "payload differs");
		return false;
	}
	c->received += data.len;
	l->counters->bytes += data.len;
	if (l->plan.scenario != LOAD_DOWNLOAD && data.len > 0 &&
	    c->received % period == 0)
		conn_echo_done(l, c);
	return c->state == LOAD_OPEN || c->state == LOAD_CLOSING;
}

/* The server's Close needs no answer here: the end of the stream follows. */
static bool conn_take_control(struct load *l, struct load_conn *c,
			      struct client_frame_bytes data)
{
	if (c->decoder.header.opcode == WS_OPCODE_CLOSE) {
		if (c->state == LOAD_CLOSING)
			return true;
		errno = 0;
		conn_fail(l, c, "closed by the server");
		return false;
	}
	if (c->decoder.header.opcode != WS_OPCODE_PING || c->state != LOAD_OPEN)
		return true;
	l->counters->pings++;
	conn_queue_control(c, WS_OPCODE_PONG, data.p, data.len);
	conn_flush(l, c);
	return c->state == LOAD_OPEN;
}

static void conn_take_frames(struct load *l, struct load_conn *c,
			     struct client_frame_bytes in)
{
	struct client_frame_bytes data;
	bool alive = true;

	while (alive) {
		switch (client_frame_next(&c->decoder, &in, &data)) {
		case CLIENT_FRAME_MORE:
			return;
		case CLIENT_FRAME_DATA:
			alive = conn_take_payload(l, c, data);
			break;
		case CLIENT_FRAME_CONTROL:
			alive = conn_take_control(l, c, data);
			break;
		case CLIENT_FRAME_INVALID:
			errno = 0;
			conn_fail(l, c, "not a valid frame");
			return;
		}
	}
}

static void conn_on_end(struct load *l, struct load_conn *c, ssize_t got)
{
	if (c->state != LOAD_CLOSING || got < 0) {
		if (got == 0)
			errno = 0;
		conn_fail(l, c, "ended");
		return;
	}
	l->counters->messages++;
	counters_add_latency(l->counters, counters_now_ns() - c->started_ns);
	conn_close(l, c);
	conn_dial(l, c);
}

static void conn_read(struct load *l, struct load_conn *c)
{
	ssize_t n = conn_recv(c, l->scratch, LOAD_SCRATCH_SIZE, 0);

	if (is_transient(n))
		return;
	if (n <= 0) {
		conn_on_end(l, c, n);
		return;
	}
	struct client_frame_bytes in = { l->scratch, (size_t)n };

	if (l->plan.path)
		conn_take_frames(l, c, in);
	else
		conn_take_payload(l, c, in);
}

/*
 * The head is looked at where it lies and taken out to its last byte, so what
 * follows it stays in the socket.
 */
static void conn_read_head(struct load *l, struct load_conn *c)
{
	char *head = (char *)l->scratch;
	ssize_t n = conn_recv(c, head, 8191, MSG_PEEK);

	if (is_transient(n))
		return;
	if (n <= 0) {
		conn_fail(l, c, "no answer to the handshake");
		return;
	}
	head[n] = '\0';
	char *end = strstr(head, "\r\n\r\n");

	if (!end)
		return;
	end[4] = '\0';
	errno = 0;
	if (strncmp(head, "HTTP/1.1 101 ", 13) != 0 || !strstr(head, ACCEPT) ||
	    l->plan.offers_deflate != !!strstr(head, "permessage-deflate"))
		conn_fail(l, c, head);
	else if (conn_recv(c, head, (size_t)(end + 4 - head), 0) < 0)
		conn_fail(l, c, "handshake");
	else
		conn_ready(l, c);
}

static void conn_ask(struct load *l, struct load_conn *c);

/* The handshake only ever waits to read, but for a moment at its begin. */
static void conn_go_on_tls(struct load *l, struct load_conn *c)
{
	int done = load_tls_handshake(c->tls);

	if (done < 0)
		conn_fail(l, c, "TLS");
	else if (done)
		conn_ask(l, c);
	else
		conn_want_write(l, c, false);
}

static void conn_connected(struct load *l, struct load_conn *c)
{
	int err = 0;
	socklen_t len = sizeof(err);

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	errno = err;
	if (err) {
		conn_fail(l, c, "connect");
		return;
	}
	if (!l->plan.tls) {
		conn_ask(l, c);
		return;
	}
	c->tls = load_tls_open(l->plan.tls, c->fd);
	if (!c->tls) {
		conn_fail(l, c, "TLS");
		return;
	}
	c->state = LOAD_TLS;
	conn_go_on_tls(l, c);
}

/* Asks for a WebSocket, if it is to be one. */
static void conn_ask(struct load *l, struct load_conn *c)
{
	if (!l->plan.path) {
		conn_ready(l, c);
		return;
	}
	size_t sent = 0;
	size_t request_len = strlen(l->request);

	c->state = LOAD_HANDSHAKE;
	conn_want_write(l, c, false);
	if (!conn_send(c, (const uint8_t *)l->request, request_len, &sent) ||
	    sent != request_len)
		conn_fail(l, c, "request");
}

/* The session stands: begin the scenario on it. */
static void conn_ready(struct load *l, struct load_conn *c)
{
	c->state = LOAD_OPEN;
	l->dialing--;
	l->counters->open++;
	l->counters->opened++;
	if (l->plan.scenario == LOAD_STALL) {
		watch(l, c, EPOLL_CTL_DEL, 0);
		return;
	}
	if (l->plan.scenario == LOAD_DOWNLOAD) {
		conn_want_write(l, c, false);
		return;
	}
	if (l->plan.scenario != LOAD_CYCLE)
		c->started_ns = counters_now_ns();
	conn_begin_message(l, c);
	conn_flush(l, c);
}

void load_conn_on_event(struct load *l, struct load_conn *c, uint32_t events)
{
	bool in = events & (EPOLLIN | EPOLLHUP | EPOLLERR);

	switch (c->state) {
	case LOAD_CLOSED:
		return;
	case LOAD_CONNECTING:
		conn_connected(l, c);
		return;
	case LOAD_TLS:
		conn_go_on_tls(l, c);
		return;
	case LOAD_HANDSHAKE:
		conn_read_head(l, c);
		return;
	case LOAD_OPEN:
	case LOAD_CLOSING:
		if (in)
			conn_read(l, c);
		else if (l->plan.scenario == LOAD_UPLOAD)
			conn_upload(l, c);
		else
			conn_flush(l, c);
	}
}

void load_dial_more(struct load *l)
{
	unsigned batch = DIAL_BATCH;

	while (batch-- > 0 && l->next_dial < l->plan.connections &&
	       l->dialing < l->plan.dials)
		conn_dial(l, &l->conns[l->next_dial++]);
}

static int make_message(struct load *l, unsigned i)
{
	const uint8_t *payload = pattern_bytes();
	size_t size = l->plan.size;
	uint8_t *p = malloc(size + WS_FRAME_CLIENT_HEADER_MAX);
	size_t len = size;

	if (!p)
		return -1;
	if (l->plan.scenario == LOAD_UPLOAD)
		payload += i * size % PATTERN_SIZE;
	if (l->plan.path)
		len = client_frame_build(p, WS_OPCODE_BINARY,
					 0x9e3779b9u * (i + 1), payload, size);
	else
		memcpy(p, payload, size);
	l->messages[i] = (struct client_frame_bytes){ p, len };
	return 0;
}

int load_init(struct load *l)
{
	const struct load_plan *plan = &l->plan;

	for (unsigned i = 0; i < LOAD_MESSAGES; i++)
		if (make_message(l, i) < 0)
			return -1;
	snprintf(l->request, sizeof(l->request),
		 "GET %s HTTP/1.1\r\nHost: bench.example\r\n"
		 "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		 "Sec-WebSocket-Key: " KEY "\r\n"
		 "Sec-WebSocket-Version: 13\r\n%s\r\n",
		 plan->path ? plan->path : "/",
		 plan->offers_deflate ?
			 "Sec-WebSocket-Extensions: permessage-deflate\r\n" :
			 "");
	l->conns = calloc(plan->connections, sizeof(*l->conns));
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return l->conns && l->epoll_fd >= 0 ? 0 : -1;
}
