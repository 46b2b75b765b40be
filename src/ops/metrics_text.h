/* SPDX-License-Identifier: MIT */
/* Writes the text format of Prometheus, version 0.0.4. */

#ifndef OPS_METRICS_TEXT_H
#define OPS_METRICS_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/histogram.h"

/*
 * https://prometheus.io/docs/instrumenting/exposition_formats/: a family is its
 * HELP and TYPE, then all its samples.  Errors stay in `out` (ferror).
 */
#define METRICS_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* A family: its name, "counter", "gauge" or "histogram", one sentence. */
struct metrics_family {
	const char *name;
	const char *type;
	const char *help;
};

/* Values of labels may be any text: they are escaped. */
struct metrics_label {
	const char *name;
	const char *value;
};

/* Begins a family; its samples follow. */
void metrics_text_family(FILE *out, const struct metrics_family *family);

/* A sample with `count` labels. */
void metrics_text_sample(FILE *out, const char *name,
			 const struct metrics_label *labels, size_t count,
			 uint64_t value);

/* A family of one sample without labels. */
void metrics_text_number(FILE *out, const struct metrics_family *family,
			 uint64_t value);

/* The same of microseconds, written as seconds. */
void metrics_text_seconds(FILE *out, const struct metrics_family *family,
			  uint64_t usec);

/* A whole histogram, in seconds. */
void metrics_text_histogram(FILE *out, const struct metrics_family *family,
			    const struct histogram *histogram,
			    const struct histogram_scale *scale);

#endif
