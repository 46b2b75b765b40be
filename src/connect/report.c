/* SPDX-License-Identifier: MIT */
/* What the user is told, on stderr. */

#include "connect/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log_escape.h"

/* In one write, so that the lines of others are not mixed in. */
__attribute__((format(printf, 1, 0))) static void
print_line(const char *format, va_list args)
{
	char line[2 * REPORT_TEXT_SIZE];

	vsnprintf(line, sizeof(line), format, args);
	fprintf(stderr, "wsrelay-connect: %s\n", line);
}

void report_error(const struct report *report, const char *format, ...)
{
	va_list args;

	if (report->is_quiet)
		return;
	va_start(args, format);
	print_line(format, args);
	va_end(args);
}

void report_note(const struct report *report, const char *format, ...)
{
	va_list args;

	if (!report->is_verbose)
		return;
	va_start(args, format);
	print_line(format, args);
	va_end(args);
}

const char *report_text(struct slice text, char ret_text[REPORT_TEXT_SIZE])
{
	size_t at = 0;

	while (text.len > 0 && at < REPORT_TEXT_SIZE - LOG_ESCAPE_MAX) {
		size_t used = 1;

		if (log_escape_is_plain(text.data[0]))
			ret_text[at++] = text.data[0];
		else
			at += log_escape_char(ret_text + at, text,
					      LOG_ESCAPE_EVENT, &used);
		text = slice_make(text.data + used, text.len - used);
	}
	ret_text[at] = '\0';
	return ret_text;
}
