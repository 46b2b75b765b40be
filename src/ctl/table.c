/* SPDX-License-Identifier: MIT */
/* Aligned columns, cut to the width of a terminal. */

#include "ctl/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/text.h"

/* Blanks between columns. */
#define GAP 2

/* Columns that shrink keep this much, or their title. */
#define SHRUNK_MIN 8

void table_init(struct table *table, const struct table_column *columns,
		size_t column_count)
{
	*table = (struct table){ .columns = columns,
				 .column_count = column_count };
}

void table_done(struct table *table)
{
	for (size_t i = 0; i < table->row_count * table->column_count; i++)
		free(table->cells[i]);
	free(table->cells);
	table->cells = NULL;
	table->row_count = 0;
	table->row_room = 0;
}

static int grow(struct table *table)
{
	size_t room = table->row_room ? 2 * table->row_room : 32;
	char **cells = realloc(table->cells,
			       room * table->column_count * sizeof(*cells));

	if (!cells)
		return -ENOMEM;
	table->cells = cells;
	table->row_room = room;
	return 0;
}

int table_add(struct table *table, const char *const *cells)
{
	size_t columns = table->column_count;
	char **row;

	if (table->row_count == table->row_room && grow(table))
		return -ENOMEM;
	row = table->cells + table->row_count * columns;
	for (size_t i = 0; i < columns; i++) {
		row[i] = text_escape(cells[i] ? cells[i] : "-");
		if (row[i])
			continue;
		while (i-- > 0)
			free(row[i]);
		return -ENOMEM;
	}
	table->row_count++;
	return 0;
}

/* What every column needs; returns the width of a line. */
static size_t measure(const struct table *table, size_t rows, size_t *widths)
{
	size_t sum = 0;

	for (size_t i = 0; i < table->column_count; i++) {
		widths[i] = text_width(table->columns[i].title);
		for (size_t r = 0; r < rows; r++) {
			const char *cell =
				table->cells[r * table->column_count + i];
			size_t width = text_width(cell);

			if (width > widths[i])
				widths[i] = width;
		}
		sum += widths[i] + (i ? GAP : 0);
	}
	return sum;
}

/* The widest column that may shrink and can. */
static size_t *widest(const struct table *table, size_t *widths)
{
	size_t *found = NULL;

	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i].may_shrink && widths[i] > SHRUNK_MIN &&
		    (!found || widths[i] > *found))
			found = &widths[i];
	return found;
}

/* A column at a time from the widest: so the long ones come to one width. */
static void shrink(const struct table *table, size_t *widths, size_t excess)
{
	while (excess > 0) {
		size_t *column = widest(table, widths);

		if (!column)
			return;
		(*column)--;
		excess--;
	}
}

static void pad(size_t count, FILE *out)
{
	fprintf(out, "%*s", (int)count, "");
}

/* One cell in `width` columns; the last one is not filled up with blanks. */
static void print_cell(const char *cell, size_t width, bool is_figure,
		       bool is_last, FILE *out)
{
	size_t own = text_width(cell);

	if (own > width) {
		fprintf(out, "%.*s~", (int)text_prefix(cell, width - 1), cell);
		return;
	}
	if (is_figure)
		pad(width - own, out);
	fputs(cell, out);
	if (!is_figure && !is_last)
		pad(width - own, out);
}

/* A line as wide as it may be: columns that do not fit are left out. */
static void print_line(const struct table *table, const size_t *widths,
		       char *const *cells, size_t width, FILE *out)
{
	size_t used = 0;

	for (size_t i = 0; i < table->column_count; i++) {
		const struct table_column *column = &table->columns[i];

		used += widths[i] + (i ? GAP : 0);
		if (width && i && used > width)
			return;
		if (i)
			pad(GAP, out);
		print_cell(cells ? cells[i] : column->title, widths[i],
			   column->is_figure, i + 1 == table->column_count,
			   out);
	}
}

void table_print(const struct table *table, size_t rows, size_t width,
		 const char *line_end, FILE *out)
{
	size_t widths[TABLE_COLUMNS_MAX];
	size_t all;

	if (rows > table->row_count)
		rows = table->row_count;
	all = measure(table, rows, widths);
	if (width && all > width)
		shrink(table, widths, all - width);
	print_line(table, widths, NULL, width, out);
	fputs(line_end, out);
	for (size_t r = 0; r < rows; r++) {
		print_line(table, widths,
			   table->cells + r * table->column_count, width, out);
		fputs(line_end, out);
	}
}
