/* SPDX-License-Identifier: MIT */
/* The compressor: what it writes, any inflater of the agreed window reads. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "guard.h"
#include "ws/deflate.h"
#include "ws/deflate_set.h"
#include "ws/inflate.h"
#include "ws_memory.h"

#define TEXT_MAX 70000

/* What is compressed, by kind. */
enum kind { KIND_JSON, KIND_ZEROS, KIND_NOISE, KINDS };

struct fixture {
	struct ws_memory memory;
	struct ws_allocator allocator;
	uint8_t text[KINDS][TEXT_MAX];
	uint8_t back[TEXT_MAX];
	uint8_t *packed; /* room for a whole text */
};

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void make_texts(struct fixture *f)
{
	static const char *const words[] = { "\"time\":", "{\"id\":", "},\n",
					     "\"name\":\"dev-", "\",", "12" };
	uint32_t seed = 7;

	for (size_t i = 0; i < TEXT_MAX; i++)
		f->text[KIND_NOISE][i] = (uint8_t)(next_random(&seed) >> 9);
	for (size_t at = 0; at < TEXT_MAX;) {
		uint32_t r = next_random(&seed);
		const char *word = words[r % 6];
		while (*word && at < TEXT_MAX)
			f->text[KIND_JSON][at++] = (uint8_t)*word++;
		if (at < TEXT_MAX)
			f->text[KIND_JSON][at++] = (uint8_t)('0' + r / 6 % 10);
	}
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->allocator = ws_memory_allocator(&f->memory);
	f->packed = malloc(2 * ws_deflate_bound(TEXT_MAX));
	make_texts(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int leak = f->memory.live != 0;

	free(f->packed);
	free(f);
	return leak;
}

/* An inflater of exactly this window: zlib, given room for one byte a call,
 * so that it finds nothing farther back than the window. */
struct oracle {
	z_stream zlib;
};

static void oracle_begin(struct oracle *oracle, int bits)
{
	memset(oracle, 0, sizeof(*oracle));
	assert_int_equal(inflateInit2(&oracle->zlib, -bits), Z_OK);
}

static void oracle_feed(struct oracle *oracle, uint8_t *in, size_t len,
			uint8_t *out, size_t want)
{
	z_stream *zlib = &oracle->zlib;
	uint8_t more[1];

	zlib->next_in = in;
	zlib->avail_in = (unsigned)len;
	for (size_t i = 0; i < want; i++) {
		zlib->next_out = out + i;
		zlib->avail_out = 1;
		assert_int_equal(inflate(zlib, Z_SYNC_FLUSH), Z_OK);
		assert_int_equal(zlib->avail_out, 0);
	}
	zlib->next_out = more;
	zlib->avail_out = 1;
	assert_in_range(inflate(zlib, Z_SYNC_FLUSH) + 10, Z_BUF_ERROR + 10,
			Z_OK + 10);
	assert_int_equal(zlib->avail_out, 1);
	assert_int_equal(zlib->avail_in, 0);
}

/* `len` compressed bytes, with the tail put back, are a message `want`. */
static void assert_unpacks(struct fixture *f, unsigned bits, size_t len,
			   const uint8_t *want, size_t want_len)
{
	static const uint8_t tail[] = { 0, 0, 0xff, 0xff };
	struct oracle oracle;
	struct ws_inflate *z = ws_inflate_new(&f->allocator, bits);
	const uint8_t *in = f->packed;
	uint8_t *out = f->back;
	uint8_t more[1];

	enum ws_inflate_status status = ws_inflate_run(
		z, &in, in + len, true, &out, f->back + want_len);
	if (status == WS_INFLATE_FULL) {
		uint8_t *rest = more;
		status = ws_inflate_run(z, &in, f->packed + len, true, &rest,
					more + 1);
		assert_ptr_equal(rest, more);
	}
	assert_int_equal(status, WS_INFLATE_DONE);
	assert_ptr_equal(out, f->back + want_len);
	assert_memory_equal(f->back, want, want_len);
	ws_inflate_free(&z);

	memset(f->back, 0, want_len);
	memcpy(f->packed + len, tail, sizeof(tail));
	oracle_begin(&oracle, (int)bits);
	oracle_feed(&oracle, f->packed, len + sizeof(tail), f->back, want_len);
	assert_memory_equal(f->back, want, want_len);
	inflateEnd(&oracle.zlib);
}

static struct ws_deflate *make(struct fixture *f, unsigned bits,
			       unsigned level, unsigned mem_level,
			       bool has_takeover)
{
	struct ws_deflate_settings settings = {
		.window_bits = bits,
		.level = level,
		.mem_level = mem_level,
		.has_takeover = has_takeover,
	};
	struct ws_deflate *z = ws_deflate_new(&f->allocator, &settings);

	assert_non_null(z);
	return z;
}

/* Compresses in pieces of `piece` bytes at most; the sizes add up. */
static size_t pack(struct fixture *f, struct ws_deflate *z,
		   const uint8_t *text, size_t len, size_t piece)
{
	size_t size = 0, at = 0;

	do {
		size_t take = len - at < piece ? len - at : piece;
		bool is_last = at + take == len;
		size_t got = ws_deflate_run(z, text + at, take, is_last,
					    f->packed + size);

		assert_true(got <= ws_deflate_bound(take));
		size += got;
		at += take;
	} while (at < len);
	return size;
}

static const size_t lengths[] = { 1, 2, 3, 100, 255, 256, 257, 300, 600,
				  1000, 5000, TEXT_MAX };

/* Every kind, length and window with one object, whole messages. */
static void check_messages(struct fixture *f, unsigned level,
			   unsigned mem_level)
{
	for (unsigned bits = 8; bits <= 15; bits++) {
		struct ws_deflate *z = make(f, bits, level, mem_level, false);

		for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
			for (size_t kind = 0; kind < KINDS; kind++) {
				const uint8_t *text = f->text[kind];
				size_t size = pack(f, z, text, lengths[i],
						   TEXT_MAX);
				assert_unpacks(f, bits, size, text,
					       lengths[i]);
			}
		ws_deflate_free(&z);
		assert_null(z);
	}
}

/* In memory of exactly the bound, of exactly the input. */
static void test_touches_nothing_else(void **state)
{
	struct fixture *f = *state;

	for (unsigned bits = 8; bits <= 15; bits += 7)
		for (size_t i = 0; i < KINDS * 12; i++) {
			unsigned level = 1 + (unsigned)i % 2;
			struct ws_deflate *z = make(f, bits, level, 8, false);
			size_t len = lengths[i / KINDS];
			size_t bound = ws_deflate_bound(len);
			uint8_t *in = guard_copy_end(f->text[i % KINDS], len);
			uint8_t *out = guard_alloc_end(bound);

			size_t size = ws_deflate_run(z, in, len, true, out);
			assert_true(size <= bound);
			guard_free_end(in, len);
			guard_free_end(out, bound);
			ws_deflate_free(&z);
		}
}

static void test_whole_messages(void **state)
{
	check_messages(*state, 1, 8);
	check_messages(*state, 9, 9);
}

/* The smallest blocks: the most overhead on noise. */
static void test_least_memory(void **state)
{
	check_messages(*state, 1, 1);
	check_messages(*state, 6, 1);
}

/* Without takeover a message is the same whatever went before. */
static void test_nothing_is_kept_between_messages(void **state)
{
	struct fixture *f = *state;
	const uint8_t *text = f->text[KIND_JSON];
	uint8_t first[2000];

	for (unsigned level = 1; level <= 9; level++) {
		struct ws_deflate *z = make(f, 15, level, 8, false);
		size_t size = pack(f, z, text, 500, TEXT_MAX);

		memcpy(first, f->packed, size);
		pack(f, z, text, 3000, 700);
		assert_int_equal(pack(f, z, text, 500, TEXT_MAX), size);
		assert_memory_equal(f->packed, first, size);
		ws_deflate_free(&z);
	}
}

/* The pieces of a message, with those of others in between. */
static void test_pieces_refer_to_nothing(void **state)
{
	struct fixture *f = *state;
	const uint8_t *text = f->text[KIND_JSON];

	for (unsigned level = 1; level <= 9; level += 4) {
		struct ws_deflate *z = make(f, 15, level, 8, false);
		for (size_t cut = 0; cut <= 300; cut++) {
			uint8_t *at = f->packed;
			uint8_t other[200];

			at += ws_deflate_run(z, text, cut, false, at);
			(void)ws_deflate_run(z, text + 7, 100, true, other);
			at += ws_deflate_run(z, text + cut, 300 - cut, false,
					     at);
			(void)ws_deflate_run(z, text + 9, 100, false, other);
			/* The message ends without more data. */
			at += ws_deflate_run(z, NULL, 0, true, at);
			assert_unpacks(f, 15, (size_t)(at - f->packed), text,
				       300);
		}
		ws_deflate_free(&z);
	}
}

static void test_pieces_of_every_size(void **state)
{
	struct fixture *f = *state;

	for (unsigned bits = 8; bits <= 15; bits++)
		for (size_t piece = 1; piece < 700; piece += 1 + piece / 3) {
			for (size_t kind = 0; kind < KINDS; kind++) {
				unsigned level = 1 + (unsigned)piece % 9;
				struct ws_deflate *z = make(
					f, bits, level, 8, piece % 2 == 0);
				size_t size = pack(f, z, f->text[kind], 1000,
						   piece);
				assert_unpacks(f, bits, size, f->text[kind],
					       1000);
				ws_deflate_free(&z);
			}
		}
}

/* RFC 7692 section 7.2.3.6 */
static void test_nothing(void **state)
{
	struct fixture *f = *state;

	for (int takeover = 0; takeover < 2; takeover++) {
		struct ws_deflate *z = make(f, 15, 6, 8, takeover);

		assert_int_equal(ws_deflate_run(z, NULL, 0, false, f->packed),
				 0);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(
				ws_deflate_run(z, NULL, 0, true, f->packed), 1);
			assert_int_equal(f->packed[0], 0);
			assert_unpacks(f, 15, 1, NULL, 0);
		}
		ws_deflate_free(&z);
	}
}

