/* SPDX-License-Identifier: MIT */
/* Keeps the figures of the last minutes: a sample every few seconds. */

#ifndef DAEMON_RECORDER_H
#define DAEMON_RECORDER_H

#include "ops/history.h"
#include "ops/operations.h"

struct event_base;

/* All of it belongs to the supervisor's thread. */
struct recorder;

/*
 * Takes a first sample now, and then one every HISTORY_INTERVAL_S on the loop;
 * `operations` outlives it.  Null when memory is out.
 */
__attribute__((warn_unused_result)) struct recorder *
recorder_new(struct event_base *base, const struct operations *operations);

/* Clears, takes null. */
void recorder_free(struct recorder **recorder);

/* What it has; borrowed. */
const struct history *recorder_history(const struct recorder *recorder);

#endif
