/* SPDX-License-Identifier: MIT */
/* An endpoint whose bytes are the payload: the target of framing "stream". */

#ifndef RELAY_ENDPOINT_RAW_H
#define RELAY_ENDPOINT_RAW_H

#include "relay/endpoint.h"

/* For endpoint_init(). */
extern const struct endpoint_ops endpoint_raw_ops;

#endif
