/* SPDX-License-Identifier: MIT */
/* Collects objects and options before they are checked against each other. */

#include "config/config_draft.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where the list of a scope is kept, and how large its elements are. */
struct list {
	void *items;
	size_t size;
};

static struct list config_draft_list_of(const struct config *config,
					enum config_scope scope)
{
	switch (scope) {
	case CONFIG_SCOPE_GLOBAL:
		break;
	case CONFIG_SCOPE_LISTENER:
		return (struct list){ config->listeners,
				      sizeof(*config->listeners) };
	case CONFIG_SCOPE_BACKEND:
		return (struct list){ config->backends,
				      sizeof(*config->backends) };
	case CONFIG_SCOPE_ROUTE:
		return (struct list){ config->routes, sizeof(*config->routes) };
	case CONFIG_SCOPE_CERTIFICATE:
		return (struct list){ config->certificates,
				      sizeof(*config->certificates) };
	}
	return (struct list){ NULL, 0 };
}

static void config_draft_list_set(struct config *config,
				  enum config_scope scope, void *items,
				  size_t count)
{
	switch (scope) {
	case CONFIG_SCOPE_GLOBAL:
		break;
	case CONFIG_SCOPE_LISTENER:
		config->listeners = items;
		config->listener_count = count;
		break;
	case CONFIG_SCOPE_BACKEND:
		config->backends = items;
		config->backend_count = count;
		break;
	case CONFIG_SCOPE_ROUTE:
		config->routes = items;
		config->route_count = count;
		break;
	case CONFIG_SCOPE_CERTIFICATE:
		config->certificates = items;
		config->certificate_count = count;
		break;
	}
}

static bool config_draft_set_defaults(struct config_draft *draft,
				      enum config_scope scope, void *object)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];

		if (option->scope == scope &&
		    config_value_default(option, draft->config->arena, object))
			return false;
	}
	return true;
}

/* The struct is in the arena it owns, so that freeing is one call. */
static struct config *config_draft_new_config(void)
{
	struct config_arena *arena = config_arena_new();

	if (!arena)
		return NULL;
	struct config *config = config_arena_alloc(arena, 1, sizeof(*config));

	if (!config) {
		config_arena_free(&arena);
		return NULL;
	}
	config->arena = arena;
	config->refs = 1;
	return config;
}

int config_draft_init(struct config_draft *draft, const char *file,
		      struct config_errors *errors)
{
	struct config_draft_list *global = &draft->lists[CONFIG_SCOPE_GLOBAL];

	memset(draft, 0, sizeof(*draft));
	draft->errors = errors;
	draft->arena = config_arena_new();
	draft->config = config_draft_new_config();
	if (!draft->arena || !draft->config)
		return -ENOMEM;
	global->origins =
		config_arena_alloc(draft->arena, 1, sizeof(*global->origins));
	if (!global->origins ||
	    !config_draft_set_defaults(draft, CONFIG_SCOPE_GLOBAL,
				       draft->config))
		return -ENOMEM;
	global->count = 1;
	global->origins->self.file = config_draft_keep(draft, file);
	return draft->out_of_memory ? -ENOMEM : 0;
}

void config_draft_done(struct config_draft *draft)
{
	config_unref(&draft->config);
	config_arena_free(&draft->arena);
}

const char *config_draft_keep(struct config_draft *draft, const char *text)
{
	const char *copy = config_arena_strdup(draft->arena, text);

	if (!copy)
		draft->out_of_memory = true;
	return copy;
}

struct config_object config_draft_object(struct config_draft *draft,
					 enum config_scope scope, size_t index)
{
	struct list list = config_draft_list_of(draft->config, scope);

	return (struct config_object){
		.scope = scope,
		.data = scope == CONFIG_SCOPE_GLOBAL ?
				(void *)draft->config :
				(char *)list.items + index * list.size,
		.origin = &draft->lists[scope].origins[index],
	};
}

struct config_object config_draft_global(struct config_draft *draft)
{
	return config_draft_object(draft, CONFIG_SCOPE_GLOBAL, 0);
}

static bool config_draft_grow(struct config_draft *draft,
			      enum config_scope scope)
{
	struct config_draft_list *list = &draft->lists[scope];
	struct list objects = config_draft_list_of(draft->config, scope);
	struct config_origin *origins = config_arena_grow(
		draft->arena, list->origins, list->count, sizeof(*origins));
	void *items = config_arena_grow(draft->config->arena, objects.items,
					list->count, objects.size);

