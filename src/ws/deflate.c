/* SPDX-License-Identifier: MIT */
/* zlib's deflate, or igzip where it is better, flushed behind every piece. */

#include "ws/deflate.h"

#include <assert.h>
#include <string.h>

#include "ws/igzip.h"
#include "ws/zlib_memory.h"

/* Of the 00 00 FF FF that end a flush: section 7.2.1 step 3. */
#define TAIL_SIZE 4

struct ws_deflate {
	struct ws_allocator allocator;
	struct ws_igzip *igzip; /* does it all; null: zlib does */
	int flush;              /* zlib's, behind every piece */
	z_stream zlib;
};

static bool zlib_begin(z_stream *zlib, const struct ws_deflate_settings *s)
{
	/*
	 * zlib makes no raw stream for a window of 256 bytes.  Repetitions of
	 * one byte stay inside of any window, and 512 bytes are remembered.
	 */
	bool is_tiny = s->window_bits == 8;
	int bits = is_tiny ? 9 : (int)s->window_bits;

	return deflateInit2(zlib, (int)s->level, Z_DEFLATED, -bits,
			    (int)s->mem_level,
			    is_tiny ? Z_RLE : Z_DEFAULT_STRATEGY) == Z_OK;
}

static bool begin(struct ws_deflate *z,
		  const struct ws_deflate_settings *settings)
{
	if (ws_igzip_suits(settings)) {
		z->igzip = ws_igzip_new(&z->allocator, settings->window_bits);
		return z->igzip != NULL;
	}
	/* A full flush forgets all before it: the next piece starts anew. */
	z->flush = settings->has_takeover ? Z_SYNC_FLUSH : Z_FULL_FLUSH;
	ws_zlib_use(&z->zlib, &z->allocator);
	return zlib_begin(&z->zlib, settings);
}

struct ws_deflate *ws_deflate_new(const struct ws_allocator *allocator,
				  const struct ws_deflate_settings *settings)
{
	struct ws_deflate *z = allocator->alloc(allocator->arg, sizeof(*z));

	if (!z)
		return NULL;
	memset(z, 0, sizeof(*z));
	z->allocator = *allocator;
	if (!begin(z, settings)) {
		allocator->free(allocator->arg, z);
		return NULL;
	}
	return z;
}

void ws_deflate_free(struct ws_deflate **ref)
{
	struct ws_deflate *z = *ref;

	if (!z)
		return;
	struct ws_allocator allocator = z->allocator;
	if (z->igzip)
		ws_igzip_free(&z->igzip, &allocator);
	else
		deflateEnd(&z->zlib);
	allocator.free(allocator.arg, z);
	*ref = NULL;
}

static size_t zlib_run(struct ws_deflate *z, const uint8_t *in, size_t len,
		       uint8_t *out)
{
	size_t room = ws_deflate_bound(len);

	z->zlib.next_in = in;
	z->zlib.avail_in = (unsigned)len;
	z->zlib.next_out = out;
	z->zlib.avail_out = (unsigned)room;
	int result = deflate(&z->zlib, z->flush);
	assert(result == Z_OK && z->zlib.avail_out > 0);
	(void)result;
	return room - z->zlib.avail_out;
}

/* Every flush ends at a whole byte, so a block's header may follow: a byte
 * 00 is that of an empty one without compression, less its tail. */
static size_t write_nothing(bool is_last, uint8_t *out)
{
	if (!is_last)
		return 0;
	out[0] = 0x00;
	return 1;
}

size_t ws_deflate_run(struct ws_deflate *z, const uint8_t *in, size_t len,
		      bool is_last, uint8_t *out)
{
	size_t size;

	assert(len <= WS_DEFLATE_INPUT_MAX);
	if (len == 0)
		return write_nothing(is_last, out);
	if (z->igzip)
		size = ws_igzip_run(z->igzip, in, len, out);
	else
		size = zlib_run(z, in, len, out);
	return is_last ? size - TAIL_SIZE : size;
}
