/* SPDX-License-Identifier: MIT */
/* Fuzzes the decompressor: however it is cut, it must tell the same. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit/ws_memory.h"
#include "ws/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The first byte of the input gives the window, the next ones how long the
 * pieces are and how much room there is for output, in turn; the rest is a
 * message, shown twice to the same object.
 */
#define CUT_BYTES 4

/* Bounds what a bomb does to the fuzzer. */
#define OUT_MAX ((size_t)1 << 18)

struct result {
	enum ws_inflate_status status; /* FULL: stopped at OUT_MAX */
	size_t len;
	uint8_t out[OUT_MAX];
};

static void check(bool is_true)
{
	if (!is_true)
		abort();
}

/* Shows a piece; `room` bytes of output at most a call. */
static void feed(struct result *r, struct ws_inflate *z, const uint8_t *piece,
		 size_t len, bool is_end, size_t room)
{
	/* Memory of exactly this size: the sanitizer sees its ends. */
	uint8_t *in = memcpy(malloc(len + 1), piece, len);
	const uint8_t *at = in;

	do {
		size_t left = OUT_MAX - r->len;
		size_t now = room < left ? room : left;
		uint8_t *block = malloc(now + 1), *out = block;

		if (now == 0) {
			r->status = WS_INFLATE_FULL;
		} else {
			r->status = ws_inflate_run(z, &at, in + len, is_end,
						   &out, block + now);
			check(at <= in + len && out <= block + now);
			memcpy(r->out + r->len, block, (size_t)(out - block));
			r->len += (size_t)(out - block);
		}
		free(block);
		if (r->status == WS_INFLATE_MORE ||
		    r->status == WS_INFLATE_DONE)
			check(at == in + len);
	} while (r->status == WS_INFLATE_FULL && r->len < OUT_MAX);
	free(in);
}

static void run(struct result *r, unsigned bits, const uint8_t *message,
		size_t size, const uint8_t *cuts)
{
	struct ws_memory memory = { .live = 0 };
	struct ws_allocator allocator = ws_memory_allocator(&memory);
	struct ws_inflate *z = ws_inflate_new(&allocator, bits);

	r->len = 0;
	r->status = WS_INFLATE_MORE;
	for (int round = 0; round < 2; round++) {
		size_t at = 0, turn = 0;
		do {
			size_t len = cuts ? cuts[turn % 3] + turn % 2 : size;
			if (len > size - at)
				len = size - at;
			feed(r, z, message + at, len, at + len == size,
			     cuts ? 1 + (size_t)cuts[3] : OUT_MAX);
			at += len;
			turn++;
		} while (r->status == WS_INFLATE_MORE);
		if (r->status != WS_INFLATE_DONE)
			break;
	}
	ws_inflate_free(&z);
	check(memory.live == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct result whole, pieces;

	if (size < 1 + CUT_BYTES)
		return 0;
	unsigned bits = 8 + data[0] % 8u;
	const uint8_t *message = data + 1 + CUT_BYTES;
	size_t len = size - 1 - CUT_BYTES;

	run(&whole, bits, message, len, NULL);
	run(&pieces, bits, message, len, data + 1);
	/* With a smaller window it depends on the cuts what is still there. */
	if (bits < WS_WINDOW_BITS_MAX)
		return 0;
	check(whole.status == pieces.status);
	check(whole.len == pieces.len);
	check(memcmp(whole.out, pieces.out, whole.len) == 0);
	return 0;
}