/* Section 7.2.3.2: a message that was there before is told in a few bytes,
 * and the peer's decompressor follows from message to message. */
static void test_takeover(void **state)
{
	static uint8_t tail[] = { 0, 0, 0xff, 0xff };
	struct fixture *f = *state;
	const uint8_t *text = f->text[KIND_JSON];

	for (unsigned i = 0; i < 16; i++) {
		unsigned bits = 8 + i / 2, level = i % 2 ? 6 : 1;
		struct ws_deflate *z = make(f, bits, level, 8, true);
		struct oracle oracle;

		oracle_begin(&oracle, (int)bits);
		for (int n = 0; n < 40; n++) {
			size_t len = 200;
			size_t size = pack(f, z, text, len, n % 2 ? len : 17);

			oracle_feed(&oracle, f->packed, size, f->back, len);
			assert_memory_equal(f->back, text, len);
			oracle_feed(&oracle, tail, sizeof(tail), NULL, 0);
			if (n == 39 && bits > 9)
				assert_true(size < 20);
		}
		inflateEnd(&oracle.zlib);
		ws_deflate_free(&z);
	}
}

/* It is worth its name, with and without a window. */
static void test_it_gets_smaller(void **state)
{
	struct fixture *f = *state;

	for (unsigned level = 1; level <= 9; level++)
		for (unsigned bits = 8; bits <= 15; bits++) {
			struct ws_deflate *z = make(f, bits, level, 8, false);
			size_t len = 5000;

			assert_true(pack(f, z, f->text[KIND_JSON], len, len) <
				    (bits == 8 ? len * 3 / 4 : len / 2));
			assert_true(pack(f, z, f->text[KIND_ZEROS], len, len) <
				    200);
			ws_deflate_free(&z);
		}
}

