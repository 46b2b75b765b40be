/* SPDX-License-Identifier: MIT */
/* The steps of config_build(), one per scope. */

#ifndef CONFIG_CONFIG_BUILD_H
#define CONFIG_CONFIG_BUILD_H

#include "config/config_draft.h"

/*
 * Each parses what the objects of its scope were given as text and adds an
 * error for everything that cannot be; objects whose text is missing or was
 * refused before are passed over.  Out of memory is noted in the draft.
 */

/* Addresses, unique names, no two listeners in each other's way. */
void config_build_listeners(struct config_draft *draft);

/* Addresses of the servers, unique names. */
void config_build_backends(struct config_draft *draft);

/* Patterns, tokens, unique names, backends; after config_build_backends(). */
void config_build_routes(struct config_draft *draft);

#endif
