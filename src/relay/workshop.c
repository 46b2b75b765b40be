/* SPDX-License-Identifier: MIT */
/* What a worker lends to ends that work by the piece. */

#include "relay/workshop.h"

#include <errno.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "relay/endpoint.h"
#include "relay/framings.h"

/* Of compressors shared by sessions: zlib's default. */
#define SHARED_MEM_LEVEL 8

static void *allocate(void *arg, size_t size)
{
	(void)arg;
	return malloc(size);
}

static void release(void *arg, void *memory)
{
	(void)arg;
	free(memory);
}

const struct ws_allocator workshop_allocator = { .alloc = allocate,
						 .free = release };

struct ws_deflate *workshop_compressor(struct workshop *shop, unsigned level,
				       unsigned window_bits)
{
	struct ws_deflate_set **set = &shop->compressors[level - 1];

	if (!*set)
		*set = ws_deflate_set_new(&workshop_allocator, level,
					  SHARED_MEM_LEVEL);
	return *set ? ws_deflate_set_get(*set, window_bits) : NULL;
}

struct ws_inflate *workshop_lend_inflate(struct workshop *shop,
					 unsigned window_bits)
{
	struct ws_inflate *inflate = shop->inflate;

	shop->inflate = NULL;
	if (!inflate)
		return ws_inflate_new(&workshop_allocator, window_bits);
	ws_inflate_reset(inflate, window_bits);
	return inflate;
}

void workshop_take_inflate(struct workshop *shop, struct ws_inflate **inflate)
{
	if (shop->inflate) {
		ws_inflate_free(inflate);
		return;
	}
	shop->inflate = *inflate;
	*inflate = NULL;
}

bool workshop_is_needed(const struct config_route *route)
{
	return !framing_of_route(route)->is_stream ||
	       (route->message == CONFIG_MESSAGE_TEXT &&
		route->invalid_utf8 == CONFIG_INVALID_UTF8_REPLACE);
}

/* Whether there can be sessions of `route` that do. */
static bool may_be_needed(const struct config_route *route)
{
	return route->backend &&
	       (workshop_is_needed(route) ||
		route->compression == CONFIG_COMPRESSION_ON);
}

size_t workshop_share(const struct config_route *route)
{
	return (route->limits.buffer - ENDPOINT_OVERHEAD) / 2;
}

size_t workshop_piece(const struct config_route *route)
{
	/* Three bytes for one that is no text, and a frame's header. */
	if (route->invalid_utf8 == CONFIG_INVALID_UTF8_REPLACE)
		return workshop_share(route) / 4;
	return 0;
}

static size_t largest_share(const struct config *config)
{
	size_t largest = 0;

	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_route *route = &config->routes[i];

		if (may_be_needed(route) && workshop_share(route) > largest)
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
	free(shop->batch);
	free(shop->spare);
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
	for (size_t i = 0; i < WORKSHOP_LEVELS; i++)
		ws_deflate_set_free(&shop->compressors[i]);
	ws_inflate_free(&shop->inflate);
	*shop = (struct workshop){ .batch = NULL };
}
