/* SPDX-License-Identifier: MIT */
/* What stands behind the relay in a benchmark: echo, sink and source. */
#include "counters.h"
#include "endpoint.h"
#include "pattern.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define LISTENERS_MAX 8
#define ACCEPT_BATCH 64
#define SCRATCH_SIZE 262144u

enum backend_job {
	BACKEND_ECHO,  /* sends back what it gets */
	BACKEND_SINK,  /* reads and checks the pattern */
	BACKEND_SOURCE /* sends the pattern, reads nothing but the end */
};

/* What an epoll event points at: a listener or a connection. */
struct peer {
	uint64_t received;
	uint64_t sent;
	uint8_t *unsent; /* echo: what the socket did not take */
	size_t unsent_start;
	size_t unsent_end;
	int fd;
	enum backend_job job;
	bool is_listener;
};

struct backend {
	struct counters *counters;
	uint64_t source_bytes; /* per connection; 0 = without end */
	uint32_t interest[3];  /* by job, of a new connection */
	int epoll_fd;
	uint8_t scratch[SCRATCH_SIZE];
};

static const char *const job_names[] = { "echo", "sink", "source" };

static void watch(struct backend *b, int op, struct peer *p, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = p };

	if (epoll_ctl(b->epoll_fd, op, p->fd, &ev) < 0) {
		perror("backend: epoll_ctl");
		exit(70);
	}
}

static void peer_free(struct backend *b, struct peer *p)
{
	b->counters->open--;
	close(p->fd);
	free(p->unsent);
	free(p);
}

