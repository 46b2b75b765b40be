/* SPDX-License-Identifier: MIT */
/* The page /metrics: everything that is counted, for Prometheus. */

#ifndef OPS_METRICS_H
#define OPS_METRICS_H

#include <stdio.h>

#include "ops/operations.h"

/*
 * Writes all families as text (ops/metrics_text.h).  0, or -ENOMEM when some
 * are missing; errors of writing stay in `out` (ferror).  The supervisor's
 * thread.
 */
__attribute__((warn_unused_result)) int
metrics_write(FILE *out, const struct operations *operations);

#endif
