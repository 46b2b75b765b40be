/* SPDX-License-Identifier: MIT */
/* The text of a configuration file, with its includes in their places. */

#ifndef CONFIG_CONFIG_SOURCE_H
#define CONFIG_CONFIG_SOURCE_H

#include <stddef.h>

#include "config/config_draft.h"
#include "config/config_syntax.h"

#define CONFIG_SOURCE_MAX (4u * 1024u * 1024u) /* bytes of all files together */
#define CONFIG_INCLUDE_MAX 8                   /* files within files */
#define CONFIG_REGIONS_MAX 1000 /* pieces of files, so bounds includes too */

/* From `line` of the text on, lines are those of `place.file`. */
struct config_region {
	unsigned line;
	struct config_place place;
};

/*
 * What the parser is given: it never opens a file itself.  The parser wraps
 * whole numbers above 2^31 - 1 unless they end in "L"; the letter is added.
 */
struct config_source {
	char *text; /* null-terminated */
	size_t len;
	size_t size;   /* allocated */
	unsigned line; /* of the end of the text, from 1 */
	struct config_region *regions;
	size_t region_count;
	struct config_syntax syntax;
	struct config_draft *draft; /* for errors; keeps file names */
};

/*
 * Reads a file and what it includes ("@include "FILE"" at the beginning of a
 * line, relative to the file it stands in).  Returns 0, -EINVAL with an error
 * added or -ENOMEM; config_source_done() is due either way.
 */
__attribute__((warn_unused_result)) int
config_source_read(struct config_source *source, struct config_draft *draft,
		   const char *path);

/* As config_source_read() for a text, which cannot include anything. */
__attribute__((warn_unused_result)) int
config_source_set(struct config_source *source, struct config_draft *draft,
		  const char *name, const char *text);

/* Where a line of the text stands in which file. */
struct config_place config_source_place(const struct config_source *source,
					unsigned line);

/* Frees the text; places stay valid, as they are kept by the draft. */
void config_source_done(struct config_source *source);

#endif
