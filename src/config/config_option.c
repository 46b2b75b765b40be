/* SPDX-License-Identifier: MIT */
/* Looks options up and says what they allow. */

#include "config/config_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

const struct config_option *config_option_find(enum config_scope scope,
					       const char *path)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];

		if (option->scope == scope && strcmp(option->path, path) == 0)
			return option;
	}
	return NULL;
}

size_t config_option_index(const struct config_option *option)
{
	return (size_t)(option - config_options);
}

bool config_option_may_be_empty(const struct config_option *option)
{
	return (option->flags & CONFIG_EMPTY) ||
	       (option->fallback && option->fallback[0] == '\0');
}

bool config_option_is_group(enum config_scope scope, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];

		if (option->scope == scope &&
		    strncmp(option->path, path, len) == 0 &&
		    option->path[len] == '.')
			return true;
	}
	return false;
}

static void config_allowed_words(const struct config_option *option,
				 char ret_text[CONFIG_ALLOWED_MAX])
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (const char *const *word = option->words; *word; word++) {
		const char *joint = word == option->words ? "" :
				    word[1]               ? ", " :
							    " or ";
		int len = snprintf(ret_text + used, CONFIG_ALLOWED_MAX - used,
				   "%s\"%s\"", joint, *word);

		if (len < 0 || (size_t)len >= CONFIG_ALLOWED_MAX - used)
			return;
		used += (size_t)len;
	}
}

static void config_allowed_number(const struct config_option *option,
				  char ret_text[CONFIG_ALLOWED_MAX])
{
	char min[UNITS_TEXT_MAX];
	char max[UNITS_TEXT_MAX];
	const char *what = "a whole number";
	bool zero = option->flags & CONFIG_ZERO;

	if (option->type == CONFIG_OPTION_DURATION) {
		what = "a duration";
		units_print_duration((uint32_t)option->min, min);
		units_print_duration((uint32_t)option->max, max);
	} else if (option->type == CONFIG_OPTION_SIZE) {
		what = "a size";
		units_print_size(option->min, min);
		units_print_size(option->max, max);
	} else {
		/* 0 belongs to the range then. */
		snprintf(min, sizeof(min), "%" PRIu64,
			 zero && option->min == 1 ? 0 : option->min);
		snprintf(max, sizeof(max), "%" PRIu64, option->max);
	}
	snprintf(ret_text, CONFIG_ALLOWED_MAX, "%s, %s to %s%s", what, min, max,
		 zero && option->min != 1    ? ", or 0" :
		 option->flags & CONFIG_AUTO ? ", or \"auto\"" :
					       "");
}

void config_option_print_allowed(const struct config_option *option,
				 char ret_text[CONFIG_ALLOWED_MAX])
{
	switch (option->type) {
	case CONFIG_OPTION_BOOL:
		snprintf(ret_text, CONFIG_ALLOWED_MAX, "true or false");
		return;
	case CONFIG_OPTION_COUNT:
	case CONFIG_OPTION_SIZE:
	case CONFIG_OPTION_DURATION:
		config_allowed_number(option, ret_text);
		return;
	case CONFIG_OPTION_MODE:
		snprintf(ret_text, CONFIG_ALLOWED_MAX,
			 "octal digits in "
			 "quotes, \"0000\" to \"0777\"");
		return;
	case CONFIG_OPTION_CHOICE:
		config_allowed_words(option, ret_text);
		return;
	case CONFIG_OPTION_TEXT:
		snprintf(ret_text, CONFIG_ALLOWED_MAX,
			 "text in quotes, %d to %" PRIu64 " bytes",
			 config_option_may_be_empty(option) ? 0 : 1,
			 option->max);
		return;
	case CONFIG_OPTION_TEXTS:
		snprintf(ret_text, CONFIG_ALLOWED_MAX,
			 "a list of texts, each of 1 to %" PRIu64 " bytes: "
			 "( \"a\", \"b\" )",
			 option->max);
		return;
	case CONFIG_OPTION_OBJECTS:
		snprintf(ret_text, CONFIG_ALLOWED_MAX,
			 "a list of groups, ( { ... }, { ... } )");
		return;
	}
}
