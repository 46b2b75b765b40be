/* SPDX-License-Identifier: MIT */
/* Borrowed text: comparing, trimming, cutting. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice.h"
#include "guard.h"

static void assert_slice(struct slice s, const char *text)
{
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.data ? s.data : "", text, s.len);
}

static const struct slice none = { .data = NULL, .len = 0 };

static void test_of_takes_the_length_of_the_text(void **state)
{
	(void)state;
	assert_slice(slice_of("abc"), "abc");
	assert_slice(slice_of(""), "");
	assert_int_equal(slice_of(NULL).len, 0);
	assert_null(slice_of(NULL).data);
}

static void test_equal_compares_bytes(void **state)
{
	(void)state;
	assert_true(slice_equal(slice_of("abc"), slice_of("abc")));
	assert_false(slice_equal(slice_of("abc"), slice_of("abd")));
	assert_false(slice_equal(slice_of("abc"), slice_of("ab")));
	assert_false(slice_equal(slice_of("abc"), slice_of("Abc")));
	assert_true(slice_equal(none, slice_of("")));
	assert_true(slice_equal(none, none));
	assert_false(slice_equal(slice_make("a\0b", 3), slice_make("a\0c", 3)));
}

static void test_equal_nocase_folds_ascii_letters_only(void **state)
{
	(void)state;
	assert_true(slice_equal_nocase(slice_of("aZ-9"), slice_of("Az-9")));
	assert_false(slice_equal_nocase(slice_of("a"), slice_of("b")));
	assert_false(slice_equal_nocase(slice_of("a"), slice_of("ab")));
	assert_false(slice_equal_nocase(slice_of("@"), slice_of("`")));
	assert_false(slice_equal_nocase(slice_of("["), slice_of("{")));
	assert_false(slice_equal_nocase(slice_of("\xc4"), slice_of("\xe4")));
	assert_true(slice_equal_nocase(none, slice_of("")));
}

static void test_prefix_and_suffix(void **state)
{
	struct slice s = slice_of("abcab");

	(void)state;
	assert_true(slice_has_prefix(s, slice_of("abc")));
	assert_true(slice_has_prefix(s, s));
	assert_true(slice_has_prefix(s, none));
	assert_true(slice_has_prefix(none, none));
	assert_false(slice_has_prefix(s, slice_of("b")));
	assert_false(slice_has_prefix(s, slice_of("abcabc")));
	assert_true(slice_has_suffix(s, slice_of("cab")));
	assert_true(slice_has_suffix(s, s));
	assert_true(slice_has_suffix(s, none));
	assert_true(slice_has_suffix(none, none));
	assert_false(slice_has_suffix(s, slice_of("abc")));
	assert_false(slice_has_suffix(s, slice_of("xabcab")));
	/* The bytes around a slice are not its own. */
	s = slice_make(&"xabcx"[1], 3);
	assert_false(slice_has_suffix(s, slice_of("xabc")));
	assert_false(slice_has_prefix(s, slice_of("abcx")));
}

/* RFC 9110 section 5.6.3: OWS is SP and HTAB, nothing else. */
static void test_trim_takes_blanks_off_both_ends(void **state)
{
	(void)state;
	assert_slice(slice_trim(slice_of(" \ta \tb\t ")), "a \tb");
	assert_slice(slice_trim(slice_of("a")), "a");
	assert_slice(slice_trim(slice_of(" \t ")), "");
	assert_slice(slice_trim(slice_of("\ra\n")), "\ra\n");
	assert_slice(slice_trim(none), "");
}

/* Blanks up to a page nobody may touch, at either end. */
static void test_trim_stays_inside(void **state)
{
	char *end = (char *)guard_copy_end("    ", 4);
	char *start = (char *)guard_alloc_start(4);

	(void)state;
	memset(start, ' ', 4);
	assert_int_equal(slice_trim(slice_make(end, 4)).len, 0);
	assert_int_equal(slice_trim(slice_make(start, 4)).len, 0);
	guard_free_end((uint8_t *)end, 4);
	guard_free_start((uint8_t *)start, 4);
}

static void test_cut_parts_at_the_first_separator(void **state)
{
	struct slice rest;

	(void)state;
	assert_slice(slice_cut(slice_of("a,b,c"), ',', &rest), "a");
	assert_slice(rest, "b,c");
	assert_slice(slice_cut(slice_of(",b"), ',', &rest), "");
	assert_slice(rest, "b");
}

static void test_cut_tells_an_empty_rest_from_none(void **state)
{
	struct slice rest;

	(void)state;
	assert_slice(slice_cut(slice_of("a,"), ',', &rest), "a");
	assert_int_equal(rest.len, 0);
	assert_non_null(rest.data);
	assert_slice(slice_cut(slice_of("a"), ',', &rest), "a");
	assert_null(rest.data);
	assert_int_equal(slice_cut(none, ',', &rest).len, 0);
	assert_null(rest.data);
}

static void test_cut_may_replace_what_it_cuts(void **state)
{
	struct slice s = slice_of("a,b");

	(void)state;
	assert_slice(slice_cut(s, ',', &s), "a");
	assert_slice(slice_cut(s, ',', &s), "b");
	assert_null(s.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_takes_the_length_of_the_text),
		cmocka_unit_test(test_equal_compares_bytes),
		cmocka_unit_test(test_equal_nocase_folds_ascii_letters_only),
		cmocka_unit_test(test_prefix_and_suffix),
		cmocka_unit_test(test_trim_takes_blanks_off_both_ends),
		cmocka_unit_test(test_trim_stays_inside),
		cmocka_unit_test(test_cut_parts_at_the_first_separator),
		cmocka_unit_test(test_cut_tells_an_empty_rest_from_none),
		cmocka_unit_test(test_cut_may_replace_what_it_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
