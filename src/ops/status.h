/* SPDX-License-Identifier: MIT */
/* All there is to say of the daemon, as one JSON object. */

#ifndef OPS_STATUS_H
#define OPS_STATUS_H

#include <jansson.h>

#include "ops/operations.h"

/* Seconds that "recent" stands for in closings and refusals. */
#define STATUS_RECENT_S 300

/*
 * A new object, as wsrelayd(8) describes it under /status; null when memory is
 * out.  Holds no credential and nothing a client sent.  The supervisor's
 * thread.
 */
__attribute__((warn_unused_result)) json_t *
status_build(const struct operations *operations);

#endif
