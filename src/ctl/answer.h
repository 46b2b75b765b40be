/* SPDX-License-Identifier: MIT */
/* What becomes of the daemon's answers: said, printed, counted. */

#ifndef CTL_ANSWER_H
#define CTL_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "ctl/arguments.h"
#include "ctl/table.h"

/* The exit code when the daemon said no. */
#define ANSWER_REFUSED 1

/*
 * Asks, and where the daemon refuses says so, with --json as an object on
 * stdout.  EX_OK with the end of the answer, a reference; else the
 * exit code.  `elements` as client_ask().
 */
__attribute__((warn_unused_result)) int
answer_ask(const struct arguments *arguments, struct client *client,
	   const char *command, json_t *request, json_t *elements,
	   json_t **ret_end);

/* How all JSON is written: ASCII, since names come from peers. */
#define ANSWER_JSON (JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12))

/* Prints any JSON, so that nothing in it can steer a terminal. */
void answer_print_json(const json_t *value);

/* Prints a text that others wrote, escaped, with a line end; null is "?". */
void answer_print_text(const char *text, FILE *out);

/* The member of that name: a whole number, or 0; a number, or 0; a text. */
uint64_t answer_count(const json_t *object, const char *name);
double answer_number(const json_t *object, const char *name);
const char *answer_text(const json_t *object, const char *name);

/* A session number from the command line; false if it is none, and said so. */
__attribute__((warn_unused_result)) bool answer_parse_id(const char *word,
							 json_int_t *ret_id);

/*
 * Prints a table as wide as the terminal, unless filling it in has failed, and
 * releases it.  The exit code.
 */
__attribute__((warn_unused_result)) int answer_table(struct table *table,
						     int error);

/* Columns of the terminal that stdout is; 0: it is none. */
size_t answer_width(void);

#endif
