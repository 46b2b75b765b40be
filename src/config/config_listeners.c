/* SPDX-License-Identifier: MIT */
/* Checks listeners and backends: everything that has addresses. */

#include "config/config_build.h"

#include <stdio.h>
#include <string.h>

static bool config_listener_is_file(const struct config_listener *listener)
{
	return listener->address.kind == ADDRESS_UNIX &&
	       listener->address.socket.un.sun_path[0] != '\0';
}

static bool config_listener_is_v6(const struct config_listener *listener)
{
	return listener->address.kind == ADDRESS_INET &&
	       listener->address.socket.sa.sa_family == AF_INET6;
}

static bool config_listener_is_wildcard(const struct config_listener *listener)
{
	const struct sockaddr_any *socket = &listener->address.socket;

	if (config_listener_is_v6(listener))
		return IN6_IS_ADDR_UNSPECIFIED(&socket->in6.sin6_addr);
	return socket->in.sin_addr.s_addr == INADDR_ANY;
}

bool config_listeners_clash(const struct config_listener *a,
			    const struct config_listener *b)
{
	if (a->is_inherited || b->is_inherited)
		return a->is_inherited && b->is_inherited &&
		       strcmp(a->fd_name, b->fd_name) == 0;
	if (a->address.kind != b->address.kind)
		return false;
	if (a->address.socket.len == b->address.socket.len &&
	    memcmp(&a->address.socket.sa, &b->address.socket.sa,
		   a->address.socket.len) == 0)
		return a->address.kind == ADDRESS_UNIX || a->address.port != 0;
	if (a->address.kind == ADDRESS_UNIX || a->address.port == 0 ||
	    a->address.port != b->address.port)
		return false;
	bool a_v6 = config_listener_is_v6(a);
	bool b_v6 = config_listener_is_v6(b);

	if (a_v6 == b_v6)
		return config_listener_is_wildcard(a) ||
		       config_listener_is_wildcard(b);
	const struct config_listener *v6 = a_v6 ? a : b;

	return config_listener_is_wildcard(v6) && !v6->v6_only;
}

/* Options of one kind of listener written for another. */
static void config_listener_check_kind(struct config_draft *draft,
				       const struct config_object *object,
				       const struct config_listener *listener)
{
	if (config_draft_has(object, "mode") &&
	    !config_listener_is_file(listener))
		config_draft_error(draft, object, "mode",
				   "is for Unix sockets with a path only; "
				   "leave it out");
	if (listener->v6_only && !config_listener_is_v6(listener))
		config_draft_error(draft, object, "v6_only",
				   "is for IPv6 addresses only; leave it out");
	if (config_draft_has(object, "fd_name") && !listener->is_inherited)
		config_draft_error(draft, object, "fd_name",
				   "is for listen = \"systemd\" only; leave it "
				   "out");
}

static void config_listener_check_others(struct config_draft *draft,
					 const struct config_object *object,
					 size_t index)
{
	const struct config_listener *listener = object->data;

	for (size_t i = 0; i < index; i++) {
		const struct config_listener *other =
			&draft->config->listeners[i];
		const struct config_origin *origin =
			&draft->lists[CONFIG_SCOPE_LISTENER].origins[i];

		if (!other->name)
			continue;
		if (config_listeners_clash(listener, other))
			config_draft_error(draft, object, "listen",
					   "\"%s\" is taken by %s (%s:%u), "
					   "\"%s\"; each address and port once",
					   listener->listen, origin->label,
					   origin->self.file, origin->self.line,
					   other->listen);
		else if (strcmp(listener->name, other->name) == 0)
			config_draft_error(draft, object, "name",
					   "\"%s\" is the name of %s (%s:%u); "
					   "each name once",
					   listener->name, origin->label,
					   origin->self.file,
					   origin->self.line);
		else
			continue;
		return;
	}
}

/* Whoever opens the listener says with it what is to be changed. */
static void config_listener_keep_place(struct config_draft *draft,
				       const struct config_object *object,
				       struct config_listener *listener)
{
	const struct config_option *listen =
		config_option_find(CONFIG_SCOPE_LISTENER, "listen");
	const struct config_place *place =
		&object->origin->options[config_option_index(listen)];
	char text[CONFIG_ERROR_TEXT_MAX];

