/* SPDX-License-Identifier: MIT */
/* The decompressor, at every split of the input and every room for output. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <zlib.h>

#include "guard.h"
#include "ws/inflate.h"
#include "ws_memory.h"

#define TEXT(bytes) (const uint8_t *)(bytes), sizeof(bytes) - 1

/* RFC 7692 section 7.2.3.1 to 7.2.3.6. */
#define HELLO "\xf2\x48\xcd\xc9\xc9\x07\x00"
#define HELLO_AGAIN "\xf2\x00\x11\x00\x00"
#define HELLO_STORED "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"
#define HELLO_FINAL "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"
#define HELLO_TWO_BLOCKS \
	"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"
#define EMPTY "\x00"

struct fixture {
	struct ws_memory memory;
	struct ws_inflate *z;
	uint8_t out[1 << 17];
	size_t len; /* bytes of it */
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct ws_allocator allocator = ws_memory_allocator(&f->memory);

	f->z = ws_inflate_new(&allocator, WS_WINDOW_BITS_MAX);
	*state = f;
	return f->z ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	ws_inflate_free(&f->z);
	int leak = f->memory.live != 0 || f->z != NULL;
	free(f);
	return leak;
}

/* Shows one piece, with at most `room` bytes of output a call. */
static enum ws_inflate_status feed(struct fixture *f, const uint8_t *in,
				   size_t len, bool is_end, size_t room)
{
	const uint8_t *end = in + len;

	for (;;) {
		uint8_t *out = f->out + f->len;
		uint8_t *out_end = out + room;

		assert_true(out_end <= f->out + sizeof(f->out));
		enum ws_inflate_status status = ws_inflate_run(
			f->z, &in, end, is_end, &out, out_end);
		assert_true(in <= end && out <= out_end);
		f->len = (size_t)(out - f->out);
		if (status == WS_INFLATE_FULL)
			assert_ptr_equal(out, out_end);
		else if (status <= WS_INFLATE_DONE)
			assert_ptr_equal(in, end);
		if (status != WS_INFLATE_FULL)
			return status;
	}
}

/* A message in two pieces. */
static enum ws_inflate_status feed_cut(struct fixture *f, const uint8_t *in,
				       size_t len, size_t cut, size_t room)
{
	enum ws_inflate_status status = feed(f, in, cut, false, room);

	if (status != WS_INFLATE_MORE)
		return status;
	return feed(f, in + cut, len - cut, true, room);
}

static enum ws_inflate_status feed_bytes(struct fixture *f, const uint8_t *in,
					 size_t len, size_t room)
{
	enum ws_inflate_status status = WS_INFLATE_MORE;

	for (size_t i = 0; i < len && status == WS_INFLATE_MORE; i++)
		status = feed(f, in + i, 1, i + 1 == len, room);
	return status;
}

static void again(struct fixture *f)
{
	ws_inflate_reset(f->z, WS_WINDOW_BITS_MAX);
	f->len = 0;
}

static const size_t rooms[] = { 1, 2, 3, 5, 7, 300 };

/* In every way to cut, the first message of a connection gives `want`. */
static void assert_gives(struct fixture *f, const uint8_t *in, size_t len,
			 const uint8_t *want, size_t want_len)
{
	const size_t count = sizeof(rooms) / sizeof(*rooms);

	for (size_t i = 0; i < count * (len + 2); i++) {
		size_t cut = i / count, room = rooms[i % count];

		again(f);
		if (cut <= len)
			assert_int_equal(feed_cut(f, in, len, cut, room),
					 WS_INFLATE_DONE);
		else
			assert_int_equal(feed_bytes(f, in, len, room),
					 WS_INFLATE_DONE);
		assert_int_equal(f->len, want_len);
		assert_memory_equal(f->out, want, want_len);
	}
}

static void assert_corrupt(struct fixture *f, const uint8_t *in, size_t len)
{
	const size_t count = sizeof(rooms) / sizeof(*rooms);

	for (size_t i = 0; i < count * (len + 1); i++) {
		again(f);
		assert_int_equal(feed_cut(f, in, len, i / count,
					  rooms[i % count]),
				 WS_INFLATE_CORRUPT);
	}
	again(f);
	if (len > 0)
		assert_int_equal(feed_bytes(f, in, len, 100),
				 WS_INFLATE_CORRUPT);
}

