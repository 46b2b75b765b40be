/* SPDX-License-Identifier: MIT */
/* zlib's inflate, and what makes its stream a row of messages. */

#include "ws/inflate.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "ws/zlib_memory.h"

/* The bytes a sender cuts off: section 7.2.1 step 3. */
static const uint8_t tail[] = { 0x00, 0x00, 0xFF, 0xFF };

/* What zlib tells in z_stream.data_type, see inflate() in zlib.h. */
enum {
	ZLIB_BITS = 0x3F,      /* bits of the last byte not used yet */
	ZLIB_BLOCK_END = 0x80, /* the stream stands between two blocks */
};

struct ws_inflate {
	struct ws_allocator allocator;
	z_stream zlib;
};

struct ws_inflate *ws_inflate_new(const struct ws_allocator *allocator,
				  unsigned window_bits)
{
	struct ws_inflate *z = allocator->alloc(allocator->arg, sizeof(*z));

	if (!z)
		return NULL;
	memset(z, 0, sizeof(*z));
	z->allocator = *allocator;
	ws_zlib_use(&z->zlib, &z->allocator);
	/* Negative: raw DEFLATE, without zlib's header. */
	if (inflateInit2(&z->zlib, -(int)window_bits) != Z_OK) {
		allocator->free(allocator->arg, z);
		return NULL;
	}
	return z;
}

void ws_inflate_free(struct ws_inflate **ref)
{
	struct ws_inflate *z = *ref;

	if (!z)
		return;
	struct ws_allocator allocator = z->allocator;
	inflateEnd(&z->zlib);
	allocator.free(allocator.arg, z);
	*ref = NULL;
}

void ws_inflate_reset(struct ws_inflate *z, unsigned window_bits)
{
	int result = inflateReset2(&z->zlib, -(int)window_bits);

	assert(result == Z_OK);
	(void)result;
}

/* As many bytes as zlib can count. */
static unsigned clamp(ptrdiff_t len)
{
	return len < INT_MAX ? (unsigned)len : INT_MAX;
}

/*
 * Runs zlib once over what it can count of input and room.  Z_OK also when
 * there was nothing to do.
 */
static int run_once(z_stream *zlib, const uint8_t **in, const uint8_t *in_end,
		    uint8_t **out, uint8_t *out_end)
{
	unsigned have = clamp(in_end - *in);
	unsigned room = clamp(out_end - *out);

	zlib->next_in = *in;
	zlib->avail_in = have;
	zlib->next_out = *out;
	zlib->avail_out = room;
	int result = inflate(zlib, Z_SYNC_FLUSH);
	*in += have - zlib->avail_in;
	*out += room - zlib->avail_out;
	return result == Z_BUF_ERROR ? Z_OK : result;
}

/*
 * All of the message is in and told: the header of an empty block must stand
 * at its end, so that the tail completes that block, is used up by it and
 * gives no output.  Nothing else does all three: inside of compressed data the
 * tail gives output or ends the block in its first half, where Z_BLOCK stops.
 */
static enum ws_inflate_status finish(z_stream *zlib)
{
	uint8_t nothing[1];

	zlib->next_in = tail;
	zlib->avail_in = sizeof(tail);
	zlib->next_out = nothing;
	zlib->avail_out = sizeof(nothing);
	int result = inflate(zlib, Z_BLOCK);
	if (result == Z_MEM_ERROR)
		return WS_INFLATE_NO_MEMORY;
	bool is_whole = result == Z_OK && zlib->avail_in == 0 &&
			zlib->avail_out == sizeof(nothing) &&
			(zlib->data_type & ZLIB_BLOCK_END) &&
			(zlib->data_type & ZLIB_BITS) == 0;
	return is_whole ? WS_INFLATE_DONE : WS_INFLATE_CORRUPT;
}

enum ws_inflate_status ws_inflate_run(struct ws_inflate *z, const uint8_t **in,
				      const uint8_t *in_end, bool is_end,
				      uint8_t **out, uint8_t *out_end)
{
	while (*out < out_end) {
		int result = run_once(&z->zlib, in, in_end, out, out_end);
		if (result == Z_MEM_ERROR)
			return WS_INFLATE_NO_MEMORY;
		if (result == Z_STREAM_END) {
			/*
			 * A block with BFINAL.  More may follow, which may
			 * refer to what came before it: as inflateReset(),
			 * but the window stays.
			 */
			inflateResetKeep(&z->zlib);
			continue;
		}
		if (result != Z_OK)
			return WS_INFLATE_CORRUPT;
		if (*out == out_end || *in < in_end)
			continue;
		return is_end ? finish(&z->zlib) : WS_INFLATE_MORE;
	}
	return WS_INFLATE_FULL;
}
