/* SPDX-License-Identifier: MIT */
/* Writes the text format of Prometheus, version 0.0.4. */

#include "ops/metrics_text.h"

#include <inttypes.h>

#include "ops/printable.h"

#define USEC 1e6

void metrics_text_family(FILE *out, const struct metrics_family *family)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
		family->name, family->type);
}

/* In quotes a backslash, a quote and a line end are escaped. */
static void write_value(FILE *out, const char *value)
{
	char clean[PRINTABLE_MAX];

	printable_copy(value, clean);
	for (const char *c = clean; *c; c++) {
		if (*c == '\\' || *c == '"')
			fputc('\\', out);
		if (*c == '\n')
			fputs("\\n", out);
		else
			fputc(*c, out);
	}
}

void metrics_text_sample(FILE *out, const char *name,
			 const struct metrics_label *labels, size_t count,
			 uint64_t value)
{
	fputs(name, out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s%s=\"", i ? "," : "{", labels[i].name);
		write_value(out, labels[i].value);
		fputc('"', out);
	}
	fprintf(out, "%s %" PRIu64 "\n", count ? "}" : "", value);
}

void metrics_text_number(FILE *out, const struct metrics_family *family,
			 uint64_t value)
{
	metrics_text_family(out, family);
	metrics_text_sample(out, family->name, NULL, 0, value);
}

void metrics_text_seconds(FILE *out, const struct metrics_family *family,
			  uint64_t usec)
{
	metrics_text_family(out, family);
	fprintf(out, "%s %.6f\n", family->name, (double)usec / USEC);
}

void metrics_text_histogram(FILE *out, const struct metrics_family *family,
			    const struct histogram *histogram,
			    const struct histogram_scale *scale)
{
	uint64_t count = 0;

	metrics_text_family(out, family);
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		count += counter_get(&histogram->buckets[i]);
		fprintf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", family->name,
			(double)scale->bounds_us[i] / USEC, count);
	}
	/* The same number twice, though others may be counting meanwhile. */
	count += counter_get(&histogram->buckets[HISTOGRAM_BOUNDS]);
	fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", family->name,
		count);
	fprintf(out, "%s_sum %.6f\n", family->name,
		(double)counter_get(&histogram->sum_us) / USEC);
	fprintf(out, "%s_count %" PRIu64 "\n", family->name, count);
}
