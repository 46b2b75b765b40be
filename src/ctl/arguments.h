/* SPDX-License-Identifier: MIT */
/* The command line of wsrelayctl. */

#ifndef CTL_ARGUMENTS_H
#define CTL_ARGUMENTS_H

#include <stdbool.h>

#include "ctl/client.h"

#define ARGUMENTS_SOCKET "/run/wsrelayd/control.sock"

/* What was asked; texts are those of argv. */
struct arguments {
	const struct command *command; /* null: help or version was asked */
	const char *socket;
	const char *route;  /* sessions of this route only; or null */
	const char *client; /* sessions of this client only; or null */
	char **words;       /* behind the command */
	int word_count;
	unsigned count; /* screens to draw; 0: no end */
	double delay_s; /* between screens */
	bool is_json;
	bool wants_help;
	bool wants_version;
};

/* Options that not every command takes. */
enum command_options {
	COMMAND_FILTERS = 1, /* --route, --client */
	COMMAND_SCREENS = 2, /* --count, --delay */
};

/* A command: what it takes, and what does it. */
struct command {
	const char *name;
	const char *synopsis; /* of the words behind it; "" for none */
	const char *summary;
	int words_min;
	int words_max;
	unsigned options; /* enum command_options */
	/* Returns the program's exit code; messages have been written. */
	int (*run)(const struct arguments *arguments, struct client *client);
};

/* False when it makes no sense: stderr has been told. */
__attribute__((warn_unused_result)) bool
arguments_parse(int argc, char **argv, struct arguments *ret_arguments);

/* What can be asked, to stdout. */
void arguments_print_help(void);

#endif
