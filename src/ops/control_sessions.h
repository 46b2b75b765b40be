/* SPDX-License-Identifier: MIT */
/* A session as a JSON object. */

#ifndef OPS_CONTROL_SESSIONS_H
#define OPS_CONTROL_SESSIONS_H

#include <jansson.h>

#include "relay/session_info.h"

/* A new reference, or null when memory is out. */
__attribute__((warn_unused_result)) json_t *
control_session_json(const struct session_info *info);

#endif
