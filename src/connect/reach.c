/* SPDX-License-Identifier: MIT */
/* A race between the addresses of a host, with staggered starts. */

#include "connect/reach.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event_struct.h>

#include "net/socket.h"
#include "net/timer.h"

/* RFC 8305 section 5: Connection Attempt Delay. */
#define ATTEMPT_DELAY_MS 250

struct attempt {
	struct reach *reach;
	struct sockaddr_any address;
	struct event event;
	int fd; /* -1: not begun, or failed */
};

struct reach {
	struct reach_options options;
	struct resolve_query *query; /* null: answered */
	struct timer stagger;
	size_t count;
	size_t begun;
	size_t pending;
	int error; /* what the first that failed said */
	struct attempt attempts[RESOLVE_ADDRESSES_MAX];
};

static void attempt_end(struct attempt *attempt)
{
	if (attempt->fd < 0)
		return;
	event_del(&attempt->event);
	close(attempt->fd);
	attempt->fd = -1;
}

static void reach_free(struct reach *r)
{
	resolve_cancel(&r->query);
	timer_cancel(&r->stagger);
	for (size_t i = 0; i < r->begun; i++)
		attempt_end(&r->attempts[i]);
	free(r);
}

/* The last thing a callback of ours does. */
static void finish(struct reach *r, const struct reach_result *result)
{
	struct reach_options options = r->options;
	struct reach_result copy = *result;
	struct sockaddr_any address;

	if (copy.address) {
		address = *copy.address;
		copy.address = &address;
	}
	reach_free(r);
	options.callback(options.arg, &copy);
}

static void win(struct attempt *attempt)
{
	struct reach_result result = {
		.fd = attempt->fd,
		.address = &attempt->address,
	};

	event_del(&attempt->event);
	attempt->fd = -1;
	finish(attempt->reach, &result);
}

static void note_error(struct reach *r, int error)
{
	if (!r->error)
		r->error = error;
}

static void begin_more(struct reach *r);

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *attempt = arg;
	struct reach *r = attempt->reach;
	int error = socket_take_error((int)fd);

	(void)what;
	if (!error) {
		win(attempt);
		return;
	}
	attempt_end(attempt);
	r->pending--;
	note_error(r, error);
	begin_more(r);
}

/* 0 if it is under way, or was done at once: the loop then tells as well. */
static int attempt_begin(struct attempt *attempt)
{
	const struct sockaddr_any *to = &attempt->address;
	int fd = socket(to->sa.sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	attempt->fd = fd;
	event_assign(&attempt->event, attempt->reach->options.base, fd,
		     EV_WRITE, on_connected, attempt);
	if (connect(fd, &to->sa, to->len) && errno != EINPROGRESS) {
		int error = -errno;

		attempt_end(attempt);
		return error;
	}
	if (event_add(&attempt->event, NULL)) {
		attempt_end(attempt);
		return -ENOMEM;
	}
	return 0;
}

/* Begins with the next address that can be tried. */
static void begin_more(struct reach *r)
{
	while (r->begun < r->count) {
		int error = attempt_begin(&r->attempts[r->begun++]);

		if (!error) {
			r->pending++;
			break;
		}
		note_error(r, error);
	}
	if (!r->pending) {
		finish(r,
		       &(struct reach_result){ .error = r->error, .fd = -1 });
		return;
	}
	/* Without memory for the timer the others wait for this one to fail. */
	if (r->begun < r->count)
		(void)!timer_arm(&r->stagger, ATTEMPT_DELAY_MS);
}

static void on_stagger(void *arg)
{
	begin_more(arg);
}

static void on_resolved(void *arg, int error,
			const struct sockaddr_any *addresses, size_t count)
{
	struct reach *r = arg;

	r->query = NULL;
	r->error = error;
	for (size_t i = 0; i < count && !error; i++) {
		struct attempt *attempt = &r->attempts[r->count];

		if (r->options.family != AF_UNSPEC &&
		    addresses[i].sa.sa_family != r->options.family)
			continue;
		attempt->address = addresses[i];
		r->count++;
	}
	/* A name without an address, or none of the kind that is asked for. */
	if (!r->count)
		note_error(r, -ENOENT);
	begin_more(r);
}

int reach_start(const struct reach_options *options, struct reach **ret_reach)
{
	struct reach *r = calloc(1, sizeof(*r));
	int error;

	if (!r)
		return -ENOMEM;
	r->options = *options;
	for (size_t i = 0; i < RESOLVE_ADDRESSES_MAX; i++) {
		r->attempts[i].reach = r;
		r->attempts[i].fd = -1;
	}
	timer_init(&r->stagger, options->base, on_stagger, r);
	error = resolve_start(options->resolver, options->host, options->port,
			      on_resolved, r, &r->query);
	if (error) {
		free(r);
		return error;
	}
	*ret_reach = r;
	return 0;
}

void reach_cancel(struct reach **reach)
{
	struct reach *gone = *reach;

	*reach = NULL;
	if (gone)
		reach_free(gone);
}
