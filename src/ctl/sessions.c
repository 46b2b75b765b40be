/* SPDX-License-Identifier: MIT */
/* The commands "sessions" and "show". */

#include <string.h>
#include <sysexits.h>

#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/session_table.h"
#include "ctl/text.h"

/* A line each, as an array: for jq as for grep. */
static void print_json(const json_t *sessions)
{
	size_t count = json_array_size(sessions);

	fputs("[", stdout);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ",\n" : "\n", stdout);
		json_dumpf(json_array_get(sessions, i), stdout,
			   JSON_COMPACT | ANSWER_JSON);
	}
	fputs("\n]\n", stdout);
}

static int print_table(const json_t *sessions)
{
	struct table table;
	int error = 0;

	session_table_init(&table);
	for (size_t i = 0; i < json_array_size(sessions) && !error; i++)
		error = session_table_add(&table, json_array_get(sessions, i));
	return answer_table(&table, error);
}

int sessions_run(const struct arguments *arguments, struct client *client)
{
	json_t *sessions;
	int code = session_table_fetch(arguments, client, &sessions);

	if (code)
		return code;
	if (arguments->is_json)
		print_json(sessions);
	else
		code = print_table(sessions);
	json_decref(sessions);
	return code;
}

static void print_count(const json_t *session, const char *name)
{
	printf("%-14s %llu\n", name,
	       (unsigned long long)answer_count(session, name));
}

/* "bytes_up" with a figure for people behind the exact one. */
static void print_bytes(const json_t *session, const char *name)
{
	char figure[TEXT_FIGURE_MAX];
	uint64_t bytes = answer_count(session, name);

	text_print_bytes(bytes, figure);
	printf("%-14s %llu", name, (unsigned long long)bytes);
	if (bytes >= 1000)
		printf(" (%s)", figure);
	putchar('\n');
}

static void print_seconds(const json_t *session, const char *name)
{
	char figure[TEXT_FIGURE_MAX];

	text_print_seconds(answer_number(session, name), figure);
	/* "age_seconds" is "age" where the unit stands behind the figure. */
	printf("%-14.*s %s\n", (int)(strlen(name) - strlen("_seconds")), name,
	       figure);
}

static void print_text(const json_t *session, const char *name)
{
	const char *text = answer_text(session, name);

	if (!text)
		return;
	printf("%-14s ", name);
	answer_print_text(text, stdout);
}

static void print_session(const json_t *session)
{
	static const char *const texts[] = { "client", "listener", "route",
					     "target", "state",    "cause" };
	static const char *const counts[] = { "worker", "messages_up",
					      "messages_down" };
	static const char *const bytes[] = { "bytes_up", "bytes_down",
					     "owed_up", "owed_down" };

	print_count(session, "id");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		print_text(session, texts[i]);
	print_seconds(session, "age_seconds");
	print_seconds(session, "idle_seconds");
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		print_count(session, counts[i]);
	for (size_t i = 0; i < sizeof(bytes) / sizeof(*bytes); i++)
		print_bytes(session, bytes[i]);
	if (json_is_number(json_object_get(session, "rtt_ms")))
		printf("%-14s %.3fms\n", "rtt",
		       answer_number(session, "rtt_ms"));
}

int show_run(const struct arguments *arguments, struct client *client)
{
	json_int_t id;
	json_t *end;
	int code;

	if (!answer_parse_id(arguments->words[0], &id))
		return EX_USAGE;
	code = answer_ask(arguments, client, "show",
			  json_pack("{s:I}", "id", id), NULL, &end);
	if (code)
		return code;
	if (arguments->is_json)
		answer_print_json(json_object_get(end, "session"));
	else
		print_session(json_object_get(end, "session"));
	json_decref(end);
	return EX_OK;
}
