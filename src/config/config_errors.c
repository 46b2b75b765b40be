/* SPDX-License-Identifier: MIT */
/* Formats and keeps error lines. */

#include "config/config_errors.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Appends, cut at the end of the buffer; `used` never passes the terminator. */
__attribute__((format(printf, 3, 0))) static void
config_errors_append(char *text, size_t *used, const char *format, va_list args)
{
	size_t room = CONFIG_ERROR_TEXT_MAX - *used;
	int len = vsnprintf(text + *used, room, format, args);

	if (len < 0)
		return;
	*used += (size_t)len < room ? (size_t)len : room - 1;
}

__attribute__((format(printf, 3, 4))) static void
config_errors_put(char *text, size_t *used, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	config_errors_append(text, used, format, args);
	va_end(args);
}

/* A file can hold anything: nothing of it may steer a terminal. */
static void config_errors_clean(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

static bool config_errors_is_of(const char *line, const char *file)
{
	size_t len = strlen(file);

	return strncmp(line, file, len) == 0 && line[len] == ':';
}

/* Files in the order of their first error; their lines in order. */
static void config_errors_insert(struct config_errors *errors,
				 struct config_place place, char *line)
{
	size_t at = errors->count;

	/* 0, no line at all, comes last: as unsigned, 0 - 1 is the largest. */
	for (size_t i = 0; i < errors->count; i++) {
		if (!config_errors_is_of(errors->lines[i], place.file))
			continue;
		at = i + 1;
		if (errors->line_numbers[i] - 1 > place.line - 1) {
			at = i;
			break;
		}
	}
	memmove(&errors->lines[at + 1], &errors->lines[at],
		(errors->count - at) * sizeof(*errors->lines));
	memmove(&errors->line_numbers[at + 1], &errors->line_numbers[at],
		(errors->count - at) * sizeof(*errors->line_numbers));
	errors->lines[at] = line;
	errors->line_numbers[at] = place.line;
	errors->count++;
}

void config_errors_add(struct config_errors *errors, struct config_place place,
		       const char *option, const char *format, ...)
{
	char text[CONFIG_ERROR_TEXT_MAX];
	size_t used = 0;
	va_list args;

	if (errors->count == CONFIG_ERRORS_MAX) {
		errors->more++;
		return;
	}
	config_errors_put(text, &used, "%s", place.file);
	if (place.line > 0)
		config_errors_put(text, &used, ":%u", place.line);
	config_errors_put(text, &used, ": ");
	if (option)
		config_errors_put(text, &used, "%s: ", option);
	va_start(args, format);
	config_errors_append(text, &used, format, args);
	va_end(args);
	config_errors_clean(text);

	char *line = strdup(text);

	if (line)
		config_errors_insert(errors, place, line);
	else
		errors->more++;
}

bool config_errors_are_empty(const struct config_errors *errors)
{
	return errors->count == 0 && errors->more == 0;
}

void config_errors_print(const struct config_errors *errors, FILE *out)
{
	for (size_t i = 0; i < errors->count; i++)
		fprintf(out, "%s\n", errors->lines[i]);
	if (errors->more > 0)
		fprintf(out, "and %zu more %s\n", errors->more,
			errors->more == 1 ? "error" : "errors");
}

void config_errors_done(struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		free(errors->lines[i]);
	memset(errors, 0, sizeof(*errors));
}
