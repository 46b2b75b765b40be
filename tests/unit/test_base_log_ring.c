/* SPDX-License-Identifier: MIT */
/* Tests of the log's queue: order, whole lines, wrapping, gaps. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log_ring.h"

enum { SIZE = 16 };

static char bytes[SIZE];
static char out[64];

static struct log_ring ring_new(void)
{
	struct log_ring ring;

	log_ring_init(&ring, bytes, sizeof(bytes));
	return ring;
}

static bool put(struct log_ring *ring, const char *line)
{
	return log_ring_put(ring, line, strlen(line));
}

static const char *take(struct log_ring *ring, size_t size)
{
	size_t len = log_ring_take(ring, out, size);

	out[len] = '\0';
	return out;
}

static void test_lines_come_out_in_order(void **state)
{
	struct log_ring ring = ring_new();

	(void)state;
	assert_false(log_ring_has_any(&ring));
	assert_true(put(&ring, "one\n"));
	assert_true(put(&ring, "two\n"));
	assert_true(log_ring_has_any(&ring));
	assert_int_equal(log_ring_fill(&ring), 8);
	assert_string_equal(take(&ring, 64), "one\ntwo\n");
	assert_string_equal(take(&ring, 64), "");
	assert_false(log_ring_has_any(&ring));
}

static void test_only_whole_lines_are_taken(void **state)
{
	struct log_ring ring = ring_new();

	(void)state;
	assert_true(put(&ring, "one\n"));
	assert_true(put(&ring, "three\n"));
	assert_string_equal(take(&ring, 3), "");
	assert_string_equal(take(&ring, 9), "one\n");
	assert_string_equal(take(&ring, 6), "three\n");
}

static void test_lines_wrap_at_every_place(void **state)
{
	(void)state;
	for (size_t shift = 1; shift <= SIZE; shift++) {
		struct log_ring ring = ring_new();
		char first[SIZE + 1];

		memset(first, 'f', sizeof(first));
		first[shift - 1] = '\n';
		first[shift] = '\0';
		assert_true(put(&ring, first));
		assert_string_equal(take(&ring, 64), first);
		assert_true(put(&ring, "0123456\n"));
		assert_true(put(&ring, "abcdefg\n"));
		assert_false(put(&ring, "\n"));
		assert_string_equal(take(&ring, 64), "0123456\nabcdefg\n");
	}
}

static void test_gap_stands_where_lines_are_missing(void **state)
{
	struct log_ring ring = ring_new();

	(void)state;
	assert_true(put(&ring, "one\n"));
	assert_false(put(&ring, "much too long\n"));
	assert_true(put(&ring, "two\n"));
	assert_false(put(&ring, "not now too\n"));
	assert_int_equal(log_ring_take_missed(&ring), 0);
	assert_string_equal(take(&ring, 64), "one\n");
	assert_string_equal(take(&ring, 64), "");
	assert_int_equal(log_ring_take_missed(&ring), 2);
	assert_int_equal(log_ring_take_missed(&ring), 0);
	assert_string_equal(take(&ring, 64), "two\n");
}

static void test_gap_in_an_empty_ring_is_something(void **state)
{
	struct log_ring ring = ring_new();

	(void)state;
	assert_false(put(&ring, "longer than the ring\n"));
	assert_true(log_ring_has_any(&ring));
	assert_int_equal(log_ring_take_missed(&ring), 1);
	assert_false(log_ring_has_any(&ring));
}

/* How many numbers `out` holds; each is at least the one before, plus one. */
static uint64_t count_ascending(unsigned long *least)
{
	uint64_t count = 0;

	for (char *at = out; *at; count++) {
		unsigned long number = strtoul(at, &at, 10);

		assert_true(number >= *least);
		*least = number + 1;
		assert_int_equal(*at++, '\n');
	}
	return count;
}

/* Random puts and takes: numbers ascend, each is either taken or counted. */
static void test_nothing_is_lost_or_made_up(void **state)
{
	struct log_ring ring = ring_new();
	unsigned next = 0;
	unsigned long least = 0;
	uint64_t seen = 0;

	(void)state;
	srand(1);
	while (next < 100000) {
		char line[16];

		(void)snprintf(line, sizeof(line), "%u\n", next);
		(void)put(&ring, line);
		next++;
		if (rand() % 3)
			continue;
		seen += log_ring_take_missed(&ring);
		(void)take(&ring, (size_t)(rand() % 20));
		seen += count_ascending(&least);
	}
	while (log_ring_has_any(&ring)) {
		seen += log_ring_take_missed(&ring);
		(void)take(&ring, SIZE);
		seen += count_ascending(&least);
	}
	assert_int_equal(seen, next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_come_out_in_order),
		cmocka_unit_test(test_only_whole_lines_are_taken),
		cmocka_unit_test(test_lines_wrap_at_every_place),
		cmocka_unit_test(test_gap_stands_where_lines_are_missing),
		cmocka_unit_test(test_gap_in_an_empty_ring_is_something),
		cmocka_unit_test(test_nothing_is_lost_or_made_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
