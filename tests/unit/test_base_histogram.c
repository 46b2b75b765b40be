/* SPDX-License-Identifier: MIT */
/* Histograms: which bucket something falls into, sums, merging. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/histogram.h"

static uint64_t count_of(const struct histogram *histogram)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
		count += counter_get(&histogram->buckets[i]);
	return count;
}

static void check_scale(const struct histogram_scale *scale)
{
	for (size_t i = 1; i < HISTOGRAM_BOUNDS; i++)
		assert_true(scale->bounds_us[i] > scale->bounds_us[i - 1]);
}

/* A bound belongs to its bucket, what is above it to the next. */
static void check_bounds(const struct histogram_scale *scale)
{
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		struct histogram histogram = { .sum_us = { 0 } };

		histogram_observe(&histogram, scale, scale->bounds_us[i]);
		histogram_observe(&histogram, scale, scale->bounds_us[i] + 1);
		assert_int_equal(counter_get(&histogram.buckets[i]), 1);
		assert_int_equal(counter_get(&histogram.buckets[i + 1]), 1);
		assert_int_equal(count_of(&histogram), 2);
		assert_int_equal(counter_get(&histogram.sum_us),
				 2 * scale->bounds_us[i] + 1);
	}
}

static void test_bounds(void **state)
{
	(void)state;
	check_scale(&histogram_scale_moments);
	check_scale(&histogram_scale_stays);
	check_bounds(&histogram_scale_moments);
	check_bounds(&histogram_scale_stays);
}

static void test_extremes(void **state)
{
	struct histogram histogram = { .sum_us = { 0 } };

	(void)state;
	histogram_observe(&histogram, &histogram_scale_stays, 0);
	histogram_observe(&histogram, &histogram_scale_stays, UINT64_MAX / 2);
	assert_int_equal(counter_get(&histogram.buckets[0]), 1);
	assert_int_equal(counter_get(&histogram.buckets[HISTOGRAM_BOUNDS]), 1);
}

static void test_merge(void **state)
{
	struct histogram a = { .sum_us = { 0 } };
	struct histogram b = { .sum_us = { 0 } };

	(void)state;
	histogram_observe(&a, &histogram_scale_moments, 700);
	histogram_observe(&b, &histogram_scale_moments, 800);
	histogram_observe(&b, &histogram_scale_moments, 90000000);
	histogram_merge(&a, &b);
	assert_int_equal(count_of(&a), 3);
	assert_int_equal(counter_get(&a.buckets[2]), 2);
	assert_int_equal(counter_get(&a.buckets[HISTOGRAM_BOUNDS]), 1);
	assert_int_equal(counter_get(&a.sum_us), 90001500);
	assert_int_equal(count_of(&b), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
