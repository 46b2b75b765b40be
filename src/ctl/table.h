/* SPDX-License-Identifier: MIT */
/* Aligned columns, cut to the width of a terminal. */

#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Columns of a table at most. */
#define TABLE_COLUMNS_MAX 16

struct table_column {
	const char *title;
	bool is_figure;  /* aligned to the right */
	bool may_shrink; /* is cut where the table is too wide */
};

struct table {
	const struct table_column *columns; /* static */
	size_t column_count;
	char **cells; /* row by row, owned */
	size_t row_count;
	size_t row_room;
};

/* An empty table with these columns. */
void table_init(struct table *table, const struct table_column *columns,
		size_t column_count);

/* Frees the rows; the table is empty and ready again. */
void table_done(struct table *table);

/*
 * Adds a row of column_count texts, which are copied; peers may have written
 * them, they are escaped here.  Null stands for "-".  0 or -ENOMEM.
 */
__attribute__((warn_unused_result)) int table_add(struct table *table,
						  const char *const *cells);

/*
 * Writes the titles and the first `rows` rows, each line ended by `line_end`,
 * none wider than `width` columns if that is not 0.  Errors stay in `out`.
 */
void table_print(const struct table *table, size_t rows, size_t width,
		 const char *line_end, FILE *out);

#endif