static void test_out_of_memory(void **state)
{
	size_t failures = 0;

	(void)state;
	for (unsigned level = 1; level <= 6; level += 5)
		for (size_t n = 1;; n++, failures++) {
			struct ws_memory memory = { .fail_at = n };
			struct ws_allocator allocator =
				ws_memory_allocator(&memory);
			struct ws_deflate_settings settings = {
				.window_bits = 15,
				.level = level,
				.mem_level = 8,
			};
			struct ws_deflate *z =
				ws_deflate_new(&allocator, &settings);

			assert_int_equal(z == NULL, memory.calls >= n);
			ws_deflate_free(&z);
			assert_int_equal(memory.live, 0);
			if (memory.calls < n)
				break;
		}
	assert_true(failures >= 7);
}

static void test_set_makes_one_a_window(void **state)
{
	struct fixture *f = *state;
	struct ws_deflate *members[16] = { NULL };
	struct ws_deflate_set *set = ws_deflate_set_new(&f->allocator, 1, 8);

	assert_non_null(set);
	assert_int_equal(f->memory.live, 1);
	for (int round = 0; round < 2; round++)
		for (unsigned bits = 8; bits <= 15; bits++) {
			struct ws_deflate *z = ws_deflate_set_get(set, bits);

			assert_non_null(z);
			if (round > 0)
				assert_ptr_equal(z, members[bits]);
			members[bits] = z;
			assert_ptr_not_equal(z, members[bits - 1]);
			size_t size = pack(f, z, f->text[KIND_JSON], 5000, 900);
			assert_unpacks(f, bits, size, f->text[KIND_JSON],
				       5000);
		}
	ws_deflate_set_free(&set);
	assert_null(set);
	ws_deflate_set_free(&set);
}

static void test_set_out_of_memory(void **state)
{
	struct ws_memory memory = { .fail_at = 1 };
	struct ws_allocator allocator = ws_memory_allocator(&memory);

	(void)state;
	assert_null(ws_deflate_set_new(&allocator, 1, 8));
	struct ws_deflate_set *set = ws_deflate_set_new(&allocator, 6, 8);
	memory.fail_at = memory.calls + 1;
	assert_null(ws_deflate_set_get(set, 12));
	/* It is not over: memory may come back. */
	assert_non_null(ws_deflate_set_get(set, 12));
	ws_deflate_set_free(&set);
	assert_int_equal(memory.live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_touches_nothing_else),
		cmocka_unit_test(test_whole_messages),
		cmocka_unit_test(test_least_memory),
		cmocka_unit_test(test_nothing_is_kept_between_messages),
		cmocka_unit_test(test_pieces_refer_to_nothing),
		cmocka_unit_test(test_pieces_of_every_size),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_takeover),
		cmocka_unit_test(test_it_gets_smaller),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_set_makes_one_a_window),
		cmocka_unit_test(test_set_out_of_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