static bool is_transient(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static bool echo_keep(struct backend *b, struct peer *p, size_t start,
		      size_t end)
{
	p->unsent = malloc(end - start);
	if (!p->unsent)
		return false;
	memcpy(p->unsent, b->scratch + start, end - start);
	p->unsent_start = 0;
	p->unsent_end = end - start;
	watch(b, EPOLL_CTL_MOD, p, EPOLLOUT);
	return true;
}

static bool echo_back(struct backend *b, struct peer *p, size_t len)
{
	ssize_t n = send(p->fd, b->scratch, len, MSG_NOSIGNAL);

	if (is_transient(n))
		n = 0;
	if (n < 0)
		return false;
	return (size_t)n == len || echo_keep(b, p, (size_t)n, len);
}

/* Returns false when the connection is over. */
static bool read_peer(struct backend *b, struct peer *p)
{
	ssize_t n = recv(p->fd, b->scratch, SCRATCH_SIZE, 0);

	if (n <= 0)
		return is_transient(n);
	b->counters->bytes += (uint64_t)n;
	b->counters->messages++;
	if (p->job == BACKEND_SINK &&
	    !pattern_is_at(p->received, PATTERN_SIZE, b->scratch, (size_t)n))
		b->counters->mismatches++;
	p->received += (uint64_t)n;
	return p->job != BACKEND_ECHO || echo_back(b, p, (size_t)n);
}

static bool write_unsent(struct backend *b, struct peer *p)
{
	ssize_t n = send(p->fd, p->unsent + p->unsent_start,
			 p->unsent_end - p->unsent_start, MSG_NOSIGNAL);

	if (n < 0)
		return is_transient(n);
	p->unsent_start += (size_t)n;
	if (p->unsent_start < p->unsent_end)
		return true;
	free(p->unsent);
	p->unsent = NULL;
	watch(b, EPOLL_CTL_MOD, p, EPOLLIN);
	return true;
}

static bool write_source(struct backend *b, struct peer *p)
{
	size_t at = (size_t)(p->sent % PATTERN_SIZE);
	size_t len = PATTERN_SIZE - at;

	if (b->source_bytes && len > b->source_bytes - p->sent)
		len = (size_t)(b->source_bytes - p->sent);
	ssize_t n = send(p->fd, pattern_bytes() + at, len, MSG_NOSIGNAL);

	if (n < 0)
		return is_transient(n);
	p->sent += (uint64_t)n;
	b->counters->sent += (uint64_t)n;
	return !b->source_bytes || p->sent < b->source_bytes;
}

/* Returns false when the connection is over. */
static bool write_peer(struct backend *b, struct peer *p)
{
	if (p->job == BACKEND_SOURCE)
		return write_source(b, p);
	return !p->unsent || write_unsent(b, p);
}

static void on_peer(struct backend *b, struct peer *p, uint32_t events)
{
	bool alive = true;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		alive = read_peer(b, p);
	if (alive && (events & EPOLLOUT))
		alive = write_peer(b, p);
	if (!alive)
		peer_free(b, p);
}

static bool accept_one(struct backend *b, const struct peer *listener)
{
	const int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = accept4(listener->fd, NULL, NULL, flags);
	struct peer *p = fd < 0 ? NULL : calloc(1, sizeof(*p));

	if (!p) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	endpoint_set_nodelay(fd);
	p->fd = fd;
	p->job = listener->job;
	b->counters->opened++;
	b->counters->open++;
	watch(b, EPOLL_CTL_ADD, p, b->interest[p->job]);
	return true;
}

static void on_events(struct backend *b, const struct epoll_event *ev, int n)
{
	for (int i = 0; i < n; i++) {
		struct peer *p = ev[i].data.ptr;
		int left = ACCEPT_BATCH;

		if (!p->is_listener)
			on_peer(b, p, ev[i].events);
		else
			while (left-- > 0 && accept_one(b, p))
				;
	}
}

/* TEXT is JOB=ADDRESS. */
static int add_listener(struct backend *b, const char *text, struct peer *p)
{
	const char *address = strchr(text, '=');
	size_t len = address ? (size_t)(address - text) : 0;
	struct endpoint e;

	p->fd = -1;
	p->is_listener = true;
	for (int i = 0; len > 0 && i < 3; i++) {
		if (strlen(job_names[i]) != len ||
		    strncmp(job_names[i], text, len) != 0)
			continue;
		p->job = (enum backend_job)i;
		if (endpoint_parse(address + 1, &e) == 0)
			p->fd = endpoint_listen(&e);
	}
	if (p->fd < 0)
		return -1;
	watch(b, EPOLL_CTL_ADD, p, EPOLLIN);
	return 0;
}

static struct backend *backend_new(int argc, char **argv)
{
	static const struct option options[] = {
		{ "counters", required_argument, NULL, 'c' },
		{ "bytes", required_argument, NULL, 'b' },
		{ NULL, 0, NULL, 0 }
	};
	struct backend *b = calloc(1, sizeof(*b));
	const char *path = NULL;
	int c;

	if (!b)
		return NULL;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			path = optarg;
		else if (c == 'b')
			b->source_bytes = strtoull(optarg, NULL, 10);
		else
			exit(64);
	}
	b->interest[BACKEND_ECHO] = EPOLLIN;
	b->interest[BACKEND_SINK] = EPOLLIN;
	b->interest[BACKEND_SOURCE] = EPOLLIN | EPOLLOUT;
	b->counters = counters_map(path);
	b->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return b->counters && b->epoll_fd >= 0 ? b : NULL;
}

int main(int argc, char **argv)
{
	static struct peer listeners[LISTENERS_MAX];
	struct epoll_event events[EVENTS_MAX];
	struct backend *b = backend_new(argc, argv);
	int n = argc - optind;

	if (!b || n < 1 || n > LISTENERS_MAX) {
		fprintf(stderr, "usage: backend [--counters FILE] [--bytes N] "
				"echo|sink|source=ADDRESS...\n");
		return 64;
	}
	for (int i = 0; i < n; i++) {
		if (add_listener(b, argv[optind + i], &listeners[i]) < 0) {
			fprintf(stderr, "backend: cannot serve %s\n",
				argv[optind + i]);
			return 69;
		}
	}
	b->counters->magic = COUNTERS_MAGIC;
	for (;;)
		on_events(b, events,
			  epoll_wait(b->epoll_fd, events, EVENTS_MAX, -1));
}
