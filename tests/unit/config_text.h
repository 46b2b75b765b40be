/* SPDX-License-Identifier: MIT */
/* Parses a configuration in a test and compares what comes of it. */

#ifndef TESTS_UNIT_CONFIG_TEXT_H
#define TESTS_UNIT_CONFIG_TEXT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

/* A listener and a backend, for texts that are about something else. */
#define TEXT_LISTENER "listeners = ( { listen = \"127.0.0.1:0\"; } );\n"
#define TEXT_BACKEND "backends = { b = { servers = ( \"127.0.0.1:1\" ); }; };\n"

/* All error lines, each with a line end; to be freed. */
static inline char *config_text_print(const struct config_errors *errors)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_errors_print(errors, out);
	fclose(out);
	return text;
}

static inline char *config_text_dump(const struct config *config)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_dump(config, out);
	fclose(out);
	return text;
}

/* The text has to be right. */
static inline struct config *config_text_parse(const char *text)
{
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;
	int error = config_parse_text("t", text, &errors, &config);

	config_errors_print(&errors, stderr);
	assert_int_equal(error, 0);
	assert_true(config_errors_are_empty(&errors));
	config_errors_done(&errors);
	return config;
}

/* The text has to give these error lines, "t" standing for the file. */
static inline void config_text_assert_errors(const char *text,
					     const char *lines)
{
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;

	assert_int_equal(config_parse_text("t", text, &errors, &config),
			 -EINVAL);
	assert_null(config);
	char *got = config_text_print(&errors);

	assert_string_equal(got, lines);
	free(got);
	config_errors_done(&errors);
}

#endif