	snprintf(text, sizeof(text), "%s:%u: %s.listen", place->file,
		 place->line, object->origin->label);
	listener->place = config_arena_strdup(draft->config->arena, text);
	if (!listener->place)
		draft->out_of_memory = true;
}

static enum address_error
config_listener_parse(struct config_listener *listener)
{
	listener->is_inherited = strcmp(listener->listen, "systemd") == 0;
	if (listener->is_inherited)
		return ADDRESS_OK;
	return address_parse_listen(slice_of(listener->listen),
				    &listener->address);
}

static void config_listener_build(struct config_draft *draft, size_t index)
{
	struct config_object object =
		config_draft_object(draft, CONFIG_SCOPE_LISTENER, index);
	struct config_listener *listener = object.data;

	if (!listener->listen)
		return;
	enum address_error error = config_listener_parse(listener);

	if (error != ADDRESS_OK) {
		/* Without a name the checks below pass it over. */
		config_draft_error(draft, &object, "listen", "\"%s\": %s",
				   listener->listen, address_error_text(error));
		listener->name = NULL;
		return;
	}
	if (!listener->name)
		listener->name = listener->is_inherited ? listener->fd_name :
							  listener->listen;
	config_listener_keep_place(draft, &object, listener);
	config_listener_check_kind(draft, &object, listener);
	config_listener_check_others(draft, &object, index);
}

void config_build_listeners(struct config_draft *draft)
{
	for (size_t i = 0; i < draft->config->listener_count; i++)
		config_listener_build(draft, i);
}

/* Whether every server has an address. */
static bool config_backend_parse(struct config_draft *draft,
				 const struct config_object *object,
				 struct config_backend *backend)
{
	bool is_good = true;

	backend->servers = config_arena_alloc(draft->config->arena,
					      backend->server_count,
					      sizeof(*backend->servers));
	if (!backend->servers) {
		draft->out_of_memory = true;
		return false;
	}
	for (size_t i = 0; i < backend->server_count; i++) {
		struct config_server *server = &backend->servers[i];

		server->text = backend->server_texts[i];
		enum address_error error =
			address_parse(slice_of(server->text), &server->address);

		if (error == ADDRESS_OK)
			continue;
		config_draft_error(draft, object, "servers", "\"%s\": %s",
				   server->text, address_error_text(error));
		is_good = false;
	}
	return is_good;
}

/* A session knows what a datagram is before it knows its server. */
static void config_backend_check_kinds(struct config_draft *draft,
				       const struct config_object *object,
				       const struct config_backend *backend)
{
	const struct config_server *first = backend->servers;

	for (size_t i = 1; i < backend->server_count; i++) {
		const struct config_server *server = &backend->servers[i];

		if (server->address.is_seqpacket == first->address.is_seqpacket)
			continue;
		config_draft_error(draft, object, "servers",
				   "\"%s\" and \"%s\" are of two kinds; "
				   "\"unix-seqpacket:\" for all or for none",
				   first->text, server->text);
		return;
	}
}

/* libconfig finds a name twice in one file, not in two. */
static void config_backend_check_name(struct config_draft *draft,
				      const struct config_object *object,
				      size_t index)
{
	const struct config_backend *backend = object->data;

	for (size_t i = 0; i < index; i++) {
		const struct config_origin *origin =
			&draft->lists[CONFIG_SCOPE_BACKEND].origins[i];

		if (strcmp(draft->config->backends[i].name, backend->name) != 0)
			continue;
		config_draft_error(draft, object, NULL,
				   "is there already (%s:%u); each name once",
				   origin->self.file, origin->self.line);
		return;
	}
}

void config_build_backends(struct config_draft *draft)
{
	for (size_t i = 0; i < draft->config->backend_count; i++) {
		struct config_object object =
			config_draft_object(draft, CONFIG_SCOPE_BACKEND, i);
		struct config_backend *backend = object.data;

		config_backend_check_name(draft, &object, i);
		if (backend->server_count > 0 &&
		    config_backend_parse(draft, &object, backend))
			config_backend_check_kinds(draft, &object, backend);
	}
}
