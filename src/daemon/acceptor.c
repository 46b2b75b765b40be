/* SPDX-License-Identifier: MIT */
/* The listening sockets: opened, kept or closed as configurations change. */

#include "daemon/acceptor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/list.h"
#include "base/log.h"
#include "daemon/descriptor_reserve.h"
#include "daemon/inherited.h"
#include "net/listener.h"

/* Connections taken in one turn of the loop, so that signals get theirs. */
#define ACCEPT_BATCH 64

/* Ports below are root's: net.ipv4.ip_unprivileged_port_start as it is made. */
#define PRIVILEGED_PORTS 1024

/* How long accepting rests when there is not even a descriptor to refuse. */
#define ACCEPT_PAUSE_MS 100

/* An open socket, in the list of those that serve or of those prepared. */
struct listening {
	struct list link;
	struct acceptor *acceptor;
	const struct config_listener *config; /* what it serves as */
	const struct config_listener *next;   /* after the commit, or null */
	struct event *event;
	int fd;
	bool is_inherited; /* the descriptor stays open */
};

struct acceptor {
	struct event_base *base;
	acceptor_callback callback;
	void *arg;
	struct list serving;
	struct list prepared;
	struct event *resume; /* the end of a pause */
	struct descriptor_reserve reserve;
	struct inherited inherited;
};

static struct listening *listening_of(struct list *node)
{
	return list_entry(node, struct listening, link);
}

static void listening_free(struct listening *l)
{
	list_remove(&l->link);
	if (l->event)
		event_free(l->event);
	if (!l->is_inherited)
		listener_close(l->fd);
	free(l);
}

static void free_all(struct list *list)
{
	list_each(list, node, after)
		listening_free(listening_of(node));
}

static void pause_all(struct acceptor *acceptor)
{
	struct timeval wait = { .tv_usec = ACCEPT_PAUSE_MS * 1000 };

	list_each(&acceptor->serving, node, after)
		event_del(listening_of(node)->event);
	event_add(acceptor->resume, &wait);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct acceptor *acceptor = arg;

	(void)fd;
	(void)what;
	list_each(&acceptor->serving, node, after)
		event_add(listening_of(node)->event, NULL);
}

/* Out of descriptors: the reserve answers, or all rest for a moment. */
static bool shed(struct listening *l)
{
	int error = descriptor_reserve_refuse(
		&l->acceptor->reserve, l->fd,
		config_listener_has_tls(l->config));

	if (error == -EMFILE || error == -ENFILE)
		pause_all(l->acceptor);
	return error == 0;
}

/* Takes one connection; false when there is none, or none can be taken. */
static bool take_one(struct listening *l)
{
	struct sockaddr_any peer;
	int fd = listener_accept(l->fd, &peer);

	if (fd >= 0) {
		l->acceptor->callback(l->acceptor->arg, fd, &peer, l->config);
		return true;
	}
	switch (fd) {
	case -EAGAIN:
		return false;
	case -EMFILE:
	case -ENFILE:
		return shed(l);
	case -ENOMEM:
	case -ENOBUFS:
		pause_all(l->acceptor);
		return false;
	default:
		return true; /* that one is gone, another may wait */
	}
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct listening *l = arg;

	(void)fd;
	(void)what;
	for (int i = 0; i < ACCEPT_BATCH && take_one(l); i++)
		;
}

struct acceptor *acceptor_new(struct event_base *base,
			      acceptor_callback callback, void *arg)
{
	struct acceptor *acceptor = calloc(1, sizeof(*acceptor));

	if (!acceptor)
		return NULL;
	acceptor->base = base;
	acceptor->callback = callback;
	acceptor->arg = arg;
	list_init(&acceptor->serving);
	list_init(&acceptor->prepared);
	descriptor_reserve_init(&acceptor->reserve);
	acceptor->resume = event_new(base, -1, 0, on_resume, acceptor);
	if (!acceptor->resume)
		acceptor_free(&acceptor);
	return acceptor;
}

int acceptor_inherit(struct acceptor *acceptor)
{
	return inherited_init(&acceptor->inherited);
}

