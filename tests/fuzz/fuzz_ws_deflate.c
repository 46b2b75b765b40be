/* SPDX-License-Identifier: MIT */
/* Fuzzes the compressor: what it writes must come back, in any settings. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit/ws_memory.h"
#include "ws/deflate.h"
#include "ws/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Window and takeover, level and mem_level, length of a piece; then text. */
#define SETTING_BYTES 4

static void check(bool is_true)
{
	if (!is_true)
		abort();
}

/* Compresses and decompresses a message in pieces. */
static void round_trip(struct ws_deflate *z, struct ws_inflate *back,
		       const uint8_t *text, size_t size, size_t piece)
{
	uint8_t *told = malloc(size + 1), *out = told;
	enum ws_inflate_status status;
	size_t at = 0;

	do {
		size_t len = size - at < piece ? size - at : piece;
		bool is_last = at + len == size;
		uint8_t *packed = malloc(ws_deflate_bound(len));
		size_t n = ws_deflate_run(z, text + at, len, is_last, packed);
		const uint8_t *in = packed;

		check(n <= ws_deflate_bound(len));
		status = ws_inflate_run(back, &in, packed + n, is_last, &out,
					told + size + 1);
		check(status ==
		      (is_last ? WS_INFLATE_DONE : WS_INFLATE_MORE));
		free(packed);
		at += len;
	} while (at < size);
	check(out == told + size);
	check(memcmp(told, text, size) == 0);
	free(told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ws_memory memory = { .live = 0 };
	struct ws_allocator allocator = ws_memory_allocator(&memory);

	if (size < SETTING_BYTES)
		return 0;
	struct ws_deflate_settings settings = {
		.window_bits = 8 + data[0] % 8u,
		.has_takeover = data[0] & 8,
		.level = 1 + data[1] % 9u,
		.mem_level = 1 + data[2] % 9u,
	};
	struct ws_deflate *z = ws_deflate_new(&allocator, &settings);
	struct ws_inflate *back =
		ws_inflate_new(&allocator, settings.window_bits);

	for (int round = 0; round < 2; round++) {
		if (!settings.has_takeover)
			ws_inflate_reset(back, settings.window_bits);
		round_trip(z, back, data + SETTING_BYTES, size - SETTING_BYTES,
			   1 + (size_t)data[3] * 8);
	}
	ws_deflate_free(&z);
	ws_inflate_free(&back);
	check(memory.live == 0);
	return 0;
}
