/* SPDX-License-Identifier: MIT */
/* Blocks lent by a worker: their sizes, which are kept, which go back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "relay/buffer_pool.h"

#define LARGEST ((size_t)BUFFER_POOL_SMALLEST << (BUFFER_POOL_CLASSES - 1))

static void *get(struct buffer_pool *pool, size_t size, size_t expected)
{
	size_t got = 0;
	void *block = buffer_pool_get(pool, size, &got);

	assert_non_null(block);
	assert_int_equal(got, expected);
	memset(block, 0xA5, got); /* all of it is there */
	return block;
}

static void test_sizes_are_rounded_up(void **unused)
{
	struct buffer_pool pool = { .count = { 0 } };

	(void)unused;
	for (size_t size = BUFFER_POOL_SMALLEST; size <= 1 << 20; size *= 2) {
		buffer_pool_put(&pool, get(&pool, size - 1, size), size);
		buffer_pool_put(&pool, get(&pool, size, size), size);
		buffer_pool_put(&pool, get(&pool, size + 1, 2 * size),
				2 * size);
	}
	assert_int_equal(counter_get(&pool.lent), 0);
	buffer_pool_put(&pool, get(&pool, 1, BUFFER_POOL_SMALLEST),
			BUFFER_POOL_SMALLEST);
	buffer_pool_done(&pool);
}

static void test_too_large_is_refused(void **unused)
{
	struct buffer_pool pool = { .count = { 0 } };
	size_t size = 7;
	void *block;

	(void)unused;
	assert_null(buffer_pool_get(&pool, LARGEST + 1, &size));
	assert_null(buffer_pool_get(&pool, SIZE_MAX, &size));
	assert_int_equal(size, 7);
	block = buffer_pool_get(&pool, LARGEST, &size);
	assert_non_null(block);
	assert_int_equal(size, LARGEST);
	buffer_pool_put(&pool, block, size);
	buffer_pool_done(&pool);
}

/* The block that came back last is lent first: its memory is still warm. */
static void test_blocks_are_used_again(void **unused)
{
	struct buffer_pool pool = { .count = { 0 } };
	void *a = get(&pool, 3000, 4096);
	void *b = get(&pool, 3000, 4096);

	(void)unused;
	buffer_pool_put(&pool, a, 4096);
	buffer_pool_put(&pool, b, 4096);
	assert_int_equal(pool.count[2], 2);
	assert_ptr_equal(get(&pool, 4000, 4096), b);
	assert_ptr_equal(get(&pool, 4000, 4096), a);
	assert_int_equal(pool.count[2], 0);
	buffer_pool_put(&pool, a, 4096);
	buffer_pool_put(&pool, b, 4096);
	buffer_pool_done(&pool);
	assert_int_equal(pool.count[2], 0);
}

static void test_no_more_than_some_are_kept(void **unused)
{
	void *blocks[BUFFER_POOL_KEPT + 2];
	struct buffer_pool pool = { .count = { 0 } };

	(void)unused;
	for (size_t i = 0; i < BUFFER_POOL_KEPT + 2; i++)
		blocks[i] = get(&pool, 1, BUFFER_POOL_SMALLEST);
	for (size_t i = 0; i < BUFFER_POOL_KEPT + 2; i++)
		buffer_pool_put(&pool, blocks[i], BUFFER_POOL_SMALLEST);
	assert_int_equal(pool.count[0], BUFFER_POOL_KEPT);
	buffer_pool_done(&pool);
}

static void test_large_ones_are_not_kept(void **unused)
{
	struct buffer_pool pool = { .count = { 0 } };
	size_t size = BUFFER_POOL_KEPT_MAX;
	void *kept = get(&pool, size, size);
	void *given_back = get(&pool, size + 1, 2 * size);
	unsigned count = 0;

	(void)unused;
	buffer_pool_put(&pool, kept, size);
	buffer_pool_put(&pool, given_back, 2 * size);
	for (size_t i = 0; i < BUFFER_POOL_CLASSES; i++)
		count += pool.count[i];
	assert_int_equal(count, 1);
	assert_ptr_equal(get(&pool, size, size), kept);
	buffer_pool_put(&pool, kept, size);
	buffer_pool_done(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_are_rounded_up),
		cmocka_unit_test(test_too_large_is_refused),
		cmocka_unit_test(test_blocks_are_used_again),
		cmocka_unit_test(test_no_more_than_some_are_kept),
		cmocka_unit_test(test_large_ones_are_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
