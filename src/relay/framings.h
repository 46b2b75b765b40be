/* SPDX-License-Identifier: MIT */
/* Which codec a configured framing is. */

#ifndef RELAY_FRAMINGS_H
#define RELAY_FRAMINGS_H

#include "config/config.h"
#include "framing/framing.h"

/* The codec of a route with a backend. */
const struct framing *framing_of_route(const struct config_route *route);

#endif
