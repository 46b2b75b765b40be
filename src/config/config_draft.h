/* SPDX-License-Identifier: MIT */
/* A configuration while it is read: values, and where each was written. */

#ifndef CONFIG_CONFIG_DRAFT_H
#define CONFIG_CONFIG_DRAFT_H

#include <stdbool.h>

#include "config/config.h"
#include "config/config_table.h"
#include "config/config_value.h"

/* Where one object of a scope and its options stand. */
struct config_origin {
	struct config_place self;
	const char *label; /* "listeners[0]", "backends.vnc"; null: global */
	struct config_place options[CONFIG_OPTIONS_MAX]; /* no file: default */
};

/* The objects of one scope: both arrays have `count` elements. */
struct config_draft_list {
	struct config_origin *origins;
	size_t count;
};

struct config_draft {
	struct config *config;        /* being filled; lists as read so far */
	struct config_errors *errors; /* the caller's */
	struct config_arena *arena;   /* of what only the draft needs */
	bool out_of_memory;           /* sticks; the result is -ENOMEM */
	struct config_draft_list lists[CONFIG_SCOPES];
};

/* One object being filled; valid until another of its scope is added. */
struct config_object {
	enum config_scope scope;
	void *data; /* the struct of the scope */
	struct config_origin *origin;
};

/*
 * An empty draft with the global object at its defaults.  Returns 0 or
 * -ENOMEM; config_draft_done() is due either way.
 */
__attribute__((warn_unused_result)) int
config_draft_init(struct config_draft *draft, const char *file,
		  struct config_errors *errors);

/* Frees what was not handed out. */
void config_draft_done(struct config_draft *draft);

/* The global object. */
struct config_object config_draft_global(struct config_draft *draft);

/*
 * Adds an object at its defaults (a route: with the global limits and timeouts
 * as they are now).  `label` is copied.  False when out of memory.
 */
__attribute__((warn_unused_result)) bool
config_draft_add(struct config_draft *draft, enum config_scope scope,
		 struct config_place place, const char *label,
		 struct config_object *ret_object);

/* Sets one option; adds an error when the value is not allowed. */
void config_draft_set(struct config_draft *draft, struct config_object *object,
		      const struct config_option *option,
		      struct config_place place,
		      const struct config_value *value);

/*
 * Adds an error for each option of the group, which stands at `place`, that
 * has to be written in it and was not (CONFIG_GROUP).
 */
void config_draft_require(struct config_draft *draft,
			  const struct config_object *object, const char *group,
			  struct config_place place);

/* A copy of `text` that lives as long as the draft; null: out of memory. */
const char *config_draft_keep(struct config_draft *draft, const char *text);

/* Object `index` of a scope. */
struct config_object config_draft_object(struct config_draft *draft,
					 enum config_scope scope, size_t index);

/* Whether the option was written: it is not there by default. */
bool config_draft_has(const struct config_object *object, const char *path);

/*
 * "FILE:LINE: path" of an option of the global object, which lives as long as
 * the configuration: whoever acts on the option later says with it what is to
 * be changed.  Null when nobody wrote it, or memory is out.
 */
char *config_draft_place_text(struct config_draft *draft, const char *path);

/* Adds an error to an option of an object; at its place when it has one. */
__attribute__((format(printf, 4, 5))) void
config_draft_error(struct config_draft *draft,
		   const struct config_object *object, const char *path,
		   const char *format, ...);

/*
 * Parses addresses and patterns, resolves names between objects and checks
 * what one option cannot know alone.  Returns 0 and hands the configuration
 * out, -EINVAL (errors were added, now or before) or -ENOMEM.
 */
__attribute__((warn_unused_result)) int
config_build(struct config_draft *draft, struct config **ret_config);

#endif