void acceptor_free(struct acceptor **acceptor)
{
	struct acceptor *gone = *acceptor;

	*acceptor = NULL;
	if (!gone)
		return;
	free_all(&gone->prepared);
	free_all(&gone->serving);
	if (gone->resume)
		event_free(gone->resume);
	descriptor_reserve_done(&gone->reserve);
	inherited_done(&gone->inherited);
	free(gone);
}

/* Whether an open socket is what `config` asks for, whatever its name. */
static bool serves(const struct listening *l,
		   const struct config_listener *config)
{
	if (config->is_inherited)
		return l->is_inherited &&
		       !strcmp(l->config->fd_name, config->fd_name);
	return !strcmp(l->config->listen, config->listen) &&
	       l->config->v6_only == config->v6_only;
}

/* A Unix socket stays open when its mode changes. */
static void take_mode(const struct listening *l,
		      const struct config_listener *config)
{
	int error = 0;

	if (l->config->mode != config->mode)
		error = listener_set_mode(l->fd, config->mode);
	if (error)
		log_printf(LOG_LEVEL_ERROR, "%s: cannot change the mode: %s",
			   config->place, strerror(-error));
}

/*
 * Has what is open go on as `config`: one socket, or all that systemd handed
 * over under the name.  False when there is none.
 */
static bool keep_serving(struct acceptor *acceptor,
			 const struct config_listener *config)
{
	bool is_kept = false;

	list_each(&acceptor->serving, node, after) {
		struct listening *l = listening_of(node);

		if (l->next || !serves(l, config))
			continue;
		l->next = config;
		is_kept = true;
		if (!config->is_inherited)
			break;
	}
	return is_kept;
}

/* `fd` is the caller's still when this fails. */
static int prepare_socket(struct acceptor *acceptor, int fd,
			  const struct config_listener *config)
{
	struct listening *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->acceptor = acceptor;
	l->config = config;
	l->next = config;
	l->fd = fd;
	l->is_inherited = config->is_inherited;
	l->event = event_new(acceptor->base, fd, EV_READ | EV_PERSIST,
			     on_acceptable, l);
	if (!l->event) {
		free(l);
		return -ENOMEM;
	}
	list_append(&acceptor->prepared, &l->link);
	return 0;
}

static int prepare_inherited(struct acceptor *acceptor,
			     const struct config_listener *config,
			     struct acceptor_failure *failure)
{
	size_t at = 0;
	int error = inherited_check(&acceptor->inherited, config->fd_name,
				    failure->reason);
	int fd;

	while (!error && (fd = inherited_next(&acceptor->inherited,
					      config->fd_name, &at)) >= 0)
		error = prepare_socket(acceptor, fd, config);
	return error;
}

static int prepare_one(struct acceptor *acceptor,
		       const struct config_listener *config)
{
	struct listener_options options = {
		.address = &config->address,
		.mode = config->mode,
		.v6_only = config->v6_only,
	};
	int fd;
	int error = listener_open(&options, &fd);

	if (error)
		return error;
	error = prepare_socket(acceptor, fd, config);
	if (error)
		listener_close(fd);
	return error;
}

static bool is_privileged_port(const struct address *address)
{
	return address->kind == ADDRESS_INET && address->port > 0 &&
	       address->port < PRIVILEGED_PORTS;
}

/* Unless it is said already. */
static void explain(struct acceptor_failure *failure)
{
	const char *hint = "";

	if (failure->reason[0])
		return;
	if (failure->error == -EACCES &&
	    is_privileged_port(&failure->listener->address))
		hint = "; a port below 1024 needs a start as root or "
		       "CAP_NET_BIND_SERVICE";
	snprintf(failure->reason, sizeof(failure->reason), "%s%s",
		 strerror(-failure->error), hint);
}

int acceptor_prepare(struct acceptor *acceptor, const struct config *config,
		     struct acceptor_failure *ret_failure)
{
	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *one = &config->listeners[i];
		int error = 0;

