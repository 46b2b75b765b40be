/* SPDX-License-Identifier: MIT */
/* Parts that take a configuration in: all of them or none, in order. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/reload.h"

/* What the parts were told: 'p', 'c' or 'd', and the number of the part. */
struct diary {
	char text[64];
	int failing; /* the part that fails; 0: none */
};

static void note(struct diary *diary, char what, int part)
{
	size_t len = strlen(diary->text);

	snprintf(diary->text + len, sizeof(diary->text) - len, "%c%d", what,
		 part);
}

static int prepare(struct diary *diary, int part, struct config_errors *errors)
{
	struct config_place place = { .file = "f" };

	note(diary, 'p', part);
	if (diary->failing != part)
		return 0;
	config_errors_add(errors, place, NULL, "part %d", part);
	return -EBUSY;
}

#define PART(number)                                                 \
	static int prepare##number(void *arg, struct config *config, \
				   struct config_errors *errors)     \
	{                                                            \
		(void)config;                                        \
		return prepare(arg, number, errors);                 \
	}                                                            \
	static void commit##number(void *arg, struct config *config) \
	{                                                            \
		(void)config;                                        \
		note(arg, 'c', number);                              \
	}                                                            \
	static void discard##number(void *arg)                       \
	{                                                            \
		note(arg, 'd', number);                              \
	}

PART(1)
PART(2)
PART(3)

static const struct reload_part parts[] = {
	{ prepare1, commit1, discard1 },
	{ prepare2, commit2, discard2 },
	{ NULL, NULL, NULL },
	{ prepare3, commit3, discard3 },
};

static int take(struct diary *diary, struct config_errors *errors)
{
	struct reload_plan plan = { parts, 4, diary };

	return reload_take(&plan, NULL, errors);
}

static void test_all_is_well(void **state)
{
	struct diary diary = { .failing = 0 };
	struct config_errors errors = { .count = 0 };

	(void)state;
	assert_int_equal(take(&diary, &errors), 0);
	assert_string_equal(diary.text, "p1p2p3c1c2c3");
	assert_true(config_errors_are_empty(&errors));
}

static void test_one_fails(void **state)
{
	static const char *const diaries[] = { "p1", "p1p2d1", "p1p2p3d2d1" };

	(void)state;
	for (int i = 1; i <= 3; i++) {
		struct diary diary = { .failing = i };
		struct config_errors errors = { .count = 0 };

		assert_int_equal(take(&diary, &errors), -EBUSY);
		assert_string_equal(diary.text, diaries[i - 1]);
		assert_int_equal(errors.count, 1);
		config_errors_done(&errors);
	}
}

static void test_no_file(void **state)
{
	struct diary diary = { .failing = 0 };
	struct reload_plan plan = { parts, 4, &diary };
	struct config_errors errors = { .count = 0 };

	(void)state;
	assert_int_equal(reload_run(&plan, "/nowhere/at/all", &errors),
			 -EINVAL);
	assert_string_equal(diary.text, "");
	assert_int_equal(errors.count, 1);
	config_errors_done(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_well),
		cmocka_unit_test(test_one_fails),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
