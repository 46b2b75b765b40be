/* SPDX-License-Identifier: MIT */
/* Host names to addresses by the system's resolver, off the event loops. */

#include "net/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/list.h"

/*
 * Threads at most: that many names may hang at a time before others wait
 * behind them.
 */
#define RESOLVER_THREADS 4

/* A name being looked up, and then its answer; under the resolver's lock. */
struct lookup {
	struct list link;    /* in resolver.waiting or .running */
	struct list queries; /* of those who asked */
	unsigned refs;       /* the thread or queue, and answered queries */
	int error;
	size_t count;
	struct sockaddr_any addresses[RESOLVE_ADDRESSES_MAX];
	char name[];
};

struct resolver {
	pthread_mutex_t lock;
	pthread_cond_t wakeup;
	struct list waiting;
	struct list running;
	unsigned threads;
	unsigned idle;
	unsigned refs; /* the owner and each thread */
	bool stopping;
};

struct resolve_client {
	struct resolver *resolver;
	struct list open;     /* asked, not answered */
	struct list answered; /* under the resolver's lock, as `open` is */
	struct event *event;
	int wake_fd;
};

struct resolve_query {
	struct list in_lookup;
	struct list in_client;
	struct resolve_client *client;
	struct lookup *lookup;
	resolve_callback callback;
	void *arg;
	uint16_t port;
};

int resolver_new(struct resolver **ret_resolver)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return -ENOMEM;
	pthread_mutex_init(&resolver->lock, NULL);
	pthread_cond_init(&resolver->wakeup, NULL);
	list_init(&resolver->waiting);
	list_init(&resolver->running);
	resolver->refs = 1;
	*ret_resolver = resolver;
	return 0;
}

/* Drops a reference with the lock held, and the lock. */
static void resolver_release(struct resolver *resolver)
{
	bool last = --resolver->refs == 0;

	pthread_mutex_unlock(&resolver->lock);
	if (!last)
		return;
	/* Names that nobody looked up; who asked is gone. */
	list_each(&resolver->waiting, node, after)
		free(list_entry(node, struct lookup, link));
	pthread_cond_destroy(&resolver->wakeup);
	pthread_mutex_destroy(&resolver->lock);
	free(resolver);
}

void resolver_free(struct resolver **resolver)
{
	struct resolver *gone = *resolver;

	*resolver = NULL;
	if (!gone)
		return;
	pthread_mutex_lock(&gone->lock);
	gone->stopping = true;
	pthread_cond_broadcast(&gone->wakeup);
	resolver_release(gone);
}

static void lookup_unref(struct lookup *lookup)
{
	if (--lookup->refs == 0)
		free(lookup);
}

static int lookup_error(int code)
{
	switch (code) {
	case 0:
		return 0;
	case EAI_MEMORY:
		return -ENOMEM;
	case EAI_AGAIN:
	case EAI_SYSTEM:
		return -EAGAIN;
	default:
		return -ENOENT;
	}
}

/* Asks the system; without the lock, on a helper thread. */
static void lookup_run(struct lookup *lookup)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG,
	};
	struct addrinfo *found = NULL;

	lookup->error =
		lookup_error(getaddrinfo(lookup->name, NULL, &hints, &found));
	for (struct addrinfo *one = found;
	     one && lookup->count < RESOLVE_ADDRESSES_MAX; one = one->ai_next) {
		struct sockaddr_any *to = &lookup->addresses[lookup->count];

		if (one->ai_family != AF_INET && one->ai_family != AF_INET6)
			continue;
		memcpy(&to->sa, one->ai_addr, one->ai_addrlen);
		to->len = one->ai_addrlen;
		lookup->count++;
	}
	if (found)
		freeaddrinfo(found);
	if (!lookup->error && !lookup->count)
		lookup->error = -ENOENT;
}

/* Hands the answer to everybody who asked; with the lock held. */
static void lookup_deliver(struct lookup *lookup)
{
	list_each(&lookup->queries, node, after) {
		struct resolve_query *query =
			list_entry(node, struct resolve_query, in_lookup);
		uint64_t one = 1;

		list_remove(&query->in_lookup);
		list_remove(&query->in_client);
		list_append(&query->client->answered, &query->in_client);
		lookup->refs++;
		/* A counter that cannot be written is far above zero. */
		(void)!write(query->client->wake_fd, &one, sizeof(one));
	}
	list_remove(&lookup->link);
	lookup_unref(lookup);
}

static void *resolver_thread(void *arg)
{
	struct resolver *resolver = arg;

	pthread_mutex_lock(&resolver->lock);
	while (!resolver->stopping) {
		struct lookup *lookup;

		if (list_is_empty(&resolver->waiting)) {
			resolver->idle++;
			pthread_cond_wait(&resolver->wakeup, &resolver->lock);
			resolver->idle--;
			continue;
		}
		lookup =
			list_entry(resolver->waiting.next, struct lookup, link);
		list_remove(&lookup->link);
		list_append(&resolver->running, &lookup->link);
		pthread_mutex_unlock(&resolver->lock);
		lookup_run(lookup);
		pthread_mutex_lock(&resolver->lock);
		lookup_deliver(lookup);
	}
	resolver_release(resolver);
	return NULL;
}

/* Starts one more thread, with all signals blocked; with the lock held. */
static int resolver_start_thread(struct resolver *resolver)
{
	pthread_attr_t attributes;
	sigset_t all;
	sigset_t before;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attributes, resolver_thread, resolver);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (error)
		return -error;
	resolver->threads++;
	resolver->refs++;
	return 0;
}

static struct lookup *lookup_find(struct resolver *resolver, const char *name)
{
	struct list *const lists[] = { &resolver->waiting, &resolver->running };

