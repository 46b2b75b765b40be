/* SPDX-License-Identifier: MIT */
/* ISA-L's deflate, begun anew for each piece. */

#include "ws/igzip.h"

#include <assert.h>
#include <string.h>

#include <isa-l.h>

/*
 * Up to so many bytes the fixed codes are used, behind it codes of their own,
 * which cost 7 us to build.  Of JSON they leave 39 % instead of 50 % at this
 * size, and are slower than 100 MB/s below it.
 */
#define FIXED_MAX 1024

struct ws_igzip {
	struct isal_zstream stream;
	unsigned window_bits;
	uint8_t work[ISAL_DEF_LVL1_SMALL];
};

bool ws_igzip_suits(const struct ws_deflate_settings *settings)
{
	return settings->level == 1 && !settings->has_takeover;
}

struct ws_igzip *ws_igzip_new(const struct ws_allocator *allocator,
			      unsigned window_bits)
{
	struct ws_igzip *z = allocator->alloc(allocator->arg, sizeof(*z));

	if (!z)
		return NULL;
	memset(z, 0, sizeof(*z));
	z->window_bits = window_bits;
	return z;
}

void ws_igzip_free(struct ws_igzip **z, const struct ws_allocator *allocator)
{
	if (*z)
		allocator->free(allocator->arg, *z);
	*z = NULL;
}

static void begin(struct ws_igzip *z, size_t len)
{
	struct isal_zstream *stream = &z->stream;

	isal_deflate_init(stream);
	stream->hist_bits = (uint16_t)z->window_bits;
	stream->flush = FULL_FLUSH;
	if (len <= FIXED_MAX) {
		isal_deflate_set_hufftables(stream, NULL,
					    IGZIP_HUFFTABLE_STATIC);
		return;
	}
	stream->level = 1;
	stream->level_buf = z->work;
	stream->level_buf_size = sizeof(z->work);
}

size_t ws_igzip_run(struct ws_igzip *z, const uint8_t *in, size_t len,
		    uint8_t *out)
{
	/* It only reads there; its type says otherwise. */
	union {
		const uint8_t *read;
		uint8_t *shown;
	} input = { .read = in };
	size_t room = ws_deflate_bound(len);

	begin(z, len);
	z->stream.next_in = input.shown;
	z->stream.avail_in = (uint32_t)len;
	z->stream.next_out = out;
	z->stream.avail_out = (uint32_t)room;
	int result = isal_deflate(&z->stream);
	assert(result == COMP_OK && z->stream.avail_in == 0 &&
	       z->stream.avail_out > 0);
	(void)result;
	return room - z->stream.avail_out;
}
