/* SPDX-License-Identifier: MIT */
/* Names of the configuration for readers that insist on UTF-8. */

#ifndef OPS_PRINTABLE_H
#define OPS_PRINTABLE_H

#include <stddef.h>

/* Longest text that is passed on whole, its terminator included. */
#define PRINTABLE_MAX 1024

/*
 * Copies `text` (null is an empty one): bytes that are no UTF-8 become '?', and
 * what has no room is left out, whole characters at a time.
 */
void printable_copy(const char *text, char ret_text[PRINTABLE_MAX]);

#endif
