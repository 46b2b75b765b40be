/* SPDX-License-Identifier: MIT */
/* What the decompressor takes of an allocator, and does when it fails. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ws/inflate.h"
#include "ws_memory.h"

/* RFC 7692 section 7.2.3.1 and 7.2.3.6. */
#define HELLO "\xf2\x48\xcd\xc9\xc9\x07\x00"
#define EMPTY "\x00"

/* The n-th allocation fails, for every n: no leak, and a new start works. */
static void test_out_of_memory(void **state)
{
	uint8_t room[100];
	size_t failures = 0;

	(void)state;
	for (size_t n = 1;; n++) {
		struct ws_memory memory = { .fail_at = n };
		struct ws_allocator allocator = ws_memory_allocator(&memory);
		const uint8_t *in = (const uint8_t *)HELLO;
		const uint8_t *end = in + sizeof(HELLO) - 1;
		uint8_t *out = room;
		struct ws_inflate *z = ws_inflate_new(&allocator, 15);

		if (z) {
			enum ws_inflate_status status = ws_inflate_run(
				z, &in, end, true, &out, room + sizeof(room));
			if (memory.calls >= n)
				assert_int_equal(status, WS_INFLATE_NO_MEMORY);
			else
				assert_int_equal(status, WS_INFLATE_DONE);
			memory.fail_at = 0;
			ws_inflate_reset(z, 15);
			in = (const uint8_t *)HELLO;
			out = room;
			assert_int_equal(ws_inflate_run(z, &in, end, true, &out,
							room + sizeof(room)),
					 WS_INFLATE_DONE);
		}
		ws_inflate_free(&z);
		assert_null(z);
		assert_int_equal(memory.live, 0);
		if (n > memory.calls)
			break;
		failures++;
	}
	assert_true(failures >= 3); /* ours, zlib's state, the window */
}

/* The window may only be asked for when the tail is fed. */
static void test_out_of_memory_at_the_end(void **state)
{
	struct ws_memory memory = { .fail_at = 0 };
	struct ws_allocator allocator = ws_memory_allocator(&memory);
	struct ws_inflate *z = ws_inflate_new(&allocator, 15);
	const uint8_t *in = (const uint8_t *)EMPTY;
	uint8_t out[10], *at = out;

	(void)state;
	memory.fail_at = memory.calls + 1;
	enum ws_inflate_status status =
		ws_inflate_run(z, &in, in + 1, true, &at, out + 10);
	assert_true(status == WS_INFLATE_NO_MEMORY ||
		    status == WS_INFLATE_DONE);
	assert_ptr_equal(at, out);
	ws_inflate_free(&z);
	assert_int_equal(memory.live, 0);
}

/* The figures of the header. */
static void test_memory_is_as_told(void **state)
{
	static const uint8_t text[] = HELLO;

	(void)state;
	for (unsigned bits = WS_WINDOW_BITS_MIN; bits <= WS_WINDOW_BITS_MAX;
	     bits++) {
		struct ws_memory memory = { .live = 0 };
		struct ws_allocator allocator = ws_memory_allocator(&memory);
		struct ws_inflate *z = ws_inflate_new(&allocator, bits);
		const uint8_t *in = text;
		uint8_t out[10], *at = out;

		size_t fixed = memory.bytes;
		assert_int_equal(ws_inflate_run(z, &in, text + 7, true, &at,
						out + 10),
				 WS_INFLATE_DONE);
		assert_true(fixed <= 8 * 1024);
		assert_int_equal(memory.bytes - fixed, 1u << bits);
		ws_inflate_free(&z);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_out_of_memory_at_the_end),
		cmocka_unit_test(test_memory_is_as_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
