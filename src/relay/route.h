/* SPDX-License-Identifier: MIT */
/* Which route serves a request. */

#ifndef RELAY_ROUTE_H
#define RELAY_ROUTE_H

#include <stdbool.h>

#include "base/slice.h"
#include "config/config.h"

/*
 * The first route of `config` whose host and path match, or null; borrowed
 * from `config`.  `authority` is host[:port], `path` is decoded.
 */
const struct config_route *route_find(const struct config *config,
				      struct slice authority,
				      struct slice path);

/* Whether a page of `origin` may open the route, asked for at `authority`. */
bool route_allows_origin(const struct config_route *route,
			 struct slice origin, struct slice authority);

#endif
