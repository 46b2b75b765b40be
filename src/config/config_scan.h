/* SPDX-License-Identifier: MIT */
/* Cuts a configuration text into the few kinds of pieces that need care. */

#ifndef CONFIG_CONFIG_SCAN_H
#define CONFIG_CONFIG_SCAN_H

#include "base/slice.h"

enum config_token {
	CONFIG_TOKEN_END,
	CONFIG_TOKEN_COPY,    /* anything else: strings, comments, names */
	CONFIG_TOKEN_NUMBER,  /* a whole number without "L" */
	CONFIG_TOKEN_OPEN,    /* one of ( [ { */
	CONFIG_TOKEN_CLOSE,   /* one of ) ] } */
	CONFIG_TOKEN_INCLUDE, /* "@include "FILE"": the piece is FILE */
	CONFIG_TOKEN_BAD_INCLUDE, /* "@" otherwise */
	CONFIG_TOKEN_OPEN_STRING,  /* no quote to the end of the text */
	CONFIG_TOKEN_OPEN_COMMENT, /* no end of the comment either */
};

struct config_scan {
	const char *text; /* borrowed; `len` bytes */
	size_t len;
	size_t at;        /* the next piece begins here */
	unsigned line;    /* of it, from 1 */
};

/* From the beginning of `text`, a byte order mark aside; no null bytes. */
void config_scan_init(struct config_scan *scan, struct slice text);

/*
 * The next piece, borrowed from the text.  The pieces follow one another
 * without a gap but for includes.  The bad ones are the last.
 */
enum config_token config_scan_next(struct config_scan *scan,
				   struct slice *ret_piece);

#endif
