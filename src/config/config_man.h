/* SPDX-License-Identifier: MIT */
/* The option table in the words of the manual page. */

#ifndef CONFIG_CONFIG_MAN_H
#define CONFIG_CONFIG_MAN_H

#include <stdio.h>

#include "config/config_table.h"

/* A list of mdoc(7), one item for each option of `scope`. */
void config_man_print(enum config_scope scope, FILE *out);

/*
 * One line for each option, for tools: its place ("routes", "" for global
 * ones), its path and its default as written in a file, separated by tabs; the
 * default is "required", "inherited" or "none" where there is no value.
 */
void config_man_list(FILE *out);

/* "listeners", "backends", "routes"; "" for the global scope. */
const char *config_man_scope_name(enum config_scope scope);

#endif
