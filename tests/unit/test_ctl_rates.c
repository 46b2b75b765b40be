/* SPDX-License-Identifier: MIT */
/* How fast sessions move, and in what order they are shown. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/rates.h"

#define SECOND_US 1000000

static json_t *parse(const char *text)
{
	json_t *sessions = json_loads(text, 0, NULL);

	assert_non_null(sessions);
	return sessions;
}

static const char first_look[] =
	"[{\"id\":1,\"bytes_up\":0,\"bytes_down\":9000,\"idle_seconds\":9},"
	"{\"id\":2,\"bytes_up\":100,\"bytes_down\":100,\"idle_seconds\":2},"
	"{\"id\":4,\"bytes_up\":5,\"bytes_down\":5,\"idle_seconds\":5}]";

/* Two seconds later: 2 moved, 4 is gone, 7 is new. */
static const char second_look[] =
	"[{\"id\":1,\"bytes_up\":0,\"bytes_down\":9000,\"idle_seconds\":11},"
	"{\"id\":2,\"bytes_up\":300,\"bytes_down\":1100,\"idle_seconds\":0},"
	"{\"id\":7,\"bytes_up\":50,\"bytes_down\":0,\"idle_seconds\":1}]";

static void assert_order(struct rates *rates, enum rates_order order,
			 const char *expected)
{
	char ids[64] = "";

	rates_sort(rates, order);
	for (size_t i = 0; i < rates->count; i++)
		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%d",
			 (int)rates->at[i].id);
	assert_string_equal(ids, expected);
}

static void test_first_look(void **state)
{
	struct rates rates = { .count = 0 };

	(void)state;
	assert_int_equal(rates_look(&rates, parse(first_look), SECOND_US), 0);
	assert_false(rates.is_known);
	assert_true(rates.up + rates.down < 0.5);
	assert_order(&rates, RATES_BY_SPEED, "124");
	assert_order(&rates, RATES_BY_BYTES, "124");
	assert_order(&rates, RATES_BY_IDLE, "142");
	assert_order(&rates, RATES_BY_AGE, "421");
	rates_done(&rates);
}

static void test_rates(void **state)
{
	struct rates rates = { .count = 0 };

	(void)state;
	assert_int_equal(rates_look(&rates, parse(first_look), SECOND_US), 0);
	/* The order it was shown in does not matter. */
	rates_sort(&rates, RATES_BY_AGE);
	assert_int_equal(rates_look(&rates, parse(second_look), 3 * SECOND_US),
			 0);
	assert_true(rates.is_known);
	assert_order(&rates, RATES_BY_SPEED, "271");
	assert_int_equal((int)rates.at[0].up, 100);
	assert_int_equal((int)rates.at[0].down, 500);
	assert_int_equal((int)rates.at[1].up, 25);
	assert_int_equal((int)rates.at[2].down, 0);
	assert_int_equal((int)rates.up, 125);
	assert_int_equal((int)rates.down, 500);
	rates_done(&rates);
}

static void test_none(void **state)
{
	struct rates rates = { .count = 0 };

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(rates_look(&rates, parse("[]"), i), 0);
		assert_order(&rates, RATES_BY_SPEED, "");
	}
	rates_done(&rates);
}

/* A clock that stands still divides by nothing. */
static void test_no_time(void **state)
{
	struct rates rates = { .count = 0 };

	(void)state;
	assert_int_equal(rates_look(&rates, parse(first_look), SECOND_US), 0);
	assert_int_equal(rates_look(&rates, parse(second_look), SECOND_US), 0);
	assert_true(rates.up + rates.down < 0.5);
	rates_done(&rates);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(rates_order_name(RATES_BY_SPEED), "speed");
	assert_string_equal(rates_order_name(RATES_BY_AGE), "age");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_look),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_no_time),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
