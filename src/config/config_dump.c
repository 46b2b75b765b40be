/* SPDX-License-Identifier: MIT */
/* The effective configuration as a file that loads to the same. */

#include "config/config_dump.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/units.h"
#include "config/config.h"

/* No secret is this text: loading a dump with it fails where it is used. */
#define MASK "********"

static void config_dump_indent(unsigned level, FILE *out)
{
	for (unsigned i = 0; i < level; i++)
		fputs("  ", out);
}

/* Control characters are never in a text of a configuration. */
static void config_dump_text(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void config_dump_texts(char *const *texts, size_t count, FILE *out)
{
	fputs("(", out);
	for (size_t i = 0; i < count; i++) {
		fputs(i > 0 ? ", " : " ", out);
		config_dump_text(texts[i], out);
	}
	fputs(" )", out);
}

static void config_dump_count(const struct config_option *option,
			      uint32_t value, FILE *out)
{
	if (value == 0 && (option->flags & CONFIG_AUTO))
		fputs("\"auto\"", out);
	else
		fprintf(out, "%" PRIu32, value);
}

static void config_dump_units(bool is_size, uint64_t value, FILE *out)
{
	char text[UNITS_TEXT_MAX];

	if (is_size)
		units_print_size(value, text);
	else
		units_print_duration((uint32_t)value, text);
	/* A bare number needs no quotes. */
	if (strspn(text, "0123456789") == strlen(text))
		fputs(text, out);
	else
		config_dump_text(text, out);
}

void config_dump_value(const struct config_option *option, const void *object,
		       FILE *out)
{
	const void *field = (const char *)object + option->offset;
	const void *count = (const char *)object + option->count_offset;
	unsigned choice;

	switch (option->type) {
	case CONFIG_OPTION_BOOL:
		fputs(*(const bool *)field ? "true" : "false", out);
		break;
	case CONFIG_OPTION_COUNT:
		config_dump_count(option, *(const uint32_t *)field, out);
		break;
	case CONFIG_OPTION_SIZE:
		config_dump_units(true, *(const size_t *)field, out);
		break;
	case CONFIG_OPTION_DURATION:
		config_dump_units(false, *(const uint32_t *)field, out);
		break;
	case CONFIG_OPTION_MODE:
		fprintf(out, "\"%04" PRIo32 "\"", *(const uint32_t *)field);
		break;
	case CONFIG_OPTION_CHOICE:
		memcpy(&choice, field, sizeof(choice));
		config_dump_text(option->words[choice], out);
		break;
	case CONFIG_OPTION_TEXT:
		config_dump_text(option->flags & CONFIG_SECRET ?
					 MASK :
					 *(char *const *)field,
				 out);
		break;
	case CONFIG_OPTION_TEXTS:
		config_dump_texts(*(char **const *)field,
				  *(const size_t *)count, out);
		break;
	case CONFIG_OPTION_OBJECTS:
		break; /* they need more than a line */
	}
}

/* Options of another kind of object would be refused when read back. */
static bool config_dump_applies(const struct config_option *option,
				const void *object)
{
	const struct config_listener *listener = object;
	const struct config_route *route = object;
	const void *field = (const char *)object + option->offset;

	if (option->type == CONFIG_OPTION_TEXT && !*(char *const *)field)
		return false;
	if (option->flags & CONFIG_TLS)
		return config_listener_has_tls(listener);
	if (option->flags & CONFIG_UNIX)
		return listener->address.kind == ADDRESS_UNIX &&
		       listener->address.socket.un.sun_path[0] != '\0';
	if (option->flags & CONFIG_IPV6)
		return listener->address.kind == ADDRESS_INET &&
		       listener->address.socket.sa.sa_family == AF_INET6;
	if (option->flags & CONFIG_SYSTEMD)
		return listener->is_inherited;
	if (option->flags & CONFIG_LINES)
		return route->framing == CONFIG_FRAMING_LINES;
	return true;
}

/* How much of a path is its group, the dot left out: "limits.buffer" 6. */
static size_t config_dump_group_len(const char *path)
{
	const char *dot = strchr(path, '.');

	return dot ? (size_t)(dot - path) : 0;
}

/* Closes the group of `last` and opens that of `next`; null: none. */
static void config_dump_regroup(const char *last, const char *next,
				unsigned level, FILE *out)
{
	size_t last_len = last ? config_dump_group_len(last) : 0;
	size_t next_len = next ? config_dump_group_len(next) : 0;

	if (last_len == next_len &&
	    (next_len == 0 || strncmp(last, next, next_len) == 0))
		return;
	if (last_len > 0) {
		config_dump_indent(level, out);
		fputs("};\n", out);
	}
	if (next_len > 0) {
		config_dump_indent(level, out);
		fprintf(out, "%.*s = {\n", (int)next_len, next);
	}
}

static void config_dump_object(enum config_scope scope, const void *object,
			       unsigned level, FILE *out);

/* A list within an object, an element a pair of brackets. */
static void config_dump_objects(const struct config_option *option,
				const void *object, unsigned level, FILE *out)
{
	const void *field = (const char *)object + option->offset;
	const void *number = (const char *)object + option->count_offset;
	const struct config_certificate *items =
		*(struct config_certificate *const *)field;
	size_t count = *(const size_t *)number;

	fputs("(\n", out);
	for (size_t i = 0; i < count; i++) {
		config_dump_indent(level + 1, out);
		fputs("{\n", out);
		config_dump_object(option->items, &items[i], level + 2, out);
		config_dump_indent(level + 1, out);
		fprintf(out, "}%s\n", i + 1 < count ? "," : "");
	}
	config_dump_indent(level, out);
	fputs(")", out);
}

/* All options of a scope, members of groups within their group. */
static void config_dump_object(enum config_scope scope, const void *object,
			       unsigned level, FILE *out)
{
	const char *last = NULL;

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];

		if (option->scope != scope ||
		    !config_dump_applies(option, object))
			continue;
		size_t group = config_dump_group_len(option->path);

		config_dump_regroup(last, option->path, level, out);
		last = option->path;
		config_dump_indent(level + (group ? 1 : 0), out);
		fprintf(out, "%s = ", option->path + (group ? group + 1 : 0));
		if (option->type == CONFIG_OPTION_OBJECTS)
			config_dump_objects(option, object,
					    level + (group ? 1 : 0), out);
		else
			config_dump_value(option, object, out);
		fputs(";\n", out);
	}
	config_dump_regroup(last, NULL, level, out);
}

