/* SPDX-License-Identifier: MIT */
/* What is agreed on for each offer: RFC 7692 sections 5, 7.1. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "http/deflate_offer.h"
#include "http_request.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAME "Sec-WebSocket-Extensions: "
#define PMD "permessage-deflate"
#define SNCT "server_no_context_takeover"
#define CNCT "client_no_context_takeover"
#define SMWB "server_max_window_bits"
#define CMWB "client_max_window_bits"

/* The daemon's default: nothing is kept between messages. */
static const struct http_deflate_limits plain = {
	.server_window_bits = 15,
	.client_window_bits = 15,
};

/* All that can be had. */
static const struct http_deflate_limits generous = {
	.allows_takeover = true,
	.server_window_bits = 15,
	.client_window_bits = 15,
};

/* Little memory. */
static const struct http_deflate_limits small = {
	.allows_takeover = true,
	.server_window_bits = 10,
	.client_window_bits = 11,
};

/* One offer, and the answer to it; null: none of it can be. */
struct row {
	const char *offer;
	const char *answer;
};

static void assert_row(const struct http_deflate_limits *limits,
		       const struct row *row)
{
	struct http_deflate_agreement agreement;
	char fields[300], answer[HTTP_DEFLATE_ANSWER_SIZE];

	snprintf(fields, sizeof(fields), NAME "%s\r\n", row->offer);
	struct http_request request = http_request_make(fields);
	enum http_deflate_choice choice =
		http_deflate_choose(&request, limits, &agreement);
	http_request_free(&request);
	if (!row->answer) {
		if (choice != HTTP_DEFLATE_NONE)
			fail_msg("%s: choice %d", row->offer, (int)choice);
		return;
	}
	if (choice != HTTP_DEFLATE_AGREED)
		fail_msg("%s: choice %d", row->offer, (int)choice);
	http_deflate_answer(&agreement, answer);
	if (strcmp(answer, row->answer) != 0)
		fail_msg("%s: %s is not %s", row->offer, answer, row->answer);
	/* What is told is what is kept. */
	assert_int_equal(agreement.server_no_context_takeover,
			 strstr(answer, SNCT) != NULL);
	assert_int_equal(agreement.client_no_context_takeover,
			 strstr(answer, CNCT) != NULL);
	assert_true(strstr(answer, SMWB) ||
		    agreement.server_max_window_bits == 15);
	assert_true(strstr(answer, CMWB) ||
		    agreement.client_max_window_bits == 15);
}

static void assert_rows(const struct http_deflate_limits *limits,
			const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_row(limits, &rows[i]);
}

#define BOTH PMD "; " SNCT "; " CNCT

static void test_default(void **state)
{
	static const struct row rows[] = {
		{ PMD, BOTH },
		{ PMD "; " SNCT, BOTH },
		{ PMD "; " CNCT, BOTH },
		{ PMD "; " CNCT "; " SNCT, BOTH },
		/* What browsers send. */
		{ PMD "; " CMWB, BOTH },
		{ PMD "; " CMWB "=15", BOTH "; " CMWB "=15" },
		{ PMD "; " CMWB "=9", BOTH "; " CMWB "=9" },
		{ PMD "; " SMWB "=15", BOTH "; " SMWB "=15" },
		{ PMD "; " SMWB "=8", BOTH "; " SMWB "=8" },
		{ PMD "; " SMWB "=\"10\"", BOTH "; " SMWB "=10" },
		{ PMD "; " SMWB "=10; " CMWB "=12",
		  BOTH "; " SMWB "=10; " CMWB "=12" },
	};

	(void)state;
	assert_rows(&plain, rows, COUNT(rows));
}

static void test_with_takeover(void **state)
{
	static const struct row rows[] = {
		{ PMD, PMD },
		{ PMD "; " CMWB, PMD },
		{ PMD "; " SNCT, PMD "; " SNCT },
		{ PMD "; " CNCT, PMD "; " CNCT },
		{ PMD "; " SNCT "; " CNCT "; " SMWB "=9; " CMWB "=8",
		  BOTH "; " SMWB "=9; " CMWB "=8" },
	};

	(void)state;
	assert_rows(&generous, rows, COUNT(rows));
}

static void test_with_small_windows(void **state)
{
	static const struct row rows[] = {
		/* Not to be told its window: then without context. */
		{ PMD, PMD "; " CNCT "; " SMWB "=10" },
		{ PMD "; " SMWB "=12", PMD "; " CNCT "; " SMWB "=10" },
		{ PMD "; " CMWB, PMD "; " SMWB "=10; " CMWB "=11" },
		{ PMD "; " CMWB "=15", PMD "; " SMWB "=10; " CMWB "=11" },
		{ PMD "; " CMWB "=10", PMD "; " SMWB "=10; " CMWB "=10" },
		{ PMD "; " SMWB "=9; " CMWB "=11",
		  PMD "; " SMWB "=9; " CMWB "=11" },
	};

	(void)state;
	assert_rows(&small, rows, COUNT(rows));
}

