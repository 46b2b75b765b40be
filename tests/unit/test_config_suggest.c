/* SPDX-License-Identifier: MIT */
/* Which word is near enough to be the one that was meant. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/config_suggest.h"

static const char *best_of(const char *word)
{
	static const char *const known[] = {
		"listen",   "listeners", "name",       "mode",
		"timeouts", "host",      "send_stall", "v6_only",
	};
	struct config_suggest suggest = { .word = word };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		config_suggest_try(&suggest, known[i]);
	return suggest.best ? suggest.best : "";
}

static void test_one_slip_is_found(void **state)
{
	(void)state;
	assert_string_equal(best_of("listn"), "listen");
	assert_string_equal(best_of("lissten"), "listen");
	assert_string_equal(best_of("lusten"), "listen");
	assert_string_equal(best_of("lsiten"), "listen");
	assert_string_equal(best_of("LISTEN"), "listen");
	assert_string_equal(best_of("listener"), "listeners");
	assert_string_equal(best_of("nmae"), "name");
	assert_string_equal(best_of("sendstall"), "send_stall");
	assert_string_equal(best_of("v6only"), "v6_only");
	assert_string_equal(best_of("timeout"), "timeouts");
}

/* Of the word to the candidate; -1: too far. */
static int distance_of(const char *word, const char *candidate)
{
	struct config_suggest suggest = { .word = word };

	config_suggest_try(&suggest, candidate);
	return suggest.best ? (int)suggest.distance : -1;
}

static void test_distances(void **state)
{
	(void)state;
	assert_int_equal(distance_of("same", "same"), 0);
	assert_int_equal(distance_of("ab", "ba"), 1);
	assert_int_equal(distance_of("xab", "xba"), 1);
	assert_int_equal(distance_of("abx", "bax"), 1);
	assert_int_equal(distance_of("abcdef", "badcef"), 2);
	assert_int_equal(distance_of("kitten", "sitting"), 3);
	assert_int_equal(distance_of("bc", "abcde"), -1);
	assert_int_equal(distance_of("abcdefg", "abc"), -1);
	assert_int_equal(distance_of("abcd", "ab"), -1);
	assert_int_equal(distance_of("abcde", "abc"), -1);
	assert_int_equal(distance_of("abcdef", "abcd"), 2);
	assert_int_equal(distance_of("cabcd", "abcd"), 1);
	assert_int_equal(distance_of("x", "y"), -1);
	assert_int_equal(distance_of("y", "y"), 0);
	assert_int_equal(distance_of("aXb", "axb"), 0);
}

static void test_what_is_far_is_not(void **state)
{
	(void)state;
	assert_string_equal(best_of(""), "");
	assert_string_equal(best_of("x"), "");
	assert_string_equal(best_of("abcd"), "");
	assert_string_equal(best_of("tls"), "");
	assert_string_equal(best_of("compression"), "");
}

static void test_the_nearest_wins_and_the_first_of_equals(void **state)
{
	struct config_suggest suggest = { .word = "cat" };

	(void)state;
	config_suggest_try(&suggest, "bat");
	config_suggest_try(&suggest, "hat");
	assert_string_equal(suggest.best, "bat");
	config_suggest_try(&suggest, "cat");
	assert_string_equal(suggest.best, "cat");
	assert_int_equal(suggest.distance, 0);
}

static void test_long_words_are_passed_over(void **state)
{
	char word[CONFIG_SUGGEST_MAX + 2];
	struct config_suggest suggest = { .word = word };

	(void)state;
	memset(word, 'a', sizeof(word));
	word[CONFIG_SUGGEST_MAX + 1] = '\0';
	config_suggest_try(&suggest, word);
	assert_null(suggest.best);
	suggest.word = "aaa";
	config_suggest_try(&suggest, word);
	assert_null(suggest.best);
	word[CONFIG_SUGGEST_MAX] = '\0';
	suggest.word = word;
	config_suggest_try(&suggest, word);
	assert_string_equal(suggest.best, word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_slip_is_found),
		cmocka_unit_test(test_distances),
		cmocka_unit_test(test_what_is_far_is_not),
		cmocka_unit_test(test_the_nearest_wins_and_the_first_of_equals),
		cmocka_unit_test(test_long_words_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
