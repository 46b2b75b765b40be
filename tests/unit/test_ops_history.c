/* SPDX-License-Identifier: MIT */
/* The ring of samples: order, bound, looking back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ops/history.h"

static struct history history;

static void fill(unsigned count)
{
	history = (struct history){ .count = 0 };
	for (unsigned i = 0; i < count; i++)
		history_add(&history)->wall_s = i;
}

static void test_empty(void **state)
{
	(void)state;
	fill(0);
	assert_null(history_ago(&history, 0));
	assert_null(history_ago(&history, 300));
}

static void test_order_and_bound(void **state)
{
	(void)state;
	for (unsigned count = 1; count < 3 * HISTORY_SAMPLES; count += 7) {
		size_t kept = count < HISTORY_SAMPLES ? count : HISTORY_SAMPLES;

		fill(count);
		assert_int_equal(history.count, kept);
		for (size_t i = 0; i < kept; i++)
			assert_int_equal(history_at(&history, i)->wall_s,
					 count - kept + i);
	}
}

/* A place that is used again begins at nothing. */
static void test_samples_are_fresh(void **state)
{
	(void)state;
	fill(0);
	for (unsigned i = 0; i < 2 * HISTORY_SAMPLES; i++) {
		struct history_sample *sample = history_add(&history);

		assert_int_equal(sample->sessions, 0);
		assert_int_equal(sample->refused[CAUSE_ORIGIN], 0);
		sample->sessions = 5;
		sample->refused[CAUSE_ORIGIN] = 6;
	}
}

static void test_ago(void **state)
{
	(void)state;
	fill(1000);
	assert_int_equal(history_ago(&history, 0)->wall_s, 999);
	assert_int_equal(history_ago(&history, HISTORY_INTERVAL_S)->wall_s,
			 998);
	assert_int_equal(history_ago(&history, 300)->wall_s,
			 999 - 300 / HISTORY_INTERVAL_S);
	/* Longer ago than anything is known of: the oldest. */
	assert_int_equal(history_ago(&history, 1000000)->wall_s,
			 1000 - HISTORY_SAMPLES);
	fill(3);
	assert_int_equal(history_ago(&history, 300)->wall_s, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_order_and_bound),
		cmocka_unit_test(test_samples_are_fresh),
		cmocka_unit_test(test_ago),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
