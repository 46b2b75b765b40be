/* SPDX-License-Identifier: MIT */
/* Says what may be wrong with an option that nobody knows. */

#ifndef CONFIG_CONFIG_UNKNOWN_H
#define CONFIG_CONFIG_UNKNOWN_H

#include "config/config_draft.h"

/*
 * Adds an error about `name`, written in `group` (null: none) of `object`: the
 * nearest known name, or why a global option is not one of a route.
 */
void config_unknown_report(struct config_draft *draft,
			   const struct config_object *object,
			   struct config_place place, const char *group,
			   const char *name);

/* The same for what stands beside listeners, backends and routes in conf.d. */
void config_unknown_report_extra(struct config_draft *draft,
				 struct config_place place, const char *name);

#endif