static void test_examples_of_the_rfc(void **state)
{
	assert_gives(*state, TEXT(HELLO), TEXT("Hello"));
	assert_gives(*state, TEXT(HELLO_STORED), TEXT("Hello"));
	assert_gives(*state, TEXT(HELLO_FINAL), TEXT("Hello"));
	assert_gives(*state, TEXT(HELLO_TWO_BLOCKS), TEXT("Hello"));
}

/* Section 7.2.3.2: the second message refers to the first. */
static void test_takeover(void **state)
{
	struct fixture *f = *state;

	for (size_t room = 1; room < 8; room++) {
		again(f);
		assert_int_equal(feed(f, TEXT(HELLO), true, room),
				 WS_INFLATE_DONE);
		assert_int_equal(feed(f, TEXT(HELLO_AGAIN), true, room),
				 WS_INFLATE_DONE);
		assert_int_equal(feed(f, TEXT(EMPTY), true, room),
				 WS_INFLATE_DONE);
		assert_int_equal(feed(f, TEXT(HELLO_AGAIN), true, room),
				 WS_INFLATE_DONE);
		assert_int_equal(f->len, 15);
		assert_memory_equal(f->out, "HelloHelloHello", 15);
	}
}

/* What went before is not there to be referred to. */
static void test_reset_forgets(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(feed(f, TEXT(HELLO), true, 10), WS_INFLATE_DONE);
	again(f);
	assert_int_equal(feed(f, TEXT(HELLO_AGAIN), true, 10),
			 WS_INFLATE_CORRUPT);
	again(f);
	assert_int_equal(feed(f, TEXT(HELLO), true, 10), WS_INFLATE_DONE);
}

static void test_empty_message(void **state)
{
	assert_gives(*state, TEXT(EMPTY), TEXT(""));
	/* Several empty blocks, the last of them final. */
	assert_gives(*state, TEXT("\x00\x00\x00\xff\xff\x01"), TEXT(""));
	assert_gives(*state, TEXT("\x02\x00"), TEXT(""));
	assert_gives(*state, TEXT("\x03\x00\x00"), TEXT(""));
}

static void test_no_byte_is_no_message(void **state)
{
	assert_corrupt(*state, TEXT(""));
}

/* Sections 7.2.3.4 and 7.2.1: BFINAL ends a block, not the message. */
static void test_blocks_behind_a_final_one(void **state)
{
	assert_gives(*state, TEXT("\xf3\x48\xcd\xc9\xc9\x07\x00" HELLO_FINAL),
		     TEXT("HelloHello"));
	/* The second refers to the first. */
	assert_gives(*state,
		     TEXT("\xf3\x48\xcd\xc9\xc9\x07\x00" HELLO_AGAIN),
		     TEXT("HelloHello"));
	assert_gives(*state, TEXT("\x01\x05\x00\xfa\xffHello" HELLO_AGAIN),
		     TEXT("HelloHello"));
}

/* The tail completes a block with BFINAL; the next message goes on. */
static void test_takeover_over_a_final_block(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(feed(f, TEXT(HELLO_FINAL), true, 3), WS_INFLATE_DONE);
	assert_int_equal(feed(f, TEXT(HELLO_AGAIN), true, 3), WS_INFLATE_DONE);
	assert_int_equal(feed(f, TEXT(HELLO "\x00\x00\xff\xff\x01"), true, 3),
			 WS_INFLATE_DONE);
	assert_int_equal(feed(f, TEXT(HELLO_AGAIN), true, 3), WS_INFLATE_DONE);
	assert_memory_equal(f->out, "HelloHelloHelloHello", 20);
	assert_int_equal(f->len, 20);
}

/* Every beginning of a message is corrupt, but where it ends as one. */
static void test_cut_short(void **state)
{
	static const char two[] = HELLO_TWO_BLOCKS;

	for (size_t len = 0; len < sizeof(HELLO) - 2; len++)
		assert_corrupt(*state, (const uint8_t *)HELLO, len);
	/* A first byte 00 is an empty message. */
	for (size_t len = 2; len < sizeof(HELLO_STORED) - 2; len++)
		assert_corrupt(*state, (const uint8_t *)HELLO_STORED, len);
	for (size_t len = 1; len < sizeof(HELLO_FINAL) - 2; len++)
		assert_corrupt(*state, (const uint8_t *)HELLO_FINAL, len);
	for (size_t len = 0; len < sizeof(two) - 2; len++) {
		/* Up to the header of the empty block: a whole message. */
		if (len == 4)
			continue;
		assert_corrupt(*state, (const uint8_t *)two, len);
	}
}

