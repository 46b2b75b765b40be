/* SPDX-License-Identifier: MIT */
/* Build-time helper: puts the option table into the manual page. */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/config_man.h"

#define MARK "@OPTIONS "

/* Longest line of the page's source. */
#define LINE_MAX_BYTES 1024

/* "certificates" of "listeners.tls.certificates". */
static const char *last_step(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* A line "@OPTIONS routes@" is replaced by the options of that scope. */
static bool gen_options_replace(const char *line)
{
	static const enum config_scope scopes[] = {
		CONFIG_SCOPE_GLOBAL,
		CONFIG_SCOPE_LISTENER,
		CONFIG_SCOPE_BACKEND,
		CONFIG_SCOPE_ROUTE,
		CONFIG_SCOPE_CERTIFICATE,
	};
	char mark[LINE_MAX_BYTES];

	for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++) {
		const char *name = config_man_scope_name(scopes[i]);

		snprintf(mark, sizeof(mark), MARK "%s@\n",
			 *name ? last_step(name) : "global");
		if (strcmp(line, mark) == 0) {
			config_man_print(scopes[i], stdout);
			return true;
		}
	}
	return false;
}

static int gen_options_page(void)
{
	char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof(line), stdin)) {
		if (strncmp(line, MARK, strlen(MARK)) != 0) {
			fputs(line, stdout);
		} else if (!gen_options_replace(line)) {
			fprintf(stderr, "gen-options: no such scope: %s", line);
			return 1;
		}
	}
	return ferror(stdin) || fflush(stdout) || ferror(stdout);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "page") == 0)
		return gen_options_page();
	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		config_man_list(stdout);
		return fflush(stdout) || ferror(stdout);
	}
	fprintf(stderr, "usage: gen-options page <PAGE.in | list\n");
	return 64;
}
