/* SPDX-License-Identifier: MIT */
/* Turns the table into mdoc and into lines that tools compare with. */

#include "config/config_man.h"

#include <stdbool.h>
#include <string.h>

/* As mandoc likes it. */
#define LINE_COLUMNS 78

const char *config_man_scope_name(enum config_scope scope)
{
	switch (scope) {
	case CONFIG_SCOPE_GLOBAL:
		return "";
	case CONFIG_SCOPE_LISTENER:
		return "listeners";
	case CONFIG_SCOPE_BACKEND:
		return "backends";
	case CONFIG_SCOPE_ROUTE:
		return "routes";
	case CONFIG_SCOPE_CERTIFICATE:
		return "listeners.tls.certificates";
	}
	return "";
}

/* Text stands in quotes in a file, bare numbers and booleans do not. */
static bool config_man_is_quoted(const struct config_option *option)
{
	if (option->type == CONFIG_OPTION_BOOL)
		return false;
	if (option->type == CONFIG_OPTION_MODE ||
	    config_option_may_be_empty(option))
		return true;
	return option->fallback[strspn(option->fallback, "0123456789")] != '\0';
}

static void config_man_print_default(const struct config_option *option,
				     FILE *out)
{
	if (option->flags & (CONFIG_REQUIRED | CONFIG_GROUP))
		fputs("required", out);
	else if (option->flags & CONFIG_INHERITED)
		fputs("inherited", out);
	else if (option->type == CONFIG_OPTION_TEXTS && !option->fallback)
		fputs("( )", out);
	else if (!option->fallback)
		fputs("none", out);
	else if (option->type == CONFIG_OPTION_TEXTS)
		fprintf(out, "( \"%s\" )", option->fallback);
	else if (config_man_is_quoted(option))
		fprintf(out, "\"%s\"", option->fallback);
	else
		fputs(option->fallback, out);
}

void config_man_list(FILE *out)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];

		fprintf(out, "%s\t%s\t", config_man_scope_name(option->scope),
			option->path);
		config_man_print_default(option, out);
		fputc('\n', out);
	}
}

/* What mdoc would take for a request or an escape is kept from it. */
static void config_man_print_word(const char *word, size_t len, FILE *out)
{
	if (*word == '.' || *word == '\'')
		fputs("\\&", out);
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '\\')
			fputs("\\e", out);
		else
			fputc(word[i], out);
	}
}

/* Fills lines; a sentence begins a line, as its end is seen there. */
static void config_man_print_text(const char *text, FILE *out)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (column > 0 && column + 1 + len > LINE_COLUMNS) {
			fputc('\n', out);
			column = 0;
		} else if (column > 0) {
			fputc(' ', out);
			column++;
		}
		config_man_print_word(text, len, out);
		column += len;
		text += len;
		if (*text == '\n') {
			fputc('\n', out);
			column = 0;
		}
		text += *text != '\0';
	}
	fputc('\n', out);
}

static void config_man_print_fallback(const struct config_option *option,
				      FILE *out)
{
	if (option->flags & (CONFIG_REQUIRED | CONFIG_GROUP)) {
		fputs("Required.\n", out);
		return;
	}
	fputs("Default: ", out);
	if (option->flags & CONFIG_INHERITED)
		fputs("that of the global option", out);
	else
		config_man_print_default(option, out);
	fputs(".\n", out);
}

void config_man_print(enum config_scope scope, FILE *out)
{
	char allowed[CONFIG_ALLOWED_MAX];

	fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];

		if (option->scope != scope)
			continue;
		config_option_print_allowed(option, allowed);
		fprintf(out, ".It Ic %s\n", option->path);
		config_man_print_text(option->text, out);
		fputs(".br\n", out);
		fprintf(out, "Allowed: %s.\n.br\n", allowed);
		config_man_print_fallback(option, out);
	}
	fputs(".El\n", out);
}
