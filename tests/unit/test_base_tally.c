/* SPDX-License-Identifier: MIT */
/* Counters by name: found again, bounded, readable while others write. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/tally.h"

static struct slice key_of(unsigned number, char buffer[16])
{
	int len = snprintf(buffer, 16, "key-%u", number);

	return slice_make(buffer, (size_t)len);
}

struct sum {
	size_t rows;
	uint64_t counts;
};

static void add(void *arg, const struct tally_row *row)
{
	struct sum *sum = arg;

	sum->rows++;
	sum->counts += counter_get(&row->at[0]);
}

static struct sum sum_of(const struct tally *tally)
{
	struct sum sum = { .rows = 0 };

	tally_each(tally, add, &sum);
	return sum;
}

static void test_rows_are_found_again(void **state)
{
	struct tally tally;
	struct tally_row *row;
	char buffer[16];

	(void)state;
	tally_init(&tally, 1000, slice_of("other"));
	assert_int_equal(sum_of(&tally).rows, 0);
	for (unsigned i = 0; i < 3 * 500; i++) {
		row = tally_row(&tally, key_of(i % 500, buffer));
		counter_add(&row->at[0], i % 500);
	}
	assert_int_equal(sum_of(&tally).rows, 500);
	assert_int_equal(sum_of(&tally).counts, 3 * 500 * 499 / 2);
	row = tally_row(&tally, slice_of("key-7"));
	assert_int_equal(counter_get(&row->at[0]), 21);
	/* The key is a copy, with a terminator. */
	assert_string_equal(row->key.data, "key-7");
	tally_done(&tally);
}

static void test_keys_are_bytes(void **state)
{
	struct tally tally;
	struct tally_row *a;

	(void)state;
	tally_init(&tally, 10, slice_of("other"));
	a = tally_row(&tally, slice_make("a\0b", 3));
	assert_ptr_equal(tally_row(&tally, slice_make("a\0b", 3)), a);
	assert_ptr_not_equal(tally_row(&tally, slice_make("a\0c", 3)), a);
	assert_ptr_not_equal(tally_row(&tally, slice_make("a", 1)), a);
	assert_non_null(tally_row(&tally, slice_make(NULL, 0)));
	assert_int_equal(tally.count, 4);
	tally_done(&tally);
}

/* What has no row of its own is counted, under the name of the rest. */
static void test_bound(void **state)
{
	struct tally tally;
	struct tally_row *first;
	char buffer[16];

	(void)state;
	tally_init(&tally, 3, slice_of("other"));
	first = tally_row(&tally, key_of(0, buffer));
	for (unsigned i = 0; i < 10; i++)
		counter_add(&tally_row(&tally, key_of(i, buffer))->at[0], 1);
	assert_int_equal(tally.count, 3);
	assert_int_equal(counter_get(&tally.rest.at[0]), 7);
	assert_int_equal(sum_of(&tally).rows, 4);
	assert_int_equal(sum_of(&tally).counts, 10);
	assert_ptr_equal(tally_row(&tally, key_of(0, buffer)), first);
	tally_done(&tally);
}

/* One that is called like the rest is not there twice. */
static void test_name_of_the_rest(void **state)
{
	struct tally tally;

	(void)state;
	tally_init(&tally, 3, slice_of("other"));
	assert_ptr_equal(tally_row(&tally, slice_of("other")), &tally.rest);
	counter_add(&tally.rest.at[0], 1);
	assert_int_equal(sum_of(&tally).rows, 1);
	tally_done(&tally);
}

static void *write_rows(void *arg)
{
	struct tally *tally = arg;
	char buffer[16];

	for (unsigned i = 0; i < 100000; i++)
		counter_add(&tally_row(tally, key_of(i % 300, buffer))->at[0],
			    1);
	return NULL;
}

/* Sums only grow, whatever is being written. */
static void test_reading_meanwhile(void **state)
{
	struct tally tally;
	pthread_t writer;
	uint64_t before = 0;

	(void)state;
	tally_init(&tally, 1000, slice_of("other"));
	assert_int_equal(pthread_create(&writer, NULL, write_rows, &tally), 0);
	while (before < 100000) {
		uint64_t now = sum_of(&tally).counts;

		assert_true(now >= before);
		before = now;
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_int_equal(sum_of(&tally).rows, 300);
	tally_done(&tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_found_again),
		cmocka_unit_test(test_keys_are_bytes),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_name_of_the_rest),
		cmocka_unit_test(test_reading_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
