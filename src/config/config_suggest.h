/* SPDX-License-Identifier: MIT */
/* The known word that a mistyped one was probably meant to be. */

#ifndef CONFIG_CONFIG_SUGGEST_H
#define CONFIG_CONFIG_SUGGEST_H

#include <stddef.h>

/* Words longer than this are never near to anything. */
#define CONFIG_SUGGEST_MAX 63

/* The best candidate so far; zeroed but for `word` before the first. */
struct config_suggest {
	const char *word; /* what was written */
	const char *best; /* null: nothing is near; borrowed from the caller */
	size_t distance;  /* of `best` */
};

/*
 * Takes `candidate` when it is nearer than the best: insertions, deletions,
 * substitutions and swaps of neighbours, at most one per three letters.
 */
void config_suggest_try(struct config_suggest *suggest, const char *candidate);

#endif
