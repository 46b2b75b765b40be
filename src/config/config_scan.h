/* SPDX-License-Identifier: MIT */
/* Cuts a configuration text into its smallest pieces. */

#ifndef CONFIG_CONFIG_SCAN_H
#define CONFIG_CONFIG_SCAN_H

#include "base/slice.h"

enum config_token {
	CONFIG_TOKEN_END,
	CONFIG_TOKEN_SPACE,   /* blanks, line ends, comments */
	CONFIG_TOKEN_NAME,    /* of an option; true and false look the same */
	CONFIG_TOKEN_INTEGER, /* with or without "L" */
	CONFIG_TOKEN_FLOAT,
	CONFIG_TOKEN_STRING, /* with its quotes */
	CONFIG_TOKEN_ASSIGN, /* = or : */
	CONFIG_TOKEN_COMMA,
	CONFIG_TOKEN_SEMICOLON,
	CONFIG_TOKEN_OPEN,         /* one of ( [ { */
	CONFIG_TOKEN_CLOSE,        /* one of ) ] } */
	CONFIG_TOKEN_INCLUDE,      /* "@include "FILE"": the piece is FILE */
	CONFIG_TOKEN_BAD_INCLUDE,  /* "@" otherwise */
	CONFIG_TOKEN_OPEN_STRING,  /* no quote to the end of the text */
	CONFIG_TOKEN_OPEN_COMMENT, /* no end of the comment either */
	CONFIG_TOKEN_OTHER,        /* what has no place outside of texts */
};

struct config_scan {
	const char *text; /* borrowed; `len` bytes */
	size_t len;
	size_t at;     /* the next piece begins here */
	unsigned line; /* of it, from 1 */
};

/* From the beginning of `text`, a byte order mark aside; no null bytes. */
void config_scan_init(struct config_scan *scan, struct slice text);

/*
 * The next piece, borrowed from the text, and none at the end.  The pieces
 * follow one another without a gap but for includes.  Nothing follows
 * BAD_INCLUDE, OPEN_STRING and OPEN_COMMENT, whose piece is empty.
 */
enum config_token config_scan_next(struct config_scan *scan,
				   struct slice *ret_piece);

#endif
