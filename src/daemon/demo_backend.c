/* SPDX-License-Identifier: MIT */
/* The servers behind --demo, on a thread of their own: an echo and a clock. */

#include "daemon/demo_backend.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/list.h"

/* An echo that is not read holds at most this, then reads no more. */
#define DEMO_ECHO_MAX (64 * 1024)

enum { DEMO_ECHO, DEMO_CLOCK, DEMO_SERVICES };

struct demo_backend {
	pthread_t thread;
	struct event_base *base;
	struct list connections;
	struct event *listening[DEMO_SERVICES];
	struct event *tick;
	struct event *quit;
	int fds[DEMO_SERVICES];
	int quit_fd;
};

struct connection {
	struct list link;
	struct bufferevent *stream;
	bool is_clock;
	bool is_ending; /* it goes once what it is owed is written */
};

static void connection_free(struct connection *c)
{
	list_remove(&c->link);
	bufferevent_free(c->stream);
	free(c);
}

static void on_read(struct bufferevent *stream, void *arg)
{
	struct connection *c = arg;
	struct evbuffer *in = bufferevent_get_input(stream);
	struct evbuffer *out = bufferevent_get_output(stream);

	if (c->is_clock) {
		evbuffer_drain(in, evbuffer_get_length(in));
		return;
	}
	evbuffer_add_buffer(out, in);
	if (evbuffer_get_length(out) >= DEMO_ECHO_MAX)
		bufferevent_disable(stream, EV_READ);
}

static void on_written(struct bufferevent *stream, void *arg)
{
	struct connection *c = arg;

	if (c->is_ending)
		connection_free(c);
	else
		bufferevent_enable(stream, EV_READ);
}

/* What was echoed before the end is written first. */
static void on_end(struct bufferevent *stream, short what, void *arg)
{
	struct connection *c = arg;

	c->is_ending = evbuffer_get_length(bufferevent_get_output(stream)) != 0;
	if (!c->is_ending || what & BEV_EVENT_ERROR)
		connection_free(c);
}

static void write_time(struct connection *c)
{
	time_t now = time(NULL);
	struct tm utc;
	char line[32];
	size_t len;

	/* A client that does not read misses ticks, and costs nothing. */
	if (evbuffer_get_length(bufferevent_get_output(c->stream)))
		return;
	gmtime_r(&now, &utc);
	len = strftime(line, sizeof(line), "%Y-%m-%d %H:%M:%S UTC\n", &utc);
	bufferevent_write(c->stream, line, len);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct demo_backend *backend = arg;

	(void)fd;
	(void)what;
	list_each(&backend->connections, node, after) {
		struct connection *c =
			list_entry(node, struct connection, link);

		if (c->is_clock)
			write_time(c);
	}
}

static void serve(struct demo_backend *backend, int fd, bool is_clock)
{
	struct connection *c = calloc(1, sizeof(*c));
	struct bufferevent *stream = NULL;

	if (c)
		stream = bufferevent_socket_new(backend->base, fd,
						BEV_OPT_CLOSE_ON_FREE);
	if (!stream) {
		free(c);
		close(fd);
		return;
	}
	c->stream = stream;
	c->is_clock = is_clock;
	list_append(&backend->connections, &c->link);
	bufferevent_setcb(stream, on_read, on_written, on_end, c);
	bufferevent_enable(stream, EV_READ | EV_WRITE);
	if (is_clock)
		write_time(c);
}

static void on_acceptable(evutil_socket_t listen_fd, short what, void *arg)
{
	struct demo_backend *backend = arg;
	bool is_clock = listen_fd == backend->fds[DEMO_CLOCK];
	int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd >= 0)
		serve(backend, fd, is_clock);
}

static void on_quit(evutil_socket_t fd, short what, void *arg)
{
	struct demo_backend *backend = arg;

	(void)fd;
	(void)what;
	event_base_loopbreak(backend->base);
}

static void *run(void *arg)
{
	struct demo_backend *backend = arg;

	event_base_dispatch(backend->base);
	return NULL;
}

/* An address without a name: the kernel picks an abstract one (unix(7)). */
static int open_service(int *ret_fd, char ret_name[DEMO_BACKEND_NAME_MAX])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sa_family_t);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	if (bind(fd, (struct sockaddr *)&address, len) || listen(fd, SOMAXCONN))
		return -errno;
	len = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &len))
		return -errno;
	snprintf(ret_name, DEMO_BACKEND_NAME_MAX, "unix:@%.*s",
		 (int)(len - sizeof(sa_family_t) - 1), address.sun_path + 1);
	return 0;
}

static int open_loop(struct demo_backend *backend)
{
	struct timeval second = { .tv_sec = 1 };

	backend->base = event_base_new();
	if (!backend->base)
		return -ENOMEM;
	for (int i = 0; i < DEMO_SERVICES; i++) {
		backend->listening[i] =
			event_new(backend->base, backend->fds[i],
				  EV_READ | EV_PERSIST, on_acceptable, backend);
		if (!backend->listening[i] ||
		    event_add(backend->listening[i], NULL))
			return -ENOMEM;
	}
	backend->tick =
		event_new(backend->base, -1, EV_PERSIST, on_tick, backend);
	backend->quit = event_new(backend->base, backend->quit_fd, EV_READ,
				  on_quit, backend);
	if (!backend->tick || event_add(backend->tick, &second) ||
	    !backend->quit || event_add(backend->quit, NULL))
		return -ENOMEM;
	return 0;
}

static int open_all(struct demo_backend *backend,
		    struct demo_backend_names *ret_names)
{
	int error;

	backend->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (backend->quit_fd < 0)
		return -errno;
	error = open_service(&backend->fds[DEMO_ECHO], ret_names->echo);
	if (!error)
		error = open_service(&backend->fds[DEMO_CLOCK],
				     ret_names->clock);
	return error ? error : open_loop(backend);
}

static void event_drop(struct event *event)
{
	if (event)
		event_free(event);
}

static void close_all(struct demo_backend *backend)
{
	list_each(&backend->connections, node, after)
		connection_free(list_entry(node, struct connection, link));
	for (int i = 0; i < DEMO_SERVICES; i++) {
		event_drop(backend->listening[i]);
		if (backend->fds[i] >= 0)
			close(backend->fds[i]);
	}
	event_drop(backend->tick);
	event_drop(backend->quit);
	if (backend->base)
		event_base_free(backend->base);
	if (backend->quit_fd >= 0)
		close(backend->quit_fd);
	free(backend);
}

static int start_thread(struct demo_backend *backend)
{
	sigset_t all;
	sigset_t before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&backend->thread, NULL, run, backend);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

int demo_backend_start(struct demo_backend **ret_backend,
		       struct demo_backend_names *ret_names)
{
	struct demo_backend *backend = calloc(1, sizeof(*backend));
	int error;

	if (!backend)
		return -ENOMEM;
	list_init(&backend->connections);
	backend->fds[DEMO_ECHO] = -1;
	backend->fds[DEMO_CLOCK] = -1;
	error = open_all(backend, ret_names);
	if (!error)
		error = start_thread(backend);
	if (error) {
		close_all(backend);
		return error;
	}
	*ret_backend = backend;
	return 0;
}

void demo_backend_stop(struct demo_backend **backend)
{
	struct demo_backend *gone = *backend;
	uint64_t one = 1;

	*backend = NULL;
	if (!gone)
		return;
	(void)!write(gone->quit_fd, &one, sizeof(one));
	pthread_join(gone->thread, NULL);
	close_all(gone);
}
