/* SPDX-License-Identifier: MIT */
/* Connecting to a backend: each server in turn, each of its addresses. */

#include "net/dial.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event_struct.h>

#include "base/clock.h"
#include "net/socket.h"

/*
 * A Unix socket whose queue is full says EAGAIN and cannot be waited for:
 * asked again this much later, as long as the time for it lasts.
 */
#define DIAL_RETRY_MS 5

struct dial {
	const struct dial_context *context; /* as in struct dial_options */
	const struct config_backend *backend;
	dial_callback callback;
	void *arg;
	uint32_t timeout_ms;
	size_t datagram_max;
	size_t next_server;  /* of the backend, not tried yet */
	size_t next_address; /* of `addresses`, not tried yet */
	size_t address_count;
	uint64_t give_up_us; /* the address being tried */
	int error;           /* what is told when nothing is left to try */
	int server_error;    /* the same of the server being tried */
	uint64_t server_us;  /* when that began */
	int fd;              /* connecting, or -1 */
	bool has_event;
	bool is_connected;
	bool is_queue_full; /* waits to ask a Unix socket again */
	struct resolve_query *query;
	struct event event;
	struct sockaddr_any addresses[RESOLVE_ADDRESSES_MAX];
};

static void dial_on_event(evutil_socket_t fd, short what, void *arg);
static void try_next(struct dial *dial);

static void close_attempt(struct dial *dial)
{
	if (dial->has_event)
		event_del(&dial->event);
	dial->has_event = false;
	if (dial->fd >= 0)
		close(dial->fd);
	dial->fd = -1;
	dial->is_queue_full = false;
	resolve_cancel(&dial->query);
}

static void dial_free(struct dial *dial)
{
	close_attempt(dial);
	free(dial);
}

void dial_cancel(struct dial **dial)
{
	if (*dial)
		dial_free(*dial);
	*dial = NULL;
}

/*
 * Which failure is worth telling: running out of descriptors is ours, a time
 * out leaves hope, a refusal does not.
 */
static int error_rank(int error)
{
	switch (error) {
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
		return 2;
	case -ETIMEDOUT:
		return 1;
	default:
		return 0;
	}
}

/* Of the first error and a later one, the one worth telling. */
static int graver(int first, int later)
{
	return !first || error_rank(later) > error_rank(first) ? later : first;
}

static void note_error(struct dial *dial, int error)
{
	dial->error = graver(dial->error, error);
	dial->server_error = graver(dial->server_error, error);
}

/* The server being tried is done with, if there is one. */
static void tell_tried(struct dial *dial, int error)
{
	const struct dial_context *context = dial->context;
	struct dial_attempt attempt = { .backend = dial->backend,
					.error = error };

	if (!dial->next_server || !context->tried)
		return;
	attempt.server = &dial->backend->servers[dial->next_server - 1];
	attempt.usec = clock_now_us() - dial->server_us;
	context->tried(context->arg, &attempt);
}

/* Takes the result out and frees the dial. */
static struct dial_result take_result(struct dial *dial)
{
	struct dial_result result = {
		.error = dial->error,
		.fd = -1,
		.server = &dial->backend->servers[dial->next_server - 1],
	};

	tell_tried(dial, dial->is_connected ? 0 : dial->server_error);
	if (dial->is_connected) {
		result.error = 0;
		result.fd = dial->fd;
		dial->fd = -1; /* the caller's */
	}
	dial_free(dial);
	return result;
}

static void finish(struct dial *dial)
{
	dial_callback callback = dial->callback;
	void *arg = dial->arg;
	struct dial_result result = take_result(dial);

	callback(arg, &result);
}

/* Waits for `what` on the socket, or just for time to pass. */
static int wait_for(struct dial *dial, short what, uint32_t timeout_ms)
{
	struct timeval timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000,
	};

	event_assign(&dial->event, dial->context->base, what ? dial->fd : -1,
		     what, dial_on_event, dial);
	if (event_add(&dial->event, &timeout))
		return -ENOMEM;
	dial->has_event = true;
	return 0;
}

/* Milliseconds left for the address being tried, rounded up. */
static uint32_t time_left_ms(const struct dial *dial)
{
	uint64_t now_us = clock_now_us();

	if (now_us >= dial->give_up_us)
		return 0;
	return (uint32_t)((dial->give_up_us - now_us + 999) / 1000);
}

/* Whether a connection under way is complete already, as on loopback. */
static bool is_writable(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLOUT };

	return poll(&poller, 1, 0) == 1 && poller.revents == POLLOUT;
}