		*ret_failure = (struct acceptor_failure){ .listener = one };
		if (keep_serving(acceptor, one))
			continue;
		if (one->is_inherited)
			error = prepare_inherited(acceptor, one, ret_failure);
		else
			error = prepare_one(acceptor, one);
		if (error) {
			ret_failure->error = error;
			explain(ret_failure);
			acceptor_discard(acceptor);
			return error;
		}
	}
	return 0;
}

void acceptor_discard(struct acceptor *acceptor)
{
	free_all(&acceptor->prepared);
	list_each(&acceptor->serving, node, after)
		listening_of(node)->next = NULL;
}

static void format_address(const struct listening *l,
			   char ret_text[ADDRESS_TEXT_MAX])
{
	struct sockaddr_any bound;

	listener_address(l->fd, &bound);
	address_format(&bound, ret_text);
}

void acceptor_first_address(const struct acceptor *acceptor,
			    char ret_text[ADDRESS_TEXT_MAX])
{
	format_address(listening_of(acceptor->serving.next), ret_text);
}

void acceptor_each(const struct acceptor *acceptor,
		   void (*visit)(void *arg,
				 const struct operations_listener *listener),
		   void *arg)
{
	const struct list *head = &acceptor->serving;

	for (struct list *node = head->next; node != head; node = node->next) {
		const struct listening *l = listening_of(node);
		char address[ADDRESS_TEXT_MAX];
		struct operations_listener listener = {
			.name = l->config->name,
			.address = address,
		};

		format_address(l, address);
		visit(arg, &listener);
	}
}

uint64_t acceptor_refused_count(const struct acceptor *acceptor)
{
	return acceptor->reserve.total;
}

static bool is_wanted(void *arg, const char *name)
{
	struct acceptor *acceptor = arg;

	list_each(&acceptor->serving, node, after) {
		const struct listening *l = listening_of(node);

		if (l->is_inherited && !strcmp(l->config->fd_name, name))
			return true;
	}
	return false;
}

void acceptor_close_unwanted(struct acceptor *acceptor)
{
	inherited_close_others(&acceptor->inherited, is_wanted, acceptor);
}

void acceptor_leave_inherited(struct acceptor *acceptor)
{
	list_each(&acceptor->serving, node, after) {
		struct listening *l = listening_of(node);

		if (l->is_inherited)
			listening_free(l);
	}
}

void acceptor_give_paths(const struct acceptor *acceptor,
			 const struct config_identity *identity)
{
	list_each(&acceptor->serving, node, after) {
		const struct listening *l = listening_of(node);
		int error = 0;

		if (!l->is_inherited)
			error = listener_set_owner(l->fd, identity->uid,
						   identity->gid);
		if (error)
			log_printf(LOG_LEVEL_WARNING,
				   "%s: cannot give %s to its user: %s",
				   l->config->place, l->config->listen,
				   strerror(-error));
	}
}

static void log_listening(const struct listening *l)
{
	char address[ADDRESS_TEXT_MAX];

	format_address(l, address);

	struct log_field fields[] = {
		{ .key = "listener", .text = slice_of(l->config->name) },
		{ .key = "address", .text = slice_of(address) },
	};

	log_event(LOG_LEVEL_NOTICE, "listening", fields, 2);
}

/* Nobody who was let into the queue is turned away. */
static void retire(struct listening *l)
{
	while (take_one(l))
		;
	listening_free(l);
}

void acceptor_end(struct acceptor *acceptor)
{
	acceptor_leave_inherited(acceptor);
	list_each(&acceptor->serving, node, after)
		retire(listening_of(node));
}

void acceptor_commit(struct acceptor *acceptor)
{
	list_each(&acceptor->serving, node, after) {
		struct listening *l = listening_of(node);

		if (!l->next) {
			retire(l);
			continue;
		}
		take_mode(l, l->next);
		l->config = l->next;
		l->next = NULL;
	}
	list_each(&acceptor->prepared, fresh, following) {
		struct listening *l = listening_of(fresh);

		list_remove(&l->link);
		list_append(&acceptor->serving, &l->link);
		l->next = NULL;
		event_add(l->event, NULL);
		log_listening(l);
	}
}