/* Section 7.1: what makes an offer one to decline. */
static void test_declined(void **state)
{
	static const struct row rows[] = {
		{ "permessage-bzip2", NULL },
		{ "Permessage-Deflate", NULL },
		{ PMD "x", NULL },
		{ "x-webkit-deflate-frame; " SNCT, NULL },
		{ PMD "; unknown", NULL },
		{ PMD "; unknown=1", NULL },
		{ PMD "; " SNCT "; unknown", NULL },
		{ PMD "; Server_no_context_takeover", NULL },
		{ PMD "; " SNCT "; " SNCT, NULL },
		{ PMD "; " CNCT "; " CNCT, NULL },
		{ PMD "; " SMWB "=9; " SMWB "=9", NULL },
		{ PMD "; " CMWB "; " CMWB "=9", NULL },
		{ PMD "; " SNCT "=1", NULL },
		{ PMD "; " SNCT "=10", NULL },
		{ PMD "; " CNCT "=10", NULL },
		{ PMD "; " CNCT "=\"true\"", NULL },
		{ PMD "; " SMWB, NULL },
		{ PMD "; " SMWB "=7", NULL },
		{ PMD "; " SMWB "=16", NULL },
		{ PMD "; " SMWB "=08", NULL },
		{ PMD "; " SMWB "=ten", NULL },
		{ PMD "; " CMWB "=7", NULL },
		{ PMD "; " CMWB "=16", NULL },
		{ PMD "; " CMWB "=015", NULL },
		{ PMD "; " CMWB "=\"\\0\"", NULL },
	};

	(void)state;
	assert_rows(&plain, rows, COUNT(rows));
	assert_rows(&generous, rows, COUNT(rows));
}

/* Section 5.1: the first offer that can be accepted, over all lines. */
static void test_several_offers(void **state)
{
	static const struct row rows[] = {
		{ PMD "; " SMWB "=9, " PMD, BOTH "; " SMWB "=9" },
		{ PMD ", " PMD "; " SMWB "=9", BOTH },
		{ PMD "; " SMWB ", mux, " PMD "; x, " PMD "; " SMWB "=9",
		  BOTH "; " SMWB "=9" },
		{ "mux\r\nHost: a\r\n" NAME PMD, BOTH },
		{ PMD "; x\r\n" NAME "mux\r\n" NAME PMD "; " CMWB "=9",
		  BOTH "; " CMWB "=9" },
		{ "mux, " PMD "; x", NULL },
	};

	(void)state;
	assert_rows(&plain, rows, COUNT(rows));
}

static enum http_deflate_choice
choose(const char *fields, const struct http_deflate_limits *limits)
{
	struct http_request request = http_request_make(fields);
	struct http_deflate_agreement agreement;
	enum http_deflate_choice choice;

	memset(&agreement, 0x55, sizeof(agreement));
	choice = http_deflate_choose(&request, limits, &agreement);
	if (choice != HTTP_DEFLATE_AGREED)
		assert_int_equal(agreement.server_max_window_bits, 0x55555555);
	http_request_free(&request);
	return choice;
}

/* No offer is none; a broken one is refused, wanted or not. */
static void test_none_and_bad(void **state)
{
	(void)state;
	assert_int_equal(choose("", &plain), HTTP_DEFLATE_NONE);
	assert_int_equal(choose("", NULL), HTTP_DEFLATE_NONE);
	assert_int_equal(choose(NAME PMD "\r\n", NULL), HTTP_DEFLATE_NONE);
	assert_int_equal(choose(NAME PMD "\r\n", &plain), HTTP_DEFLATE_AGREED);
	/* An acceptable offer does not save what stands behind it. */
	assert_int_equal(choose(NAME PMD ", a;\r\n", &plain),
			 HTTP_DEFLATE_BAD);
	assert_int_equal(choose(NAME PMD "\r\n" NAME "a b\r\n", &plain),
			 HTTP_DEFLATE_BAD);
	assert_int_equal(choose(NAME "\r\n", NULL), HTTP_DEFLATE_BAD);
	assert_int_equal(choose(NAME "a b\r\n", NULL), HTTP_DEFLATE_BAD);
}

/* The answer fits, whatever is in it. */
static void test_longest_answer(void **state)
{
	static const struct row row = {
		PMD "; " SNCT "; " CNCT "; " SMWB "=15; " CMWB "=15",
		BOTH "; " SMWB "=15; " CMWB "=15",
	};

	(void)state;
	assert_row(&generous, &row);
	assert_int_equal(strlen(row.answer) + 1, HTTP_DEFLATE_ANSWER_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_with_takeover),
		cmocka_unit_test(test_with_small_windows),
		cmocka_unit_test(test_declined),
		cmocka_unit_test(test_several_offers),
		cmocka_unit_test(test_none_and_bad),
		cmocka_unit_test(test_longest_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
