/* SPDX-License-Identifier: MIT */
/* Takes a configuration in: every part of the daemon, or none. */

#include "daemon/reload.h"

#include <string.h>

#include "base/log.h"

static void discard(const struct reload_plan *plan, size_t prepared)
{
	while (prepared-- > 0)
		if (plan->parts[prepared].discard)
			plan->parts[prepared].discard(plan->arg);
}

static int prepare(const struct reload_plan *plan, struct config *config,
		   struct config_errors *errors)
{
	for (size_t i = 0; i < plan->count; i++) {
		int error = 0;

		if (plan->parts[i].prepare)
			error = plan->parts[i].prepare(plan->arg, config,
						       errors);
		if (error) {
			discard(plan, i);
			return error;
		}
	}
	return 0;
}

int reload_take(const struct reload_plan *plan, struct config *config,
		struct config_errors *errors)
{
	int error = prepare(plan, config, errors);

	if (error)
		return error;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->parts[i].commit)
			plan->parts[i].commit(plan->arg, config);
	return 0;
}

int reload_run(const struct reload_plan *plan, const char *path,
	       struct config_errors *errors)
{
	struct config_place whole = { .file = path };
	struct config *config = NULL;
	int error = config_load(path, errors, &config);

	if (!error)
		error = reload_take(plan, config, errors);
	config_unref(&config);
	if (error && config_errors_are_empty(errors))
		config_errors_add(errors, whole, NULL, "%s", strerror(-error));
	return error;
}

void reload_log_errors(const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		log_printf(LOG_LEVEL_ERROR, "%s", errors->lines[i]);
	if (errors->more)
		log_printf(LOG_LEVEL_ERROR, "and %zu more errors",
			   errors->more);
}
