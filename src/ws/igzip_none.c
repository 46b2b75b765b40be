/* SPDX-License-Identifier: MIT */
/* In the place of igzip.c in a build without ISA-L: zlib does it all. */

#include "ws/igzip.h"

#include <assert.h>

bool ws_igzip_suits(const struct ws_deflate_settings *settings)
{
	(void)settings;
	return false;
}

struct ws_igzip *ws_igzip_new(const struct ws_allocator *allocator,
			      unsigned window_bits)
{
	(void)allocator;
	(void)window_bits;
	return NULL;
}

void ws_igzip_free(struct ws_igzip **z, const struct ws_allocator *allocator)
{
	(void)z;
	(void)allocator;
}

size_t ws_igzip_run(struct ws_igzip *z, const uint8_t *in, size_t len,
		    uint8_t *out)
{
	(void)z;
	(void)in;
	(void)len;
	(void)out;
	assert(false); /* nothing suits */
	return 0;
}