	if (!origins || !items)
		return false;
	list->origins = origins;
	list->count++;
	config_draft_list_set(draft->config, scope, items, list->count);
	return true;
}

bool config_draft_add(struct config_draft *draft, enum config_scope scope,
		      struct config_place place, const char *label,
		      struct config_object *ret_object)
{
	const char *kept = config_draft_keep(draft, label);
	size_t index = draft->lists[scope].count;

	if (!kept || !config_draft_grow(draft, scope)) {
		draft->out_of_memory = true;
		return false;
	}
	struct config_object object = config_draft_object(draft, scope, index);

	object.origin->self = place;
	object.origin->label = kept;
	if (scope == CONFIG_SCOPE_ROUTE) {
		struct config_route *route = object.data;

		route->limits = draft->config->limits;
		route->timeouts = draft->config->timeouts;
	}
	if (!config_draft_set_defaults(draft, scope, object.data)) {
		draft->out_of_memory = true;
		return false;
	}
	*ret_object = object;
	return true;
}

/* As long as the options of the table, and a label of any length is cut. */
#define PATH_MAX_BYTES 512

static void config_draft_verror(struct config_draft *draft,
				const struct config_object *object,
				struct config_place place, const char *path,
				const char *message)
{
	char text[PATH_MAX_BYTES];
	const char *label = object->origin->label;

	if (label && path)
		snprintf(text, sizeof(text), "%s.%s", label, path);
	else
		snprintf(text, sizeof(text), "%s", label ? label : path);
	config_errors_add(draft->errors, place, text, "%s", message);
}

char *config_draft_place_text(struct config_draft *draft, const char *path)
{
	struct config_object global = config_draft_global(draft);
	const struct config_option *option =
		config_option_find(CONFIG_SCOPE_GLOBAL, path);
	const struct config_place *place =
		&global.origin->options[config_option_index(option)];
	char text[CONFIG_ERROR_TEXT_MAX];
	char *kept;

	if (!place->file)
		return NULL;
	snprintf(text, sizeof(text), "%s:%u: %s", place->file, place->line,
		 path);
	kept = config_arena_strdup(draft->config->arena, text);
	if (!kept)
		draft->out_of_memory = true;
	return kept;
}

void config_draft_error(struct config_draft *draft,
			const struct config_object *object, const char *path,
			const char *format, ...)
{
	const struct config_option *option =
		path ? config_option_find(object->scope, path) : NULL;
	struct config_place place = object->origin->self;
	char message[CONFIG_ERROR_TEXT_MAX];
	va_list args;

	if (option && object->origin->options[config_option_index(option)].file)
		place = object->origin->options[config_option_index(option)];
	va_start(args, format);
	int len = vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	config_draft_verror(draft, object, place, path, len < 0 ? "" : message);
}

bool config_draft_has(const struct config_object *object, const char *path)
{
	const struct config_option *option =
		config_option_find(object->scope, path);

	return object->origin->options[config_option_index(option)].file;
}

void config_draft_require(struct config_draft *draft,
			  const struct config_object *object, const char *group,
			  struct config_place place)
{
	size_t len = strlen(group);
	char message[CONFIG_ALLOWED_MAX + 32];
	char allowed[CONFIG_ALLOWED_MAX];

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];

		if (option->scope != object->scope ||
		    !(option->flags & CONFIG_GROUP) ||
		    strncmp(option->path, group, len) != 0 ||
		    option->path[len] != '.' || object->origin->options[i].file)
			continue;
		config_option_print_allowed(option, allowed);
		snprintf(message, sizeof(message), "is missing; allowed: %s",
			 allowed);
		config_draft_verror(draft, object, place, option->path,
				    message);
	}
}

void config_draft_set(struct config_draft *draft, struct config_object *object,
		      const struct config_option *option,
		      struct config_place place,
		      const struct config_value *value)
{
	char reason[CONFIG_REASON_MAX];

	object->origin->options[config_option_index(option)] = place;
	switch (config_value_take(option, value, draft->config->arena,
				  object->data, reason)) {
	case 0:
		break;
	case -ENOMEM:
		draft->out_of_memory = true;
		break;
	default:
		config_draft_verror(draft, object, place, option->path, reason);
	}
}
