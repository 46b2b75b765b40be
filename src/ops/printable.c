/* SPDX-License-Identifier: MIT */
/* Names of the configuration for readers that insist on UTF-8. */

#include "ops/printable.h"

#include <string.h>

#include "base/utf8.h"

void printable_copy(const char *text, char ret_text[PRINTABLE_MAX])
{
	const uint8_t *from = (const uint8_t *)(text ? text : "");
	size_t left = strlen((const char *)from);
	size_t len = 0;

	while (left && len + 1 < PRINTABLE_MAX) {
		size_t room = PRINTABLE_MAX - 1 - len;
		size_t take = left < room ? left : room;
		size_t whole;
		enum utf8_rest rest = utf8_split(from, take, &whole);

		memcpy(ret_text + len, from, whole);
		len += whole;
		from += whole;
		left -= whole;
		if (rest == UTF8_REST_NONE || len + 1 == PRINTABLE_MAX)
			continue;
		/* A character that is only cut by the room has none. */
		if (rest == UTF8_REST_PARTIAL && left > take - whole)
			break;
		ret_text[len++] = '?';
		from++;
		left--;
	}
	ret_text[len] = '\0';
}