	for (size_t i = 0; i < 2; i++) {
		list_each(lists[i], node, after) {
			struct lookup *lookup =
				list_entry(node, struct lookup, link);

			if (!strcmp(lookup->name, name))
				return lookup;
		}
	}
	return NULL;
}

/* The look-up of `name`, a new one if nobody asks for it yet. */
static int lookup_join(struct resolver *resolver, const char *name,
		       struct lookup **ret_lookup)
{
	struct lookup *lookup = lookup_find(resolver, name);
	size_t size = strlen(name) + 1;

	if (lookup) {
		*ret_lookup = lookup;
		return 0;
	}
	/* One that is idle may have been woken already, for what waits. */
	if ((!resolver->idle || !list_is_empty(&resolver->waiting)) &&
	    resolver->threads < RESOLVER_THREADS) {
		int error = resolver_start_thread(resolver);

		if (error && !resolver->threads)
			return error;
	}
	lookup = calloc(1, sizeof(*lookup) + size);
	if (!lookup)
		return -ENOMEM;
	memcpy(lookup->name, name, size);
	list_init(&lookup->queries);
	lookup->refs = 1;
	list_append(&resolver->waiting, &lookup->link);
	pthread_cond_signal(&resolver->wakeup);
	*ret_lookup = lookup;
	return 0;
}

int resolve_start(struct resolve_client *client, const char *name,
		  uint16_t port, resolve_callback callback, void *arg,
		  struct resolve_query **ret_query)
{
	struct resolver *resolver = client->resolver;
	struct resolve_query *query = calloc(1, sizeof(*query));
	int error;

	if (!query)
		return -ENOMEM;
	query->client = client;
	query->callback = callback;
	query->arg = arg;
	query->port = port;
	pthread_mutex_lock(&resolver->lock);
	error = lookup_join(resolver, name, &query->lookup);
	if (!error) {
		list_append(&query->lookup->queries, &query->in_lookup);
		list_append(&client->open, &query->in_client);
	}
	pthread_mutex_unlock(&resolver->lock);
	if (error) {
		free(query);
		return error;
	}
	*ret_query = query;
	return 0;
}

/* Takes the query out of everything; with the lock held. */
static void query_detach(struct resolve_query *query)
{
	struct lookup *lookup = query->lookup;
	bool answered = list_is_empty(&query->in_lookup);

	list_remove(&query->in_client);
	list_remove(&query->in_lookup);
	if (answered)
		lookup_unref(lookup);
}

void resolve_cancel(struct resolve_query **query)
{
	struct resolve_query *gone = *query;
	struct resolver *resolver;

	*query = NULL;
	if (!gone)
		return;
	resolver = gone->client->resolver;
	pthread_mutex_lock(&resolver->lock);
	query_detach(gone);
	pthread_mutex_unlock(&resolver->lock);
	free(gone);
}

/* The next answered query, taken out of the client; null when none is left. */
static struct resolve_query *take_answered(struct resolve_client *client)
{
	struct resolve_query *query = NULL;

	pthread_mutex_lock(&client->resolver->lock);
	if (!list_is_empty(&client->answered)) {
		query = list_entry(client->answered.next, struct resolve_query,
				   in_client);
		list_remove(&query->in_client);
	}
	pthread_mutex_unlock(&client->resolver->lock);
	return query;
}

static void query_answer(struct resolve_query *query)
{
	struct sockaddr_any addresses[RESOLVE_ADDRESSES_MAX];
	const struct lookup *lookup = query->lookup;
	resolve_callback callback = query->callback;
	size_t count = lookup->count;
	int error = lookup->error;
	void *arg = query->arg;

	memcpy(addresses, lookup->addresses, count * sizeof(addresses[0]));
	/* The port stands at the same place for both families. */
	for (size_t i = 0; i < count; i++)
		addresses[i].in.sin_port = htons(query->port);
	resolve_cancel(&query);
	callback(arg, error, addresses, count);
}

static void client_on_wakeup(evutil_socket_t fd, short what, void *arg)
{
	struct resolve_client *client = arg;
	struct resolve_query *query;
	uint64_t count;

	(void)what;
	(void)!read(fd, &count, sizeof(count));
	while ((query = take_answered(client)))
		query_answer(query);
}

int resolve_client_new(struct resolver *resolver, struct event_base *base,
		       struct resolve_client **ret_client)
{
	struct resolve_client *client = calloc(1, sizeof(*client));
	int error = -ENOMEM;

	if (!client)
		return error;
	client->resolver = resolver;
	list_init(&client->open);
	list_init(&client->answered);
	client->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (client->wake_fd < 0) {
		error = -errno;
		goto fail;
	}
	client->event = event_new(base, client->wake_fd, EV_READ | EV_PERSIST,
				  client_on_wakeup, client);
	if (!client->event || event_add(client->event, NULL))
		goto fail;
	*ret_client = client;
	return 0;
fail:
	resolve_client_free(&client);
	return error;
}

static void cancel_all(struct list *queries)
{
	while (!list_is_empty(queries)) {
		struct resolve_query *query = list_entry(
			queries->next, struct resolve_query, in_client);

		resolve_cancel(&query);
	}
}

void resolve_client_free(struct resolve_client **client)
{
	struct resolve_client *gone = *client;

	*client = NULL;
	if (!gone)
		return;
	/* A thread may answer until the last open query is cancelled. */
	cancel_all(&gone->open);
	cancel_all(&gone->answered);
	if (gone->event)
		event_free(gone->event);
	if (gone->wake_fd >= 0)
		close(gone->wake_fd);
	free(gone);
}
