/* SPDX-License-Identifier: MIT */
/* Checks the grammar of a configuration, a token at a time. */

#ifndef CONFIG_CONFIG_SYNTAX_H
#define CONFIG_CONFIG_SYNTAX_H

#include "config/config_errors.h"
#include "config/config_scan.h"

#define CONFIG_NESTING_MAX 16 /* brackets within brackets; 5 are of use */

/* Room for what config_syntax_next() has to say. */
#define CONFIG_SYNTAX_TEXT_MAX 160

/* What may come next. */
enum config_syntax_state {
	CONFIG_SYNTAX_NAME, /* an option, or the end of the group */
	CONFIG_SYNTAX_ASSIGN,
	CONFIG_SYNTAX_VALUE,
	CONFIG_SYNTAX_FIRST,        /* a value, or the end of the list */
	CONFIG_SYNTAX_AFTER,        /* a value: its separator, or the end */
	CONFIG_SYNTAX_AFTER_STRING, /* likewise, or more of the text */
};

/*
 * The parser loses memory when a text stands where none is allowed, and says
 * no more than "syntax error": so it is given only what this has passed.
 */
struct config_syntax {
	enum config_syntax_state state;
	unsigned depth;
	struct {
		char bracket; /* the opening one */
		struct config_place place;
	} open[CONFIG_NESTING_MAX];
};

/* Zeroed is the beginning of a file. */

/*
 * Takes the next token; spaces and includes are passed over.  Returns true, or
 * false with what is wrong, and its place if it is not that of the token.
 */
__attribute__((warn_unused_result)) bool
config_syntax_next(struct config_syntax *syntax, enum config_token token,
		   struct slice piece, struct config_place *place,
		   char ret_text[CONFIG_SYNTAX_TEXT_MAX]);

#endif
