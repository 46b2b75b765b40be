/* SPDX-License-Identifier: MIT */
/* Checks routes: patterns, tokens, and the backends they name. */

#include "config/config_build.h"

#include <string.h>

#include "base/ascii.h"
#include "config/config_suggest.h"

static void config_route_parse_patterns(struct config_draft *draft,
					const struct config_object *object,
					struct config_route *route)
{
	const char *error;

	error = pattern_host_parse(slice_of(route->host_text), &route->host);
	if (error)
		config_draft_error(draft, object, "host", "\"%s\" is %s",
				   route->host_text, error);
	if (!route->path_text)
		return;
	error = pattern_path_parse(slice_of(route->path_text), &route->path);
	if (error)
		config_draft_error(draft, object, "path", "\"%s\" %s",
				   route->path_text, error);
}

static void config_route_parse_origins(struct config_draft *draft,
				       const struct config_object *object,
				       struct config_route *route)
{
	route->origins = config_arena_alloc(draft->config->arena,
					    route->origin_count,
					    sizeof(*route->origins));
	if (!route->origins) {
		draft->out_of_memory = true;
		return;
	}
	for (size_t i = 0; i < route->origin_count; i++) {
		const char *text = route->origin_texts[i];
		const char *error = pattern_origin_parse(slice_of(text),
							 &route->origins[i]);

		if (error)
			config_draft_error(draft, object, "origins",
					   "\"%s\" is %s", text, error);
	}
}

static bool config_route_is_token(const char *text)
{
	for (; *text; text++) {
		if (!ascii_is_tchar(*text))
			return false;
	}
	return true;
}

/* RFC 6455 section 4.1: tokens, and each at most once. */
static void config_route_check_subprotocols(struct config_draft *draft,
					    const struct config_object *object,
					    const struct config_route *route)
{
	for (size_t i = 0; i < route->subprotocol_count; i++) {
		const char *text = route->subprotocols[i];

		if (!config_route_is_token(text))
			config_draft_error(draft, object, "subprotocols",
					   "\"%s\" is not a token; letters, "
					   "digits and !#$%%&'*+-.^_`|~",
					   text);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(text, route->subprotocols[j]) != 0)
				continue;
			config_draft_error(draft, object, "subprotocols",
					   "\"%s\" is there twice; each once",
					   text);
			break;
		}
	}
}

static void config_route_find_backend(struct config_draft *draft,
				      const struct config_object *object,
				      struct config_route *route)
{
	struct config_suggest suggest = { .word = route->backend_name };

	if (!route->backend_name)
		return;
	for (size_t i = 0; i < draft->config->backend_count; i++) {
		const struct config_backend *backend =
			&draft->config->backends[i];

		if (strcmp(backend->name, route->backend_name) == 0) {
			route->backend = backend;
			return;
		}
		config_suggest_try(&suggest, backend->name);
	}
	if (suggest.best)
		config_draft_error(draft, object, "backend",
				   "\"%s\" is not a backend; did you mean "
				   "\"%s\"?",
				   route->backend_name, suggest.best);
	else
		config_draft_error(draft, object, "backend",
				   "\"%s\" is not a backend; the name of one "
				   "in \"backends\"",
				   route->backend_name);
}

static void config_route_name(struct config_draft *draft,
			      const struct config_object *object, size_t index)
{
	struct config_route *route = object->data;
	bool named = route->name;

	if (!named)
		route->name = route->path_text;
	for (size_t i = 0; i < index && route->name; i++) {
		const struct config_route *other = &draft->config->routes[i];
		const struct config_origin *origin =
			&draft->lists[CONFIG_SCOPE_ROUTE].origins[i];

		if (!other->name || strcmp(other->name, route->name) != 0)
			continue;
		config_draft_error(draft, object, named ? "name" : "path",
				   "\"%s\" is the name of %s (%s:%u); %s",
				   route->name, origin->label,
				   origin->self.file, origin->self.line,
				   named ? "each name once" :
					   "give this route a name of its own");
		return;
	}
}

void config_build_routes(struct config_draft *draft)
{
	for (size_t i = 0; i < draft->config->route_count; i++) {
		struct config_object object =
			config_draft_object(draft, CONFIG_SCOPE_ROUTE, i);
		struct config_route *route = object.data;

		config_route_name(draft, &object, i);
		config_route_parse_patterns(draft, &object, route);
		config_route_parse_origins(draft, &object, route);
		config_route_check_subprotocols(draft, &object, route);
		config_route_find_backend(draft, &object, route);
		config_build_framing(draft, &object, route);
	}
}
