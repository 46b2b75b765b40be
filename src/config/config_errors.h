/* SPDX-License-Identifier: MIT */
/* What is wrong with a configuration: all of it, in order, bounded. */

#ifndef CONFIG_CONFIG_ERRORS_H
#define CONFIG_CONFIG_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CONFIG_ERRORS_MAX 100      /* lines kept; more are counted */
#define CONFIG_ERROR_TEXT_MAX 1024 /* bytes of one line; longer is cut */

/* Zeroed is empty and ready.  Owned by the caller of config_load(). */
struct config_errors {
	char *lines[CONFIG_ERRORS_MAX]; /* no line end, no control characters;
					   by file and line */
	unsigned line_numbers[CONFIG_ERRORS_MAX]; /* of each; 0: none */
	size_t count;                             /* lines kept */
	size_t more;                              /* lines not kept */
};

/* Where in which file something stands; a line of 0 is the file as a whole. */
struct config_place {
	const char *file;
	unsigned line; /* from 1 */
};

/*
 * Adds "FILE:LINE: OPTION: message", behind those of the same file up to its
 * line; what is about a whole file follows its lines.  `option` is a path such
 * as "listeners[0].listen" or null.  Control characters come out as '?'.
 */
__attribute__((format(printf, 4, 5))) void
config_errors_add(struct config_errors *errors, struct config_place place,
		  const char *option, const char *format, ...);

/* Whether nothing was added. */
bool config_errors_are_empty(const struct config_errors *errors);

/* One line each, then "and N more errors" when some were not kept. */
void config_errors_print(const struct config_errors *errors, FILE *out);

/* Frees the lines; the struct is empty and ready again. */
void config_errors_done(struct config_errors *errors);

#endif
