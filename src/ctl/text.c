/* SPDX-License-Identifier: MIT */
/* Figures and names as people read them on a terminal. */

#include "ctl/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log_escape.h"

/* Longer than anything lasts, and it fits a number of 64 bits. */
#define SECONDS_MAX 1e15

/* At worst each byte becomes a token of its own. */
char *text_escape(const char *text)
{
	struct slice rest = slice_of(text);
	char *escaped = malloc(rest.len * LOG_ESCAPE_MAX + 1);
	char *to = escaped;

	if (!escaped)
		return NULL;
	while (rest.len > 0) {
		size_t used = 1;

		if (log_escape_is_plain(rest.data[0]))
			*to++ = rest.data[0];
		else
			to += log_escape_char(to, rest, LOG_ESCAPE_EVENT,
					      &used);
		rest = slice_make(rest.data + used, rest.len - used);
	}
	*to = '\0';
	return escaped;
}

static bool begins_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += begins_character(*text);
	return width;
}

size_t text_prefix(const char *text, size_t width)
{
	size_t len = 0;

	for (; text[len]; len++)
		if (begins_character(text[len]) && width-- == 0)
			break;
	return len;
}

void text_print_bytes(uint64_t bytes, char ret_text[TEXT_FIGURE_MAX])
{
	static const char units[] = "KMGTPE";
	double figure = (double)bytes / 1024;
	const char *unit = units;

	if (bytes < 1000) {
		snprintf(ret_text, TEXT_FIGURE_MAX, "%" PRIu64, bytes);
		return;
	}
	/* 999.5 would be written 1000. */
	while (figure >= 999.5 && unit[1]) {
		figure /= 1024;
		unit++;
	}
	snprintf(ret_text, TEXT_FIGURE_MAX, figure < 9.95 ? "%.1f%c" : "%.0f%c",
		 figure, *unit);
}

void text_print_seconds(double seconds, char ret_text[TEXT_FIGURE_MAX])
{
	double known = seconds < SECONDS_MAX ? seconds : SECONDS_MAX;
	uint64_t s = known > 0 ? (uint64_t)(known + 0.0005) : 0;

	/* 0.9995 would be written 1000ms. */
	if (seconds > 0 && seconds < 0.9995)
		snprintf(ret_text, TEXT_FIGURE_MAX, "%.0fms", seconds * 1000);
	else if (s < 60)
		snprintf(ret_text, TEXT_FIGURE_MAX, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(ret_text, TEXT_FIGURE_MAX,
			 "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(ret_text, TEXT_FIGURE_MAX,
			 "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(ret_text, TEXT_FIGURE_MAX, "%" PRIu64 "d%" PRIu64 "h",
			 s / 86400, s / 3600 % 24);
}
