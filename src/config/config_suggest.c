/* SPDX-License-Identifier: MIT */
/* Edit distance between short words. */

#include "config/config_suggest.h"

#include <string.h>

#include "base/ascii.h"

static size_t config_suggest_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment with three rows of the usual matrix. */
static size_t config_suggest_distance(const char *a, size_t a_len,
				      const char *b, size_t b_len)
{
	size_t rows[3][CONFIG_SUGGEST_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = rows[i % 3];
		const size_t *last = rows[(i + 2) % 3];
		const size_t *before = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t cost = ascii_lower(a[i - 1]) !=
				      ascii_lower(b[j - 1]);
			size_t best = config_suggest_min(last[j], now[j - 1]);

			best = config_suggest_min(best + 1, last[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				best = config_suggest_min(best,
							  before[j - 2] + 1);
			now[j] = best;
		}
	}
	return rows[a_len % 3][b_len];
}

void config_suggest_try(struct config_suggest *suggest, const char *candidate)
{
	size_t len = strlen(suggest->word);
	size_t candidate_len = strlen(candidate);

	if (len > CONFIG_SUGGEST_MAX || candidate_len > CONFIG_SUGGEST_MAX)
		return;
	size_t distance = config_suggest_distance(suggest->word, len, candidate,
						  candidate_len);

	if (distance > (candidate_len + 2) / 3 || distance >= candidate_len)
		return;
	if (suggest->best && distance >= suggest->distance)
		return;
	suggest->best = candidate;
	suggest->distance = distance;
}
