/* SPDX-License-Identifier: MIT */
/* Columns that are aligned, and never wider than they may be. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/table.h"
#include "ctl/text.h"

static const struct table_column columns[] = {
	{ "ID", .is_figure = true },
	{ "CLIENT", .may_shrink = true },
	{ .title = "STATE" },
};

static void begin(struct table *table)
{
	static const char *const rows[][3] = {
		{ "1", "192.0.2.1:80", "open" },
		{ "12345", NULL, "closing" },
		{ "7", "\x1b[2J", "open" },
	};

	table_init(table, columns, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(table_add(table, rows[i]), 0);
}

/* To be freed. */
static char *print(const struct table *table, size_t rows, size_t width)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	table_print(table, rows, width, "\n", out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_printed(const struct table *table, size_t rows, size_t width,
			   const char *expected)
{
	char *text = print(table, rows, width);

	assert_string_equal(text, expected);
	free(text);
}

static void test_aligned(void **state)
{
	struct table table;

	(void)state;
	begin(&table);
	assert_printed(&table, 9, 0,
		       "   ID  CLIENT        STATE\n"
		       "    1  192.0.2.1:80  open\n"
		       "12345  -             closing\n"
		       "    7  \\x1b[2J       open\n");
	table_done(&table);
}

static void test_empty(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, columns, 3);
	assert_printed(&table, 9, 0, "ID  CLIENT  STATE\n");
	table_done(&table);
}

static void test_fewer_rows(void **state)
{
	struct table table;

	(void)state;
	begin(&table);
	assert_printed(&table, 1, 0,
		       "ID  CLIENT        STATE\n"
		       " 1  192.0.2.1:80  open\n");
	table_done(&table);
}

static void test_shrunk(void **state)
{
	struct table table;

	(void)state;
	begin(&table);
	assert_printed(&table, 9, 25,
		       "   ID  CLIENT     STATE\n"
		       "    1  192.0.2.~  open\n"
		       "12345  -          closing\n"
		       "    7  \\x1b[2J    open\n");
	table_done(&table);
}

static void test_every_width(void **state)
{
	struct table table;

	(void)state;
	begin(&table);
	for (size_t width = 5; width < 40; width++) {
		char *text = print(&table, 9, width);
		char *rest = text;
		char *line;

		while ((line = strsep(&rest, "\n")))
			assert_true(text_width(line) <= width);
		free(text);
	}
	table_done(&table);
}

static void test_many_rows(void **state)
{
	static const char *const row[] = { "1", "c", "open" };
	struct table table;

	(void)state;
	table_init(&table, columns, 3);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(table_add(&table, row), 0);
	assert_int_equal(table.row_count, 1000);
	table_done(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_fewer_rows),
		cmocka_unit_test(test_shrunk),
		cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_many_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
