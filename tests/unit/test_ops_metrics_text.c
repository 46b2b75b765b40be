/* SPDX-License-Identifier: MIT */
/* The text format: escaping, numbers, cumulative buckets. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ops/metrics_text.h"
#include "ops/printable.h"

static const struct metrics_family family = { "name", "counter", "Help." };

static FILE *out;
static char *text;
static size_t len;

static int setup(void **state)
{
	(void)state;
	out = open_memstream(&text, &len);
	return out ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static void check(const char *expected)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
}

static void test_number(void **state)
{
	(void)state;
	metrics_text_number(out, &family, UINT64_MAX);
	check("# HELP name Help.\n# TYPE name counter\n"
	      "name 18446744073709551615\n");
}

static void test_seconds(void **state)
{
	(void)state;
	metrics_text_seconds(out, &family, 1234567);
	check("# HELP name Help.\n# TYPE name counter\nname 1.234567\n");
}

static void test_labels(void **state)
{
	const struct metrics_label labels[] = { { "a", "1" }, { "b", "" } };

	(void)state;
	metrics_text_sample(out, "name", labels, 2, 5);
	metrics_text_sample(out, "name", labels, 1, 6);
	metrics_text_sample(out, "name", NULL, 0, 7);
	check("name{a=\"1\",b=\"\"} 5\nname{a=\"1\"} 6\nname 7\n");
}

static void test_escaping(void **state)
{
	const struct metrics_label label = { "a", "q\" b\\ n\n \xc3\xa4 \xff" };

	(void)state;
	metrics_text_sample(out, "name", &label, 1, 1);
	check("name{a=\"q\\\" b\\\\ n\\n \xc3\xa4 ?\"} 1\n");
}

static void test_null_is_empty(void **state)
{
	const struct metrics_label label = { "a", NULL };

	(void)state;
	metrics_text_sample(out, "name", &label, 1, 1);
	check("name{a=\"\"} 1\n");
}

static void test_histogram(void **state)
{
	static const struct metrics_family seconds = { "s", "histogram", "S." };
	struct histogram histogram = { .sum_us = { 0 } };

	(void)state;
	histogram_observe(&histogram, &histogram_scale_moments, 100);
	histogram_observe(&histogram, &histogram_scale_moments, 600);
	histogram_observe(&histogram, &histogram_scale_moments, 700);
	histogram_observe(&histogram, &histogram_scale_moments, 99000000);
	metrics_text_histogram(out, &seconds, &histogram,
			       &histogram_scale_moments);
	check("# HELP s S.\n# TYPE s histogram\n"
	      "s_bucket{le=\"0.00025\"} 1\ns_bucket{le=\"0.0005\"} 1\n"
	      "s_bucket{le=\"0.001\"} 3\ns_bucket{le=\"0.0025\"} 3\n"
	      "s_bucket{le=\"0.005\"} 3\ns_bucket{le=\"0.01\"} 3\n"
	      "s_bucket{le=\"0.025\"} 3\ns_bucket{le=\"0.05\"} 3\n"
	      "s_bucket{le=\"0.1\"} 3\ns_bucket{le=\"0.25\"} 3\n"
	      "s_bucket{le=\"0.5\"} 3\ns_bucket{le=\"1\"} 3\n"
	      "s_bucket{le=\"2.5\"} 3\ns_bucket{le=\"5\"} 3\n"
	      "s_bucket{le=\"10\"} 3\ns_bucket{le=\"+Inf\"} 4\n"
	      "s_sum 99.001400\ns_count 4\n");
}

/* Bounds that need more digits are written out, not rounded. */
static void test_long_bounds(void **state)
{
	static const struct metrics_family seconds = { "s", "histogram", "S." };
	struct histogram histogram = { .sum_us = { 0 } };

	(void)state;
	metrics_text_histogram(out, &seconds, &histogram,
			       &histogram_scale_stays);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "le=\"86400\""));
	assert_non_null(strstr(text, "le=\"604800\""));
}

static void test_printable_is_cut_at_characters(void **state)
{
	char source[3 * PRINTABLE_MAX + 1];
	char clean[PRINTABLE_MAX];

	(void)state;
	fclose(out);
	for (size_t i = 0; i < PRINTABLE_MAX; i++)
		memcpy(source + 3 * i, "\xe2\x82\xac", 3);
	source[3 * PRINTABLE_MAX] = '\0';
	printable_copy(source, clean);
	assert_int_equal(strlen(clean), (PRINTABLE_MAX - 1) / 3 * 3);
	printable_copy(source + 1, clean);
	assert_memory_equal(clean, "??\xe2\x82\xac", 5);
	printable_copy("a\xe2\x82", clean);
	assert_string_equal(clean, "a??");
	memset(source, 0xff, sizeof(source) - 1);
	printable_copy(source, clean);
	assert_int_equal(strlen(clean), PRINTABLE_MAX - 1);
	assert_int_equal(strspn(clean, "?"), PRINTABLE_MAX - 1);
	printable_copy(NULL, clean);
	assert_string_equal(clean, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_number),
		TEST(test_seconds),
		TEST(test_labels),
		TEST(test_escaping),
		TEST(test_null_is_empty),
		TEST(test_histogram),
		TEST(test_long_bounds),
		TEST(test_printable_is_cut_at_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