static void config_dump_listeners(const struct config *config, FILE *out)
{
	fputs("listeners = (\n", out);
	for (size_t i = 0; i < config->listener_count; i++) {
		fputs("  {\n", out);
		config_dump_object(CONFIG_SCOPE_LISTENER, &config->listeners[i],
				   2, out);
		fprintf(out, "  }%s\n",
			i + 1 < config->listener_count ? "," : "");
	}
	fputs(");\n", out);
}

static void config_dump_backends(const struct config *config, FILE *out)
{
	fputs("backends = {\n", out);
	for (size_t i = 0; i < config->backend_count; i++) {
		fprintf(out, "  %s = {\n", config->backends[i].name);
		config_dump_object(CONFIG_SCOPE_BACKEND, &config->backends[i],
				   2, out);
		fputs("  };\n", out);
	}
	fputs("};\n", out);
}

/* Pages have no place in a file: --demo adds them. */
static void config_dump_routes(const struct config *config, FILE *out)
{
	const char *joint = "";

	fputs("routes = (", out);
	for (size_t i = 0; i < config->route_count; i++) {
		if (config->routes[i].page)
			continue;
		fprintf(out, "%s\n  {\n", joint);
		config_dump_object(CONFIG_SCOPE_ROUTE, &config->routes[i], 2,
				   out);
		fputs("  }", out);
		joint = ",";
	}
	fputs("\n);\n", out);
}

void config_dump(const struct config *config, FILE *out)
{
	config_dump_object(CONFIG_SCOPE_GLOBAL, config, 0, out);
	config_dump_listeners(config, out);
	config_dump_backends(config, out);
	config_dump_routes(config, out);
}
