/* SPDX-License-Identifier: MIT */
/* The commands of wsrelayctl: one table. */

#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include <stddef.h>

#include "ctl/arguments.h"

extern const struct command commands[];
extern const size_t command_count;

/* The command of that name, or null. */
const struct command *command_find(const char *name);

/* As struct command says; each in a file that is named like it. */
int status_run(const struct arguments *arguments, struct client *client);
int backends_run(const struct arguments *arguments, struct client *client);
int sessions_run(const struct arguments *arguments, struct client *client);
int show_run(const struct arguments *arguments, struct client *client);
int kill_run(const struct arguments *arguments, struct client *client);
int drain_run(const struct arguments *arguments, struct client *client);
int undrain_run(const struct arguments *arguments, struct client *client);
int reload_run(const struct arguments *arguments, struct client *client);
int config_run(const struct arguments *arguments, struct client *client);
int loglevel_run(const struct arguments *arguments, struct client *client);
int top_run(const struct arguments *arguments, struct client *client);

#endif
