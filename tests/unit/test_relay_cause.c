/* SPDX-License-Identifier: MIT */
/* The table of causes: each row is complete and agrees with the protocols. */

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "death.h"
#include "http/response.h"
#include "relay/cause.h"
#include "ws/close_code.h"
#include "ws/frame.h"

#define EVERY_CAUSE(cause)                                                 \
	for (enum relay_cause cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; \
	     cause++)

static void check_label(const char *label)
{
	assert_non_null(label);
	assert_true(*label);
	for (const char *at = label; *at; at++)
		if (!islower((unsigned char)*at) && !strchr("8_", *at))
			fail_msg("label %s", label);
}

static void test_labels_are_words_and_unique(void **unused)
{
	(void)unused;
	EVERY_CAUSE(cause)
	{
		check_label(cause_info(cause)->label);
		EVERY_CAUSE(other)
		if (cause != other)
			assert_string_not_equal(cause_info(cause)->label,
						cause_info(other)->label);
	}
}

/* A text is a line of a body and, whole, the reason of a Close frame. */
static void test_texts_fit(void **unused)
{
	(void)unused;
	EVERY_CAUSE(cause)
	{
		const struct cause_info *info = cause_info(cause);

		assert_non_null(info->text);
		assert_true(strlen(info->text) <= WS_CONTROL_PAYLOAD_MAX - 2);
		assert_true(strlen(info->text) <= HTTP_RESPONSE_TEXT_MAX);
		for (const char *at = info->text; *at; at++)
			assert_true(*at >= ' ' && *at <= '~');
		if (info->status && !*info->text)
			fail_msg("%s has no text", info->label);
	}
}

static void test_close_codes_may_be_sent(void **unused)
{
	(void)unused;
	EVERY_CAUSE(cause)
	{
		const struct cause_info *info = cause_info(cause);

		if (info->close_code &&
		    !ws_close_code_is_wire(info->close_code))
			fail_msg("%s: %u", info->label, info->close_code);
	}
}

static void test_statuses_are_known(void **unused)
{
	(void)unused;
	EVERY_CAUSE(cause)
	{
		const struct cause_info *info = cause_info(cause);

		if (!info->status)
			continue;
		assert_true(info->status >= 400 && info->status <= 599);
		if (!strcmp(http_status_reason(info->status), "Unknown"))
			fail_msg("%s: %u", info->label, info->status);
	}
}

/*
 * A cause that can end an open session has an ending and, but for a client
 * that is not there to read it, a code; every other refuses a request.
 */
static void test_each_has_a_use(void **unused)
{
	(void)unused;
	EVERY_CAUSE(cause)
	{
		const struct cause_info *info = cause_info(cause);

		if (info->ending == ENDING_NONE) {
			assert_int_equal(info->close_code, 0);
			/* Without TLS there is nothing to answer in. */
			assert_int_equal(info->status == 0,
					 cause == CAUSE_TLS_FAILED);
		} else if (info->ending == ENDING_LOSE_CLIENT) {
			assert_int_equal(info->close_code, 0);
		} else {
			assert_int_not_equal(info->close_code, 0);
		}
	}
}

static void test_sides_have_names(void **unused)
{
	(void)unused;
	assert_string_equal(cause_side_name(SIDE_RELAY), "relay");
	assert_string_equal(cause_side_name(SIDE_CLIENT), "client");
	assert_string_equal(cause_side_name(SIDE_TARGET), "target");
}

static void ask_for_none(void)
{
	(void)cause_info(CAUSE_NONE);
}

static void ask_for_count(void)
{
	(void)cause_info(CAUSE_COUNT);
}

static void test_no_row_for_none(void **unused)
{
	(void)unused;
	assert_true(aborts(ask_for_none));
	assert_true(aborts(ask_for_count));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels_are_words_and_unique),
		cmocka_unit_test(test_texts_fit),
		cmocka_unit_test(test_close_codes_may_be_sent),
		cmocka_unit_test(test_statuses_are_known),
		cmocka_unit_test(test_each_has_a_use),
		cmocka_unit_test(test_sides_have_names),
		cmocka_unit_test(test_no_row_for_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