static void test_garbage(void **state)
{
	/* A tail that was not cut off. */
	assert_corrupt(*state, TEXT(HELLO "\x00\x00\xff\xff"));
	assert_corrupt(*state, TEXT("\x00\x00\x00\xff\xff"));
	assert_corrupt(*state, TEXT(HELLO "garbage"));
	/* A stored block that lacks as many bytes as the tail has, or fewer. */
	assert_corrupt(*state, TEXT("\x00\x01\x00\xfe\xff"));
	assert_corrupt(*state, TEXT("\x00\x04\x00\xfb\xff"));
	/* A block type that is none, a stored length that does not check. */
	assert_corrupt(*state, TEXT("\x07"));
	assert_corrupt(*state, TEXT("\x00\x05\x00\x05\x00Hello\x00"));
	/* Fixed codes, a distance before the first byte. */
	assert_corrupt(*state, TEXT(HELLO_AGAIN));
	/* Dynamic codes that are over-subscribed. */
	assert_corrupt(*state, TEXT("\x04\xc0\xff\xff\xff\xff\xff\xff\xff"));
}

/* zlib by itself: a raw stream flushed behind the text, the tail cut off. */
static size_t oracle_deflate(const uint8_t *in, size_t len, int bits,
			     int level, uint8_t *out, size_t cap)
{
	z_stream zlib = { .zalloc = Z_NULL };

	assert_int_equal(deflateInit2(&zlib, level, Z_DEFLATED, -bits, 8,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	uint8_t *copy = malloc(len + 1);
	memcpy(copy, in, len);
	zlib.next_in = copy;
	zlib.avail_in = (unsigned)len;
	zlib.next_out = out;
	zlib.avail_out = (unsigned)cap;
	assert_int_equal(deflate(&zlib, Z_SYNC_FLUSH), Z_OK);
	assert_true(zlib.avail_out > 0);
	deflateEnd(&zlib);
	free(copy);
	return cap - zlib.avail_out - 4;
}

static size_t make_text(uint8_t *text, size_t len)
{
	uint32_t seed = 99;

	for (size_t at = 0; at < len;) {
		seed = seed * 1103515245 + 12345;
		char word[32];
		int size = snprintf(word, sizeof(word), "\"k%u\":%u,",
				    seed >> 28, seed >> 12 & 0xFFFF);
		for (int i = 0; i < size && at < len; i++)
			text[at++] = (uint8_t)word[i];
	}
	return len;
}

static void test_dynamic_codes_at_every_split(void **state)
{
	uint8_t text[700], packed[1000];
	size_t len = make_text(text, sizeof(text));
	size_t size = oracle_deflate(text, len, 15, 9, packed, sizeof(packed));

	assert_true((packed[0] & 6) == 4); /* dynamic */
	assert_gives(*state, packed, size, text, len);
	for (size_t cut = 1; cut < size; cut++) {
		struct fixture *f = *state;

		again(f);
		assert_int_equal(feed(f, packed, cut, true, 1000),
				 WS_INFLATE_CORRUPT);
	}
}

/* 64 KiB, so that distances span all of the window. */
static void test_large(void **state)
{
	static uint8_t text[80000], packed[80000];
	struct fixture *f = *state;
	size_t len = make_text(text, sizeof(text));

	for (int bits = 9; bits <= 15; bits++) {
		size_t size = oracle_deflate(text, len, bits, 6, packed,
					     sizeof(packed));
		f->len = 0;
		ws_inflate_reset(f->z, (unsigned)bits);
		assert_int_equal(feed_bytes(f, packed, size, 1000),
				 WS_INFLATE_DONE);
		assert_int_equal(f->len, len);
		assert_memory_equal(f->out, text, len);
	}
}

/* A bomb gives what there is room for, a call at a time. */
static void test_bomb_comes_in_steps(void **state)
{
	static uint8_t zeros[1 << 16], packed[1000];
	struct fixture *f = *state;
	size_t size = oracle_deflate(zeros, sizeof(zeros), 15, 9, packed,
				     sizeof(packed));
	const uint8_t *in = packed;
	size_t total = 0, calls = 0;
	enum ws_inflate_status status;

	assert_true(size < 200);
	do {
		uint8_t *out = f->out;
		status = ws_inflate_run(f->z, &in, packed + size, true, &out,
					f->out + 100);
		total += (size_t)(out - f->out);
		calls++;
	} while (status == WS_INFLATE_FULL);
	assert_int_equal(status, WS_INFLATE_DONE);
	assert_int_equal(total, sizeof(zeros));
	assert_true(calls >= sizeof(zeros) / 100);
}

static void test_no_room(void **state)
{
	struct fixture *f = *state;
	const uint8_t *in = (const uint8_t *)HELLO;
	const uint8_t *end = in + sizeof(HELLO) - 1;
	uint8_t *out = NULL;

	assert_int_equal(ws_inflate_run(f->z, &in, end, true, &out, NULL),
			 WS_INFLATE_FULL);
	out = f->out;
	assert_int_equal(
		ws_inflate_run(f->z, &in, end, true, &out, f->out + 5),
		WS_INFLATE_FULL);
	assert_ptr_equal(out, f->out + 5);
	/* Nothing is left, but that is only known now. */
	assert_int_equal(
		ws_inflate_run(f->z, &in, end, true, &out, f->out + 6),
		WS_INFLATE_DONE);
	assert_ptr_equal(out, f->out + 5);
}

/* A piece of nothing, and a message that ends with one. */
static void test_empty_pieces(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(feed(f, NULL, 0, false, 1), WS_INFLATE_MORE);
	assert_int_equal(feed(f, TEXT(HELLO), false, 9), WS_INFLATE_MORE);
	assert_int_equal(feed(f, NULL, 0, false, 1), WS_INFLATE_MORE);
	assert_int_equal(feed(f, NULL, 0, true, 1), WS_INFLATE_DONE);
	assert_memory_equal(f->out, "Hello", 5);
}

/* No byte behind the input is read, none outside of the room written. */
static void test_touches_nothing_else(void **state)
{
	struct fixture *f = *state;
	uint8_t text[700], packed[1000];
	size_t len = make_text(text, sizeof(text));
	size_t size = oracle_deflate(text, len, 15, 9, packed, sizeof(packed));
	uint8_t *guarded_in = guard_copy_end(packed, size);
	uint8_t *guarded_out = guard_alloc_end(len);
	const uint8_t *in = guarded_in;
	uint8_t *out = guarded_out;

	assert_int_equal(ws_inflate_run(f->z, &in, in + size, true, &out,
					out + len),
			 WS_INFLATE_FULL);
	assert_memory_equal(guarded_out, text, len);
	guard_free_end(guarded_in, size);
	guard_free_end(guarded_out, len);
}

/* A distance of 300 with a window of 256: no longer there byte by byte. */
static void test_behind_the_window(void **state)
{
	struct fixture *f = *state;
	uint8_t text[600], packed[700];

	for (uint32_t i = 0; i < 300; i++)
		text[i] = text[i + 300] = (uint8_t)(i * i * 40503 >> 7);
	size_t size = oracle_deflate(text, 600, 10, 9, packed, sizeof(packed));
	ws_inflate_reset(f->z, 8);
	assert_int_equal(feed_bytes(f, packed, size, 1), WS_INFLATE_CORRUPT);
	ws_inflate_reset(f->z, 9);
	f->len = 0;
	assert_int_equal(feed_bytes(f, packed, size, 1), WS_INFLATE_DONE);
	assert_memory_equal(f->out, text, 600);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_examples_of_the_rfc),
		TEST(test_takeover),
		TEST(test_reset_forgets),
		TEST(test_empty_message),
		TEST(test_no_byte_is_no_message),
		TEST(test_blocks_behind_a_final_one),
		TEST(test_takeover_over_a_final_block),
		TEST(test_cut_short),
		TEST(test_garbage),
		TEST(test_dynamic_codes_at_every_split),
		TEST(test_large),
		TEST(test_bomb_comes_in_steps),
		TEST(test_no_room),
		TEST(test_empty_pieces),
		TEST(test_touches_nothing_else),
		TEST(test_behind_the_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
