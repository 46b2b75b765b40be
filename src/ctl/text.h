/* SPDX-License-Identifier: MIT */
/* Figures and names as people read them on a terminal. */

#ifndef CTL_TEXT_H
#define CTL_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Room for what the printers of figures write. */
#define TEXT_FIGURE_MAX 32

/*
 * A copy in which nothing can steer a terminal: control characters and what is
 * not UTF-8 are written as in the log, "\n" or "\x1b".  To be freed; null when
 * memory is out.
 */
__attribute__((warn_unused_result)) char *text_escape(const char *text);

/* How many columns an escaped text takes, a column for each character. */
size_t text_width(const char *text);

/* The bytes of the first `width` characters, or of all if there are fewer. */
size_t text_prefix(const char *text, size_t width);

/* "999", "1.2K", "34M": three digits at most, powers of 1024. */
void text_print_bytes(uint64_t bytes, char ret_text[TEXT_FIGURE_MAX]);

/* "850ms", "12s", "3m20s", "5h07m", "12d3h": two units at most. */
void text_print_seconds(double seconds, char ret_text[TEXT_FIGURE_MAX]);

#endif
