/* SPDX-License-Identifier: MIT */
/* Takes a value as it was written into the field that an option describes. */

#ifndef CONFIG_CONFIG_VALUE_H
#define CONFIG_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config_arena.h"
#include "config/config_table.h"

enum config_kind {
	CONFIG_KIND_BOOL,
	CONFIG_KIND_INTEGER,
	CONFIG_KIND_FLOAT,
	CONFIG_KIND_TEXT,
	CONFIG_KIND_TEXTS,
	CONFIG_KIND_LIST, /* not of texts alone */
	CONFIG_KIND_GROUP,
};

/* A value of a configuration file; texts are borrowed. */
struct config_value {
	enum config_kind kind;
	union {
		bool boolean;
		int64_t integer;
		double number;
		const char *text;
		struct {
			const char *const *items;
			size_t count;
		} texts;
	};
};

/* Room for the reason config_value_take() gives: what is wrong, and allowed. */
#define CONFIG_REASON_MAX (2 * CONFIG_ALLOWED_MAX)

/*
 * Checks `value` against `option` and writes it into the field of `object`,
 * the struct of the option's scope; texts are copied into `arena`.  Returns
 * 0, -EINVAL with `ret_reason` saying what is wrong and what is allowed, or
 * -ENOMEM; the field is untouched on failure.
 */
__attribute__((warn_unused_result)) int
config_value_take(const struct config_option *option,
		  const struct config_value *value, struct config_arena *arena,
		  void *object, char ret_reason[CONFIG_REASON_MAX]);

/* Writes the option's default, if it has one.  Returns 0 or -ENOMEM. */
__attribute__((warn_unused_result)) int
config_value_default(const struct config_option *option,
		     struct config_arena *arena, void *object);

#endif
