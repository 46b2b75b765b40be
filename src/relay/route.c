/* SPDX-License-Identifier: MIT */
/* Which route serves a request. */

#include "relay/route.h"

const struct config_route *route_find(const struct config *config,
				      struct slice authority, struct slice path)
{
	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_route *route = &config->routes[i];

		if (pattern_path_matches(&route->path, path) &&
		    pattern_host_matches(&route->host, authority))
			return route;
	}
	return NULL;
}

bool route_allows_origin(const struct config_route *route, struct slice origin,
			 struct slice authority)
{
	for (size_t i = 0; i < route->origin_count; i++)
		if (pattern_origin_matches(&route->origins[i], origin,
					   authority))
			return true;
	return false;
}
