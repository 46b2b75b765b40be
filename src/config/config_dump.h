/* SPDX-License-Identifier: MIT */
/* Writes values the way a configuration file has them. */

#ifndef CONFIG_CONFIG_DUMP_H
#define CONFIG_CONFIG_DUMP_H

#include <stdio.h>

#include "config/config_table.h"

/* The value of an option in `object`, the struct of its scope: `"64K"`. */
void config_dump_value(const struct config_option *option, const void *object,
		       FILE *out);

#endif
