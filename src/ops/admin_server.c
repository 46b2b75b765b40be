/* SPDX-License-Identifier: MIT */
/* HTTP for operators on one listening socket, beside whatever the loop does. */

#include "ops/admin_server.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "ops/admin_pages.h"

/* Bytes of a request head; a body has no place in one. */
#define ADMIN_HEAD_MAX 8192

/*
 * Bytes that are read ahead: libevent refuses a head that is longer than
 * allowed, so it never waits for more than this.
 */
#define ADMIN_INPUT_MAX (2 * ADMIN_HEAD_MAX)

/* Without a byte in either direction a connection ends. */
#define ADMIN_TIMEOUT_S 10

/* How long accepting rests at most when there is no descriptor for it. */
#define ADMIN_PAUSE_S 1

/*
 * A connection is libevent's, which does not tell when it goes.  But a
 * descriptor is a connection's for as long as it is the same socket.
 */
struct peer {
	int fd;
	ino_t inode;
};

struct admin_server {
	struct admin_pages pages;
	struct evhttp *http;
	struct evconnlistener *listener;
	struct event *resume; /* ends a pause; comes now and then anyway */
	/* The connection that was accepted last, until its socket is known. */
	struct bufferevent *newest;
	struct event *look;
	struct peer peers[ADMIN_CONNECTIONS_MAX]; /* the oldest first */
	size_t count;
};

/*
 * The number may be another thread's by now: nothing is done with it but to
 * ask what it stands for.  By this call, as the thread sanitizer takes fstat()
 * for a use of what that thread may be closing.
 */
static bool is_there(const struct peer *peer)
{
	struct stat status;

	return !fstatat(peer->fd, "", &status, AT_EMPTY_PATH) &&
	       status.st_ino == peer->inode;
}

/* Forgets those that are gone. */
static void sweep(struct admin_server *server)
{
	size_t count = 0;

	for (size_t i = 0; i < server->count; i++)
		if (is_there(&server->peers[i]))
			server->peers[count++] = server->peers[i];
	server->count = count;
}

/* Remembers the newest one, which cannot have gone yet. */
static void note_newest(struct admin_server *server)
{
	struct bufferevent *newest = server->newest;
	struct stat status;
	int fd;

	server->newest = NULL;
	fd = newest ? bufferevent_getfd(newest) : -1;
	if (fd >= 0 && !fstat(fd, &status))
		server->peers[server->count++] =
			(struct peer){ .fd = fd, .inode = status.st_ino };
}

/* As soon as the batch of connections is accepted. */
static void on_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	note_newest(arg);
}

/*
 * Ends the oldest connection as if its client had.  Those that wait to be
 * accepted rest until the loop has come round, which closes it.
 */
static void push_out(struct admin_server *server)
{
	const struct timeval now = { .tv_sec = 0 };

	shutdown(server->peers[0].fd, SHUT_RDWR);
	server->count--;
	memmove(&server->peers[0], &server->peers[1],
		server->count * sizeof(server->peers[0]));
	evconnlistener_disable(server->listener);
	event_add(server->resume, &now);
}

/* A connection was accepted and gets its bufferevent; null: libevent's own. */
static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
	struct admin_server *server = arg;

	note_newest(server);
	sweep(server);
	if (server->count == ADMIN_CONNECTIONS_MAX)
		push_out(server);
	server->newest = bufferevent_socket_new(base, -1, 0);
	/* It goes on reading while an answer waits to be taken. */
	if (server->newest)
		bufferevent_setwatermark(server->newest, EV_READ, 0,
					 ADMIN_INPUT_MAX);
	event_active(server->look, EV_TIMEOUT, 1);
	return server->newest;
}

/* Accepts, and will look again: a pause may begin without our being told. */
static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval pause = { .tv_sec = ADMIN_PAUSE_S };
	struct admin_server *server = arg;

	(void)fd;
	(void)what;
	evconnlistener_enable(server->listener);
	event_add(server->resume, &pause);
}

/*
 * Out of descriptors: trying again at once would only burn time.  `arg` is not
 * the server: libevent's HTTP has put its own in the place of ours.
 */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	(void)arg;
	evconnlistener_disable(listener);
}

/* libevent sets the real callback when its HTTP takes the listener over. */
static void on_nothing(struct evconnlistener *listener, evutil_socket_t fd,
		       struct sockaddr *peer, int len, void *arg)
{
	(void)listener;
	(void)peer;
	(void)len;
	(void)arg;
	evutil_closesocket(fd);
}

static bool open_http(struct admin_server *server, struct event_base *base)
{
	/* Others are answered 405, which the pages do. */
	const ev_uint16_t methods = EVHTTP_REQ_GET | EVHTTP_REQ_HEAD |
				    EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
				    EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
				    EVHTTP_REQ_TRACE | EVHTTP_REQ_PATCH;

	server->http = evhttp_new(base);
	if (!server->http)
		return false;
	evhttp_set_max_headers_size(server->http, ADMIN_HEAD_MAX);
	evhttp_set_max_body_size(server->http, 0);
	evhttp_set_timeout(server->http, ADMIN_TIMEOUT_S);
	evhttp_set_allowed_methods(server->http, methods);
	evhttp_set_bevcb(server->http, on_connection, server);
	evhttp_set_gencb(server->http, admin_pages_answer, &server->pages);
	return true;
}

/* The listener becomes libevent's, which frees it with its HTTP. */
static bool open_listener(struct admin_server *server, struct event_base *base,
			  int fd)
{
	const unsigned flags = LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED;

	server->listener =
		evconnlistener_new(base, on_nothing, server, flags, 0, fd);
	if (!server->listener)
		return false;
	if (!evhttp_bind_listener(server->http, server->listener)) {
		evconnlistener_free(server->listener);
		return false;
	}
	evconnlistener_set_error_cb(server->listener, on_accept_error);
	return true;
}

struct admin_server *
admin_server_new(const struct admin_server_options *options)
{
	struct admin_server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->pages = (struct admin_pages){
		.operations = options->operations,
		.wants_local_host = options->wants_local_host,
	};
	server->resume = event_new(options->base, -1, 0, on_resume, server);
	server->look = event_new(options->base, -1, 0, on_look, server);
	if (!server->resume || !server->look ||
	    !open_http(server, options->base) ||
	    !open_listener(server, options->base, options->fd))
		admin_server_free(&server);
	return server;
}

void admin_server_start(struct admin_server *server)
{
	on_resume(-1, EV_TIMEOUT, server);
}

void admin_server_free(struct admin_server **server)
{
	struct admin_server *gone = *server;

	*server = NULL;
	if (!gone)
		return;
	if (gone->http)
		evhttp_free(gone->http);
	if (gone->resume)
		event_free(gone->resume);
	if (gone->look)
		event_free(gone->look);
	free(gone);
}
