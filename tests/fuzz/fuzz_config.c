/* SPDX-License-Identifier: MIT */
/* Any text as a configuration: refused with errors, or dumped and read back. */

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int parse(const char *text, struct config **ret_config)
{
	struct config_errors errors = { .count = 0 };
	int error = config_parse_text("f", text, &errors, ret_config);

	assert(error == 0 || error == -EINVAL);
	assert((error == 0) == config_errors_are_empty(&errors));
	for (size_t i = 0; i < errors.count; i++) {
		assert(strncmp(errors.lines[i], "f:", 2) == 0);
		assert(!strpbrk(errors.lines[i], "\n\r\t\033\177"));
		/* Whatever the parser would not take is refused before. */
		size_t line = strspn(errors.lines[i] + 2, "0123456789");
		const char *message = errors.lines[i] + 2 + line;

		assert(strncmp(message, ": syntax error, here", 20) != 0);
	}
	config_errors_done(&errors);
	return error;
}

static char *dump(const struct config *config)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert(out);
	config_dump(config, out);
	fclose(out);
	return text;
}

/* What was accepted is the same after a dump. */
static void check_dump(const struct config *config)
{
	char *first = dump(config);
	struct config *again = NULL;
	int error = parse(first, &again);

	assert(error == 0);
	char *second = dump(again);

	assert(strcmp(first, second) == 0);
	free(first);
	free(second);
	config_unref(&again);
}

/* What matches at run time gets the rest of what it is given. */
static void check_patterns(const struct config *config, struct slice input)
{
	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_route *route = &config->routes[i];

		(void)pattern_host_matches(&route->host, input);
		(void)pattern_path_matches(&route->path, input);
		for (size_t j = 0; j < route->origin_count; j++)
			(void)pattern_origin_matches(&route->origins[j], input,
						     input);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(size + 1, 1);
	struct config *config = NULL;

	assert(text);
	if (size > 0)
		memcpy(text, data, size);
	if (parse(text, &config) == 0) {
		check_dump(config);
		check_patterns(config, slice_make(text, size));
		config_unref(&config);
	}
	free(text);
	return 0;
}
