/* SPDX-License-Identifier: MIT */
/* What the user is told, on stderr. */

#ifndef CONNECT_REPORT_H
#define CONNECT_REPORT_H

#include <stdbool.h>

#include "base/slice.h"

/* How much of it. */
struct report {
	bool is_quiet;   /* nothing but what is wrong with the command line */
	bool is_verbose; /* what happens as well */
};

/* What went wrong; a line end is added. */
__attribute__((format(printf, 2, 3))) void
report_error(const struct report *report, const char *format, ...);

/* What happens, for who asked for it. */
__attribute__((format(printf, 2, 3))) void
report_note(const struct report *report, const char *format, ...);

/* Room for what report_text() writes. */
#define REPORT_TEXT_SIZE 512

/*
 * Writes what a server sent so that it cannot steer a terminal: as in the
 * daemon's log, "\n" or "\x1b"; cut to what fits.  Returns `ret_text`.
 */
const char *report_text(struct slice text, char ret_text[REPORT_TEXT_SIZE]);

#endif
