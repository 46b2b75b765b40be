/* SPDX-License-Identifier: MIT */
/* The commands of wsrelayctl: one table. */

#include "ctl/commands.h"

#include <limits.h>
#include <string.h>

const struct command commands[] = {
	{ "status", "", "tell how the daemon is", 0, 0, 0, status_run },
	{ "sessions", "", "list the sessions", 0, 0, COMMAND_FILTERS,
	  sessions_run },
	{ "show", "ID", "tell all about one session", 1, 1, 0, show_run },
	{ "kill", "ID...", "end sessions, with close code 1008", 1, INT_MAX, 0,
	  kill_run },
	{ "backends", "", "list the servers sessions are connected to", 0, 0, 0,
	  backends_run },
	{ "drain", "", "take no new sessions, keep those there are", 0, 0, 0,
	  drain_run },
	{ "undrain", "", "take new sessions again", 0, 0, 0, undrain_run },
	{ "reload", "", "read the configuration again, and wait for it", 0, 0,
	  0, reload_run },
	{ "config", "", "print the configuration in force", 0, 0, 0,
	  config_run },
	{ "loglevel", "[LEVEL]", "change the log's level until the next reload",
	  0, 1, 0, loglevel_run },
	{ "top", "", "watch the sessions that move most", 0, 0,
	  COMMAND_FILTERS | COMMAND_SCREENS, top_run },
};

const size_t command_count = sizeof(commands) / sizeof(*commands);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}
