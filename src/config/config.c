/* SPDX-License-Identifier: MIT */
/* Life of a configuration that is built: references, pages, look-ups. */

#include "config/config.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "config/config_arena.h"

struct config *config_ref(struct config *config)
{
	uint32_t before =
		__atomic_fetch_add(&config->refs, 1, __ATOMIC_RELAXED);

	assert(before > 0 && before < UINT32_MAX);
	return config;
}

void config_unref(struct config **config)
{
	struct config *dropped = *config;

	*config = NULL;
	if (!dropped)
		return;
	/* Release what this thread read of it, acquire what others did. */
	uint32_t before =
		__atomic_fetch_sub(&dropped->refs, 1, __ATOMIC_ACQ_REL);

	assert(before > 0);
	if (before > 1)
		return;
	struct config_arena *arena = dropped->arena;

	config_arena_free(&arena);
}

const struct config_route *config_route_by_name(const struct config *config,
						const char *name)
{
	for (size_t i = 0; i < config->route_count; i++) {
		if (strcmp(config->routes[i].name, name) == 0)
			return &config->routes[i];
	}
	return NULL;
}

/* The texts and patterns of a page's route: any host, the page's own origin. */
static int config_page_describe(struct config *config, const char *path,
				struct config_route *route)
{
	route->name = config_arena_strdup(config->arena, path);
	route->path_text = route->name;
	route->host_text = config_arena_strdup(config->arena, "*");
	route->origins =
		config_arena_alloc(config->arena, 1, sizeof(*route->origins));
	route->origin_texts =
		config_arena_alloc(config->arena, 1, sizeof(char *));
	if (!route->name || !route->host_text || !route->origins ||
	    !route->origin_texts)
		return -ENOMEM;
	route->origin_texts[0] = config_arena_strdup(config->arena, "same");
	if (!route->origin_texts[0])
		return -ENOMEM;
	route->origin_count = 1;
	if (pattern_host_parse(slice_of(route->host_text), &route->host) ||
	    pattern_path_parse(slice_of(route->path_text), &route->path) ||
	    pattern_origin_parse(slice_of(route->origin_texts[0]),
				 route->origins))
		return -EINVAL;
	return 0;
}

int config_add_page(struct config *config, const char *path,
		    const struct config_page *page)
{
	struct config_route route = {
		.page = page,
		.limits = config->limits,
		.timeouts = config->timeouts,
	};

	if (config_route_by_name(config, path))
		return -EINVAL;
	int error = config_page_describe(config, path, &route);

	if (error)
		return error;
	struct config_route *routes =
		config_arena_grow(config->arena, config->routes,
				  config->route_count, sizeof(*routes));

	if (!routes)
		return -ENOMEM;
	routes[config->route_count] = route;
	config->routes = routes;
	config->route_count++;
	return 0;
}
