/* SPDX-License-Identifier: MIT */
/* What a worker lends to ends that work by the piece. */

#include "relay/workshop.h"

#include <errno.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "relay/endpoint.h"
#include "relay/framings.h"

bool workshop_serves(const struct config_route *route)
{
	if (!route->backend)
		return false;
	return !framing_of_route(route)->is_stream ||
	       route->compression == CONFIG_COMPRESSION_ON ||
	       (route->message == CONFIG_MESSAGE_TEXT &&
		route->invalid_utf8 == CONFIG_INVALID_UTF8_REPLACE);
}

size_t workshop_share(const struct config_route *route)
{
	return (route->limits.buffer - ENDPOINT_OVERHEAD) / 2;
}

static size_t largest_share(const struct config *config)
{
	size_t largest = 0;

	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_route *route = &config->routes[i];

		if (workshop_serves(route) && workshop_share(route) > largest)
			largest = workshop_share(route);
	}
	return largest;
}

int workshop_fit(struct workshop *shop, const struct config *config)
{
	size_t share = largest_share(config);
	uint8_t *batch;
	uint8_t *spare;

	if (share <= shop->batch_size)
		return 0;
	batch = malloc(share);
	spare = malloc(share + UTF8_PARTIAL_MAX);
	if (!batch || !spare) {
		free(batch);
		free(spare);
		return -ENOMEM;
	}
	workshop_done(shop);
	shop->batch = batch;
	shop->batch_size = share;
	shop->spare = spare;
	shop->spare_size = share;
	return 0;
}

void workshop_done(struct workshop *shop)
{
	free(shop->batch);
	free(shop->spare);
	*shop = (struct workshop){ .batch = NULL };
}
