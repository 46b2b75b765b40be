/* SPDX-License-Identifier: MIT */
/* What a thread counts of sessions, and how sheets are summed up. */

#include "config_text.h"

#include <errno.h>
#include <stdlib.h>

#include "ops/admin_pages.h"
#include "ops/metrics_totals.h"
#include "relay/traffic.h"

static const char config_sample[] =
	TEXT_LISTENER
	"backends = { b = { servers = ( \"h:1\", \"h:2\" ); }; };\n"
	"routes = ( { name = \"r\"; path = \"/r\"; backend = \"b\"; } );\n";

static struct session_log_record record_of(enum relay_cause cause,
					   uint16_t code)
{
	return (struct session_log_record){
		.route = "r",
		.backend = "b",
		.target = "h:1",
		.cause_number = cause,
		.cause = cause ? cause_info(cause)->label : NULL,
		.side = "client",
		.code_sent = code,
		.usec = 2000000,
		.handshake_usec = 700,
	};
}

static void check_code(uint16_t code, const char *expected)
{
	char label[METRICS_CODE_MAX];

	metrics_code_label(code, label);
	assert_string_equal(label, expected);
}

static void test_codes_are_bounded(void **state)
{
	(void)state;
	check_code(0, "none");
	check_code(1000, "1000");
	check_code(1015, "1015");
	check_code(1016, "other");
	check_code(2999, "other");
	check_code(3000, "3xxx");
	check_code(3999, "3xxx");
	check_code(4000, "4xxx");
	check_code(4999, "4xxx");
	check_code(5000, "other");
	check_code(999, "other");
	check_code(UINT16_MAX, "other");
}

static uint64_t server_slot(const struct metrics_totals *totals,
			    const char *server, unsigned slot)
{
	char buffer[METRICS_KEY_MAX];
	struct slice key;
	struct metrics_totals copy = *totals;

	assert_true(metrics_server_key("b", server, buffer, sizeof(buffer),
				       &key));
	return counter_get(&tally_row(&copy.sheet.servers, key)->at[slot]);
}

static void test_sessions(void **state)
{
	struct config *config = config_text_parse(config_sample);
	struct session_log_record opened = record_of(CAUSE_NONE, 0);
	struct session_log_record closed =
		record_of(CAUSE_CLIENT_CLOSED, 4001);
	struct metrics_sheet sheets[2];
	struct metrics_totals totals;
	const struct tally_row **rows;
	size_t count;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		metrics_sheet_init(&sheets[i]);
		metrics_sheet_opened(&sheets[i], &opened);
		metrics_sheet_opened(&sheets[i], &opened);
		metrics_sheet_closed(&sheets[i], &closed);
	}
	metrics_totals_init(&totals, config);
	metrics_totals_add_sheet(&totals, &sheets[0]);
	metrics_totals_add_sheet(&totals, &sheets[1]);
	assert_int_equal(server_slot(&totals, "h:1", METRICS_SERVER_SESSIONS),
			 2);
	rows = metrics_tally_sorted(&totals.sheet.closed, &count);
	assert_non_null(rows);
	assert_int_equal(count, 1);
	assert_string_equal(metrics_key_text(rows[0]->key, 0), "r");
	assert_string_equal(metrics_key_text(rows[0]->key, 1), "client");
	assert_string_equal(metrics_key_text(rows[0]->key, 2),
			    "client_closed");
	assert_string_equal(metrics_key_text(rows[0]->key, 3), "4xxx");
	assert_string_equal(metrics_key_text(rows[0]->key, 4), "");
	assert_int_equal(counter_get(&rows[0]->at[METRICS_CLOSED]), 2);
	free(rows);
	assert_int_equal(counter_get(&totals.sheet.closed_by_cause
					      [CAUSE_CLIENT_CLOSED]),
			 2);
	assert_int_equal(counter_get(&totals.sheet.session.sum_us), 4000000);
	assert_int_equal(counter_get(&totals.sheet.handshake.sum_us), 2800);
	metrics_totals_done(&totals);
	metrics_sheet_done(&sheets[0]);
	metrics_sheet_done(&sheets[1]);
	config_unref(&config);
}

