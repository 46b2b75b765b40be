/* SPDX-License-Identifier: MIT */
/* What becomes of the daemon's answers: said, printed, counted. */

#include "ctl/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "ctl/text.h"

/* When the terminal does not know its own width. */
#define WIDTH_FALLBACK 80

void answer_print_json(const json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | ANSWER_JSON);
	putchar('\n');
}

void answer_print_text(const char *text, FILE *out)
{
	char *escaped = text_escape(text ? text : "?");

	fprintf(out, "%s\n", escaped ? escaped : "out of memory");
	free(escaped);
}

static void say_refusal(FILE *said, const json_t *end)
{
	const json_t *lines = json_object_get(end, "errors");

	for (size_t i = 0; i < json_array_size(lines); i++) {
		answer_print_text(json_string_value(json_array_get(lines, i)),
				  said);
	}
	fputs("wsrelayctl: ", said);
	answer_print_text(json_string_value(json_object_get(end, "error")),
			  said);
}

int answer_ask(const struct arguments *arguments, struct client *client,
	       const char *command, json_t *request, json_t *elements,
	       json_t **ret_end)
{
	json_t *end;
	int code = client_ask(client, command, request, elements, &end);

	if (code)
		return code;
	if (!json_is_string(json_object_get(end, "error"))) {
		*ret_end = end;
		return EX_OK;
	}
	if (arguments->is_json)
		answer_print_json(end);
	else
		say_refusal(client->said, end);
	json_decref(end);
	return ANSWER_REFUSED;
}

uint64_t answer_count(const json_t *object, const char *name)
{
	json_int_t count = json_integer_value(json_object_get(object, name));

	return count > 0 ? (uint64_t)count : 0;
}

double answer_number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

const char *answer_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

bool answer_parse_id(const char *word, json_int_t *ret_id)
{
	char *end;
	long long id;

	errno = 0;
	id = strtoll(word, &end, 10);
	if (errno || end == word || *end || id <= 0) {
		fputs("wsrelayctl: no session number: ", stderr);
		answer_print_text(word, stderr);
		return false;
	}
	*ret_id = id;
	return true;
}

size_t answer_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return WIDTH_FALLBACK;
	return size.ws_col;
}

int answer_table(struct table *table, int error)
{
	if (error)
		fputs("wsrelayctl: out of memory\n", stderr);
	else
		table_print(table, table->row_count, answer_width(), "\n",
			    stdout);
	table_done(table);
	return error ? EX_OSERR : EX_OK;
}
