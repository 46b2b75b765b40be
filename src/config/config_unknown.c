/* SPDX-License-Identifier: MIT */
/* Looks for what a mistyped option was meant to be. */

#include "config/config_unknown.h"

#include <stdio.h>
#include <string.h>

#include "config/config_suggest.h"

/* Longer names are cut in errors, and near to none of the table. */
#define NAME_MAX_BYTES 256

static const char *const config_lists[] = { "listeners", "backends", "routes" };

/* The step of an option's path below `group`; empty when it is elsewhere. */
static struct slice config_unknown_step(const char *path, const char *group)
{
	struct slice step = slice_of(path);
	struct slice rest;

	if (group) {
		if (!slice_equal(slice_cut(step, '.', &step), slice_of(group)))
			return slice_make(NULL, 0);
	}
	return slice_cut(step, '.', &rest);
}

/* Offers every name that may stand in `group` of `scope`. */
static void config_unknown_suggest(struct config_suggest *suggest,
				   enum config_scope scope, const char *group,
				   char ret_name[NAME_MAX_BYTES])
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		const char *before = suggest->best;
		char name[NAME_MAX_BYTES];

		if (option->scope != scope)
			continue;
		struct slice step = config_unknown_step(option->path, group);

		if (step.len == 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)step.len, step.data);
		config_suggest_try(suggest, name);
		if (suggest->best == before)
			continue;
		memcpy(ret_name, name, sizeof(name));
		suggest->best = ret_name;
	}
}

static void config_unknown_suggest_lists(struct config_suggest *suggest)
{
	for (size_t i = 0; i < sizeof(config_lists) / sizeof(*config_lists);
	     i++)
		config_suggest_try(suggest, config_lists[i]);
}

/* The outcome, in words. */
static void config_unknown_add(struct config_draft *draft,
			       struct config_place place, const char *full,
			       const struct config_suggest *suggest)
{
	if (suggest->best)
		config_errors_add(draft->errors, place, full,
				  "unknown option; did you mean \"%s\"?",
				  suggest->best);
	else
		config_errors_add(draft->errors, place, full,
				  "unknown option; wsrelayd.conf(5) names all "
				  "there are");
}

void config_unknown_report(struct config_draft *draft,
			   const struct config_object *object,
			   struct config_place place, const char *group,
			   const char *name)
{
	struct config_suggest suggest = { .word = name };
	const char *label = object->origin->label;
	char path[NAME_MAX_BYTES];
	char full[2 * NAME_MAX_BYTES];
	char best[NAME_MAX_BYTES];

	snprintf(path, sizeof(path), "%s%s%s", group ? group : "",
		 group ? "." : "", name);
	snprintf(full, sizeof(full), "%s%s%s", label ? label : "",
		 label ? "." : "", path);
	/* Those of its groups that act before a route is known, say. */
	if (object->scope == CONFIG_SCOPE_ROUTE && group &&
	    config_option_find(CONFIG_SCOPE_GLOBAL, path)) {
		config_errors_add(draft->errors, place, full,
				  "is not for a single route; allowed: in the "
				  "global group \"%s\"",
				  group);
		return;
	}
	config_unknown_suggest(&suggest, object->scope, group, best);
	if (object->scope == CONFIG_SCOPE_GLOBAL && !group)
		config_unknown_suggest_lists(&suggest);
	config_unknown_add(draft, place, full, &suggest);
}

void config_unknown_report_extra(struct config_draft *draft,
				 struct config_place place, const char *name)
{
	struct config_suggest suggest = { .word = name };

	if (config_option_find(CONFIG_SCOPE_GLOBAL, name) ||
	    config_option_is_group(CONFIG_SCOPE_GLOBAL, name)) {
		config_errors_add(draft->errors, place, name,
				  "is for the main file; allowed in conf.d: "
				  "listeners, backends, routes");
		return;
	}
	config_unknown_suggest_lists(&suggest);
	config_unknown_add(draft, place, name, &suggest);
}