/* Of two workers the one that tried last knows best. */
static void test_last_attempt_counts(void **state)
{
	struct config *config = config_text_parse(config_sample);
	struct metrics_attempt good = { "b", "h:1", 0, 400 };
	struct metrics_attempt bad = { "b", "h:1", -ECONNREFUSED, 1 };
	struct metrics_attempt ours = { "b", "h:1", -EMFILE, 1 };
	struct metrics_sheet sheets[2];
	struct metrics_totals totals;

	(void)state;
	metrics_sheet_init(&sheets[0]);
	metrics_sheet_init(&sheets[1]);
	metrics_sheet_tried(&sheets[0], &bad);
	metrics_sheet_tried(&sheets[1], &good);
	/* The clock of a fast machine may not have moved. */
	for (uint64_t us = 0; us < 2; us++)
		counter_set(&tally_row(&sheets[us].servers,
				       slice_make("b\0h:1", 6))
				     ->at[METRICS_SERVER_TRIED_US],
			    10 + us);
	metrics_sheet_tried(&sheets[0], &ours);
	for (size_t order = 0; order < 2; order++) {
		metrics_totals_init(&totals, config);
		metrics_totals_add_sheet(&totals, &sheets[order]);
		metrics_totals_add_sheet(&totals, &sheets[1 - order]);
		assert_int_equal(server_slot(&totals, "h:1",
					     METRICS_SERVER_ERROR),
				 0);
		assert_int_equal(server_slot(&totals, "h:1",
					     METRICS_SERVER_CONNECTED),
				 1);
		assert_int_equal(server_slot(&totals, "h:1",
					     METRICS_SERVER_FAILED),
				 2);
		metrics_totals_done(&totals);
	}
	metrics_totals_init(&totals, config);
	metrics_totals_add_sheet(&totals, &sheets[0]);
	assert_int_equal(server_slot(&totals, "h:1", METRICS_SERVER_ERROR),
			 ECONNREFUSED);
	metrics_totals_done(&totals);
	metrics_sheet_done(&sheets[0]);
	metrics_sheet_done(&sheets[1]);
	config_unref(&config);
}

/* What the configuration has is there before anything is counted. */
static void test_names_of_the_configuration(void **state)
{
	struct config *config = config_text_parse(config_sample);
	struct metrics_totals totals;
	const struct tally_row **rows;
	size_t count;

	(void)state;
	metrics_totals_init(&totals, config);
	rows = metrics_tally_sorted(&totals.sheet.servers, &count);
	assert_non_null(rows);
	assert_int_equal(count, 2);
	assert_string_equal(metrics_key_text(rows[0]->key, 1), "h:1");
	assert_string_equal(metrics_key_text(rows[1]->key, 1), "h:2");
	assert_int_equal(
		counter_get(&rows[1]->at[METRICS_SERVER_CONFIGURED]), 1);
	free(rows);
	rows = metrics_tally_sorted(&totals.routes, &count);
	assert_non_null(rows);
	assert_int_equal(count, 1);
	assert_string_equal(metrics_key_text(rows[0]->key, 0), "r");
	free(rows);
	metrics_totals_done(&totals);
	config_unref(&config);
}

/* Too many of a kind: the labels of the rest, each of them. */
static void test_rest(void **state)
{
	struct session_log_record closed = record_of(CAUSE_IDLE, 1008);
	struct metrics_sheet sheet;
	char route[16];

	(void)state;
	metrics_sheet_init(&sheet);
	closed.route = route;
	for (unsigned i = 0; i < METRICS_CLOSED_MAX + 5; i++) {
		snprintf(route, sizeof(route), "r%u", i);
		metrics_sheet_closed(&sheet, &closed);
	}
	assert_int_equal(sheet.closed.count, METRICS_CLOSED_MAX);
	assert_int_equal(counter_get(&sheet.closed.rest.at[METRICS_CLOSED]),
			 5);
	for (unsigned i = 0; i < 4; i++)
		assert_string_equal(metrics_key_text(sheet.closed.rest.key, i),
				    "other");
	metrics_sheet_done(&sheet);
}

static void test_traffic(void **state)
{
	struct config *config = config_text_parse(config_sample);
	struct metrics_totals totals;
	struct tally traffic;

	(void)state;
	traffic_init(&traffic);
	counter_set(&tally_row(&traffic, slice_of("r"))->at[TRAFFIC_BYTES_UP],
		    7);
	counter_set(&tally_row(&traffic, slice_of("old"))->at[TRAFFIC_BYTES_UP],
		    5);
	metrics_totals_init(&totals, config);
	metrics_totals_add_traffic(&totals, &traffic, 100);
	metrics_totals_add_traffic(&totals, &traffic, 20);
	assert_int_equal(totals.buffered_bytes, 120);
	assert_int_equal(metrics_tally_sum(&totals.routes, TRAFFIC_BYTES_UP),
			 24);
	assert_int_equal(counter_get(&tally_row(&totals.routes, slice_of("r"))
					      ->at[TRAFFIC_BYTES_UP]),
			 14);
	metrics_totals_done(&totals);
	tally_done(&traffic);
	config_unref(&config);
}

static void test_local_hosts(void **state)
{
	static const char *const local[] = { "localhost", "LocalHost",
					     "a.localhost", "127.0.0.1",
					     "[::1]", "192.0.2.1" };
	static const char *const foreign[] = { "",
					       "example.org",
					       "xlocalhost",
					       "localhost.example.org",
					       "127.0.0.1.example.org",
					       ".",
					       "::1",
					       "unix:/a" };
	char text[5000];

	(void)state;
	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++)
		assert_true(admin_pages_is_local_host(local[i]));
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
		assert_false(admin_pages_is_local_host(foreign[i]));
	memset(text, '1', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(admin_pages_is_local_host(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes_are_bounded),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_last_attempt_counts),
		cmocka_unit_test(test_names_of_the_configuration),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_traffic),
		cmocka_unit_test(test_local_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