/* Returns 0 once connected or waiting, else -errno of this address. */
static int connect_now(struct dial *dial)
{
	const struct sockaddr_any *address =
		&dial->addresses[dial->next_address - 1];
	uint32_t left_ms = time_left_ms(dial);

	if (!left_ms)
		return -ETIMEDOUT;
	if (!connect(dial->fd, &address->sa, address->len)) {
		dial->is_connected = true;
		return 0;
	}
	dial->is_queue_full = errno == EAGAIN &&
			      address->sa.sa_family == AF_UNIX;
	if (dial->is_queue_full)
		return wait_for(dial, 0, DIAL_RETRY_MS);
	if (errno != EINPROGRESS)
		return -errno;
	dial->is_connected = is_writable(dial->fd);
	return dial->is_connected ? 0 : wait_for(dial, EV_WRITE, left_ms);
}

static int try_address(struct dial *dial)
{
	const struct sockaddr_any *address =
		&dial->addresses[dial->next_address++];
	bool is_seqpacket = config_backend_is_seqpacket(dial->backend);

	dial->fd = socket(address->sa.sa_family,
			  (is_seqpacket ? SOCK_SEQPACKET : SOCK_STREAM) |
				  SOCK_NONBLOCK | SOCK_CLOEXEC,
			  0);
	if (dial->fd < 0)
		return -errno;
	if (is_seqpacket)
		socket_fit_datagrams(dial->fd, dial->datagram_max);
	if (address->sa.sa_family != AF_UNIX)
		socket_set_nodelay(dial->fd);
	dial->give_up_us = clock_now_us() + (uint64_t)dial->timeout_ms * 1000;
	return connect_now(dial);
}

static void on_resolved(void *arg, int error,
			const struct sockaddr_any *addresses, size_t count)
{
	struct dial *dial = arg;

	dial->query = NULL;
	if (dial->has_event)
		event_del(&dial->event);
	dial->has_event = false;
	if (error)
		note_error(dial, error);
	memcpy(dial->addresses, addresses, count * sizeof(addresses[0]));
	dial->next_address = 0;
	dial->address_count = count;
	try_next(dial);
}

/* Fills `addresses` for the next server; 0 also while waiting for them. */
static int open_server(struct dial *dial)
{
	const struct address *to;

	tell_tried(dial, dial->server_error);
	dial->server_error = 0;
	dial->server_us = clock_now_us();
	to = &dial->backend->servers[dial->next_server++].address;
	dial->next_address = 0;
	dial->address_count = 0;
	if (to->kind == ADDRESS_NAME) {
		int error = resolve_start(dial->context->resolver, to->name,
					  to->port, on_resolved, dial,
					  &dial->query);

		return error ? error : wait_for(dial, 0, dial->timeout_ms);
	}
	dial->addresses[0] = to->socket;
	dial->address_count = 1;
	return 0;
}

/* Tries what is next; false when connected or nothing is left to try. */
static bool try_more(struct dial *dial)
{
	for (;;) {
		int error;

		if (dial->next_address < dial->address_count)
			error = try_address(dial);
		else if (dial->next_server < dial->backend->server_count)
			error = open_server(dial);
		else
			return false;
		if (dial->has_event)
			return true;
		if (dial->is_connected)
			return false;
		if (error) {
			close_attempt(dial);
			note_error(dial, error);
		}
	}
}

static void try_next(struct dial *dial)
{
	if (!try_more(dial))
		finish(dial);
}

static void fail_attempt(struct dial *dial, int error)
{
	close_attempt(dial);
	note_error(dial, error);
	try_next(dial);
}

/*
 * Time has passed: to try a full queue again, or too much of it.  The loop's
 * clock is coarse: what is left of the time by ours does not count.
 */
static int after_wait(struct dial *dial)
{
	return dial->is_queue_full ? connect_now(dial) : -ETIMEDOUT;
}

static void dial_on_event(evutil_socket_t fd, short what, void *arg)
{
	struct dial *dial = arg;
	int error;

	(void)fd;
	dial->has_event = false;
	if (what & EV_WRITE) {
		error = socket_take_error(dial->fd);
		dial->is_connected = !error;
	} else {
		error = after_wait(dial);
	}
	if (error)
		fail_attempt(dial, error);
	else if (dial->is_connected)
		finish(dial);
}

enum dial_progress dial_start(const struct dial_options *options,
			      struct dial **ret_dial,
			      struct dial_result *ret_result)
{
	struct dial *dial = calloc(1, sizeof(*dial));

	if (!dial) {
		*ret_result =
			(struct dial_result){ .error = -ENOMEM, .fd = -1 };
		return DIAL_DONE;
	}
	dial->context = options->context;
	dial->backend = options->backend;
	dial->callback = options->callback;
	dial->arg = options->arg;
	dial->timeout_ms = options->timeout_ms;
	dial->datagram_max = options->datagram_max;
	dial->fd = -1;
	if (try_more(dial)) {
		*ret_dial = dial;
		return DIAL_WAITS;
	}
	*ret_result = take_result(dial);
	return DIAL_DONE;
}
