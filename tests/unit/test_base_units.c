/* SPDX-License-Identifier: MIT */
/* Durations and sizes: every form, every way to be wrong, and back. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"
#include "guard.h"

#define UNTOUCHED 4242u

/* The text ends at a guard page: a parser that looks behind it dies. */
static enum units_result duration_of(const char *text, uint32_t *ret_ms)
{
	size_t len = strlen(text);
	uint8_t *copy = guard_copy_end(text, len);
	enum units_result result;

	*ret_ms = UNTOUCHED;
	result = units_parse_duration(slice_make((const char *)copy, len),
				      ret_ms);
	guard_free_end(copy, len);
	if (result != UNITS_OK)
		assert_int_equal(*ret_ms, UNTOUCHED);
	return result;
}

static enum units_result size_of(const char *text, uint64_t *ret_bytes)
{
	size_t len = strlen(text);
	uint8_t *copy = guard_copy_end(text, len);
	enum units_result result;

	*ret_bytes = UNTOUCHED;
	result = units_parse_size(slice_make((const char *)copy, len),
				  ret_bytes);
	guard_free_end(copy, len);
	if (result != UNITS_OK)
		assert_int_equal(*ret_bytes, UNTOUCHED);
	return result;
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint32_t ms;
	} cases[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "0ms", 0 },
		{ "0h", 0 },
		{ "1", 1000 },
		{ "20", 20000 },
		{ "007", 7000 },
		{ "250ms", 250 },
		{ "20s", 20000 },
		{ "5m", 300000 },
		{ "1h", 3600000 },
		{ "1.5s", 1500 },
		{ "1.5", 1500 },
		{ "0.001", 1 },
		{ "0.25m", 15000 },
		{ "1.5h", 5400000 },
		{ "1.50000000000000000000s", 1500 },
		{ "1.000ms", 1 },
		{ "0.00000000000000000000", 0 },
		{ "0.0000002777777777h", UNTOUCHED },
		{ "4294967295ms", UINT32_MAX },
		{ "4294967.295", UINT32_MAX },
		{ "1193h", 4294800000u },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t ms;
		enum units_result result = duration_of(cases[i].text, &ms);

		if (cases[i].ms == UNTOUCHED)
			assert_int_equal(result, UNITS_TOO_FINE);
		else
			assert_int_equal(result, UNITS_OK);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void test_bad_durations(void **state)
{
	static const struct {
		const char *text;
		enum units_result result;
	} cases[] = {
		{ "", UNITS_EMPTY },
		{ "-1", UNITS_NEGATIVE },
		{ "-", UNITS_NEGATIVE },
		{ "s", UNITS_NOT_NUMBER },
		{ "+1", UNITS_NOT_NUMBER },
		{ " 1", UNITS_NOT_NUMBER },
		{ ".5", UNITS_NOT_NUMBER },
		{ "1.", UNITS_NOT_NUMBER },
		{ "1.s", UNITS_NOT_NUMBER },
		{ "1./", UNITS_NOT_NUMBER },
		{ "1.:", UNITS_NOT_NUMBER },
		{ "/", UNITS_NOT_NUMBER },
		{ ":", UNITS_NOT_NUMBER },
		{ "1 s", UNITS_BAD_SUFFIX },
		{ "1S", UNITS_BAD_SUFFIX },
		{ "1d", UNITS_BAD_SUFFIX },
		{ "1ss", UNITS_BAD_SUFFIX },
		{ "1K", UNITS_BAD_SUFFIX },
		{ "1.5.5", UNITS_BAD_SUFFIX },
		{ "1.5ms", UNITS_TOO_FINE },
		{ "0.0001", UNITS_TOO_FINE },
		{ "0.12345678901h", UNITS_TOO_FINE },
		{ "4294967296ms", UNITS_TOO_LARGE },
		{ "4294968", UNITS_TOO_LARGE },
		{ "1194h", UNITS_TOO_LARGE },
		{ "4294967.296", UNITS_TOO_LARGE },
		{ "4294967296", UNITS_TOO_LARGE },
		{ "18446744073709551615", UNITS_TOO_LARGE },
		{ "18446744073709551616", UNITS_TOO_LARGE },
		{ "99999999999999999999999999", UNITS_TOO_LARGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t ms;

		assert_int_equal(duration_of(cases[i].text, &ms),
				 cases[i].result);
	}
}

static void test_seconds(void **state)
{
	uint32_t ms = UNTOUCHED;

	(void)state;
	assert_int_equal(units_from_seconds((double)NAN, &ms),
			 UNITS_NOT_NUMBER);
	assert_int_equal(units_from_seconds(-0.001, &ms), UNITS_NEGATIVE);
	assert_int_equal(units_from_seconds(-(double)INFINITY, &ms),
			 UNITS_NEGATIVE);
	assert_int_equal(units_from_seconds((double)INFINITY, &ms),
			 UNITS_TOO_LARGE);
	assert_int_equal(units_from_seconds(4294967.296, &ms), UNITS_TOO_LARGE);
	assert_int_equal(units_from_seconds(0.0005, &ms), UNITS_TOO_FINE);
	assert_int_equal(units_from_seconds(1.0002, &ms), UNITS_TOO_FINE);
	assert_int_equal(ms, UNTOUCHED);
	assert_int_equal(units_from_seconds(4294967.295, &ms), UNITS_OK);
	assert_int_equal(ms, UINT32_MAX);
	assert_int_equal(units_from_seconds(0.1, &ms), UNITS_OK);
	assert_int_equal(ms, 100);
	assert_int_equal(units_from_seconds(0, &ms), UNITS_OK);
	assert_int_equal(ms, 0);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0 },
		{ "0G", 0 },
		{ "1", 1 },
		{ "1000", 1000 },
		{ "64K", 65536 },
		{ "64k", 65536 },
		{ "1M", 1048576 },
		{ "1m", 1048576 },
		{ "1G", 1073741824 },
		{ "3g", 3221225472u },
		{ "18446744073709551615", UINT64_MAX },
		{ "17179869183G", 18446744072635809792u },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t bytes;

		assert_int_equal(size_of(cases[i].text, &bytes), UNITS_OK);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

static void test_bad_sizes(void **state)
{
	static const struct {
		const char *text;
		enum units_result result;
	} cases[] = {
		{ "", UNITS_EMPTY },
		{ "-1K", UNITS_NEGATIVE },
		{ "K", UNITS_NOT_NUMBER },
		{ "x1", UNITS_NOT_NUMBER },
		{ "1KB", UNITS_BAD_SUFFIX },
		{ "1.5K", UNITS_BAD_SUFFIX },
		{ "1s", UNITS_BAD_SUFFIX },
		{ "1 K", UNITS_BAD_SUFFIX },
		{ "17179869184G", UNITS_TOO_LARGE },
		{ "18446744073709551616", UNITS_TOO_LARGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t bytes;

		assert_int_equal(size_of(cases[i].text, &bytes),
				 cases[i].result);
	}
}

static void assert_prints_duration(uint32_t ms, const char *text)
{
	char got[UNITS_TEXT_MAX];
	uint32_t back;

	units_print_duration(ms, got);
	assert_string_equal(got, text);
	assert_int_equal(units_parse_duration(slice_of(got), &back), UNITS_OK);
	assert_int_equal(back, ms);
}

static void assert_prints_size(uint64_t bytes, const char *text)
{
	char got[UNITS_TEXT_MAX];
	uint64_t back;

	units_print_size(bytes, got);
	assert_string_equal(got, text);
	assert_int_equal(units_parse_size(slice_of(got), &back), UNITS_OK);
	assert_int_equal(back, bytes);
}

static void test_printing_parses_back(void **state)
{
	(void)state;
	assert_prints_duration(0, "0");
	assert_prints_duration(1, "1ms");
	assert_prints_duration(1500, "1500ms");
	assert_prints_duration(90000, "90s");
	assert_prints_duration(60000, "1m");
	assert_prints_duration(86400000, "24h");
	assert_prints_duration(UINT32_MAX, "4294967295ms");
	assert_prints_size(0, "0");
	assert_prints_size(1000, "1000");
	assert_prints_size(65536, "64K");
	assert_prints_size(1048576, "1M");
	assert_prints_size(3u << 30, "3G");
	assert_prints_size(UINT64_MAX, "18446744073709551615");
}

static void test_every_result_has_a_text(void **state)
{
	(void)state;
	for (int i = UNITS_OK; i <= UNITS_TOO_LARGE; i++) {
		const char *text = units_result_text((enum units_result)i);

		assert_string_not_equal(text, "unknown error");
		for (int j = UNITS_OK; j < i; j++)
			assert_string_not_equal(
				text, units_result_text((enum units_result)j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_bad_durations),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_bad_sizes),
		cmocka_unit_test(test_printing_parses_back),
		cmocka_unit_test(test_every_result_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
