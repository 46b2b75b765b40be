/* SPDX-License-Identifier: MIT */
/* The yardstick: the least a libevent relay can do, with no WebSocket in it. */
#include "endpoint.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE 65536u
#define ACCEPT_BATCH 64

/* What the other end did not take; reading stops until it is gone. */
struct rest {
	uint8_t *bytes;
	size_t start;
	size_t end;
};

/* One end of a session. */
struct end {
	struct session *session;
	struct end *other;
	struct event *readable;
	struct event *writable;
	struct rest unsent; /* waiting to be written to this end */
	evutil_socket_t fd;
	bool has_eof;
};

struct session {
	struct end client;
	struct end target;
};

/* A listener and where its connections go. */
struct gate {
	struct endpoint listen;
	struct endpoint target;
	struct event_base *base;
};

static uint8_t buffer[BUFFER_SIZE];

static void end_done(struct end *e)
{
	if (e->readable)
		event_free(e->readable);
	if (e->writable)
		event_free(e->writable);
	free(e->unsent.bytes);
	if (e->fd >= 0)
		close(e->fd);
}

static void session_free(struct session *s)
{
	end_done(&s->client);
	end_done(&s->target);
	free(s);
}

/* Keeps what TO did not take of the buffer. */
static bool keep_rest(struct end *to, size_t start, size_t end)
{
	uint8_t *bytes = malloc(end - start);

	if (!bytes)
		return false;
	memcpy(bytes, buffer + start, end - start);
	to->unsent = (struct rest){ .bytes = bytes, .end = end - start };
	event_del(to->other->readable);
	event_add(to->writable, NULL);
	return true;
}

/* FROM has ended: so does its half of the other end, or the session. */
static void forward_eof(struct end *from)
{
	from->has_eof = true;
	event_del(from->readable);
	if (from->other->has_eof)
		session_free(from->session);
	else
		shutdown(from->other->fd, SHUT_WR);
}

static bool is_transient(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct end *from = arg;
	ssize_t got = recv(fd, buffer, sizeof(buffer), 0);

	(void)what;
	if (is_transient(got))
		return;
	if (got <= 0) {
		if (got == 0)
			forward_eof(from);
		else
			session_free(from->session);
		return;
	}
	ssize_t sent = send(from->other->fd, buffer, (size_t)got, MSG_NOSIGNAL);

	if (sent == got)
		return;
	if (is_transient(sent))
		sent = 0;
	if (sent < 0 || !keep_rest(from->other, (size_t)sent, (size_t)got))
		session_free(from->session);
}

static void write_rest(struct end *to)
{
	struct rest *r = &to->unsent;
	ssize_t sent = send(to->fd, r->bytes + r->start, r->end - r->start,
			    MSG_NOSIGNAL);

	if (is_transient(sent))
		return;
	if (sent < 0) {
		session_free(to->session);
		return;
	}
	r->start += (size_t)sent;
	if (r->start < r->end)
		return;
	free(r->bytes);
	*r = (struct rest){ 0 };
	event_del(to->writable);
	event_add(to->other->readable, NULL);
}

/* The target's connection has come about, or not. */
static void on_connected(struct session *s)
{
	int err = 0;
	socklen_t len = sizeof(err);

	getsockopt(s->target.fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		session_free(s);
		return;
	}
	event_del(s->target.writable);
	event_add(s->client.readable, NULL);
	event_add(s->target.readable, NULL);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct end *to = arg;

	(void)fd;
	(void)what;
	if (to->unsent.bytes)
		write_rest(to);
	else
		on_connected(to->session);
}

static bool end_init(struct end *e, struct session *s, struct event_base *base)
{
	e->session = s;
	e->other = e == &s->client ? &s->target : &s->client;
	e->readable =
		event_new(base, e->fd, EV_READ | EV_PERSIST, on_readable, e);
	e->writable =
		event_new(base, e->fd, EV_WRITE | EV_PERSIST, on_writable, e);
	return e->readable && e->writable;
}

/* Takes CLIENT_FD over. */
static void session_open(struct gate *g, int client_fd)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s) {
		close(client_fd);
		return;
	}
	endpoint_set_nodelay(client_fd);
	s->client.fd = client_fd;
	s->target.fd = endpoint_connect(&g->target, 0);
	if (s->target.fd < 0 || !end_init(&s->client, s, g->base) ||
	    !end_init(&s->target, s, g->base)) {
		session_free(s);
		return;
	}
	event_add(s->target.writable, NULL);
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		int client =
			accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client < 0)
			return;
		session_open(arg, client);
	}
}

/* TEXT is LISTEN=TARGET. */
static int gate_open(struct gate *g, char *text)
{
	char *target = strchr(text, '=');

	if (!target)
		return -1;
	*target++ = '\0';
	if (endpoint_parse(text, &g->listen) < 0 ||
	    endpoint_parse(target, &g->target) < 0)
		return -1;
	return endpoint_listen(&g->listen);
}

static int add_gate(struct gate *g, char *text)
{
	int fd = gate_open(g, text);
	struct event *ev = NULL;

	if (fd >= 0)
		ev = event_new(g->base, fd, EV_READ | EV_PERSIST, on_accept, g);
	if (!ev || event_add(ev, NULL) < 0) {
		fprintf(stderr, "forwarder: cannot listen on %s\n", text);
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct gate *gates = calloc((size_t)argc, sizeof(*gates));

	if (argc < 2 || !base || !gates) {
		fprintf(stderr, "usage: forwarder LISTEN=TARGET...\n");
		return 64;
	}
	signal(SIGPIPE, SIG_IGN);
	for (int i = 1; i < argc; i++) {
		gates[i].base = base;
		if (add_gate(&gates[i], argv[i]) < 0)
			return 69;
	}
	return event_base_dispatch(base) < 0;
}
