/* SPDX-License-Identifier: MIT */
/* The command line: what is asked of this process. */

#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum options_action {
	OPTIONS_RUN,
	OPTIONS_CHECK,
	OPTIONS_DUMP,
	OPTIONS_DEMO,
	OPTIONS_VERSION,
	OPTIONS_HELP,
	OPTIONS_WRONG, /* it was said on stderr what is wrong */
};

struct options {
	enum options_action action;
	const char *config_path; /* RUN, CHECK, DUMP */
	uint16_t demo_port;      /* DEMO */
	bool demo_tls;           /* DEMO */
};

/* Reads the command line; the texts stay those of `argv`. */
struct options options_parse(int argc, char **argv);

/* Prints the help on stdout. */
void options_print_help(void);

#endif
