/* SPDX-License-Identifier: MIT */
/* What stands in a log line for a byte or character that cannot stand there. */

#ifndef BASE_LOG_ESCAPE_H
#define BASE_LOG_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* Pure functions for any thread; the rules stand in base/log_format.h. */

enum log_escaping {
	LOG_ESCAPE_EVENT, /* as QUOTED, but a quote is just a character */
	LOG_ESCAPE_QUOTED,
	LOG_ESCAPE_JSON,
};

enum { LOG_ESCAPE_MAX = 16 }; /* a character of four bytes, each as \xNN */

/* Whether the byte stands for itself in every escaping. */
bool log_escape_is_plain(char byte);

/* Whether a text value needs no quotes; an empty one does. */
bool log_escape_is_bare(struct slice s);

/*
 * Writes into `token`, which has room for LOG_ESCAPE_MAX bytes, what stands for
 * the first character of `s`.  `s` is not empty and its first byte not plain.
 * Returns the length of the token, at least 1, and in `*ret_used` how many
 * bytes of `s` it stands for: those of one UTF-8 character (RFC 3629), or one.
 */
size_t log_escape_char(char *token, struct slice s, enum log_escaping escaping,
		       size_t *ret_used);

#endif
