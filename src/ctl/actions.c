/* SPDX-License-Identifier: MIT */
/* Commands that make the daemon do something and say that it did. */

#include <string.h>
#include <sysexits.h>

#include "ctl/answer.h"
#include "ctl/commands.h"

/* Asks; on success prints the end of the answer, or `said`. */
static int act(const struct arguments *arguments, struct client *client,
	       const char *command, const char *said)
{
	json_t *end;
	int code = answer_ask(arguments, client, command, NULL, NULL, &end);

	if (code)
		return code;
	if (arguments->is_json)
		answer_print_json(end);
	else
		puts(said);
	json_decref(end);
	return EX_OK;
}

int drain_run(const struct arguments *arguments, struct client *client)
{
	return act(arguments, client, "drain",
		   "draining: no new sessions are taken");
}

int undrain_run(const struct arguments *arguments, struct client *client)
{
	return act(arguments, client, "undrain", "new sessions are taken");
}

int reload_run(const struct arguments *arguments, struct client *client)
{
	return act(arguments, client, "reload", "configuration reloaded");
}

int config_run(const struct arguments *arguments, struct client *client)
{
	json_t *end;
	int code = answer_ask(arguments, client, "config", NULL, NULL, &end);
	const char *text;

	if (code)
		return code;
	text = answer_text(end, "config");
	/* The dump escapes what it took from files. */
	if (arguments->is_json)
		answer_print_json(end);
	else
		fputs(text ? text : "", stdout);
	json_decref(end);
	return EX_OK;
}

int loglevel_run(const struct arguments *arguments, struct client *client)
{
	json_t *request = json_object();
	json_t *end;
	const char *level;
	int code;

	if (arguments->word_count &&
	    json_object_set_new(request, "level",
				json_string(arguments->words[0]))) {
		fputs("wsrelayctl: the level is no UTF-8, or out of memory\n",
		      client->said);
		json_decref(request);
		return EX_USAGE;
	}
	code = answer_ask(arguments, client, "loglevel", request, NULL, &end);
	if (code)
		return code;
	level = answer_text(end, "level");
	if (arguments->is_json)
		answer_print_json(end);
	else
		answer_print_text(level ? level : "?", stdout);
	json_decref(end);
	return EX_OK;
}

static int kill_one(const struct arguments *arguments, struct client *client,
		    json_int_t id)
{
	json_t *end;
	int code = answer_ask(arguments, client, "kill",
			      json_pack("{s:I}", "id", id), NULL, &end);

	if (code)
		return code;
	if (arguments->is_json)
		answer_print_json(end);
	else
		printf("session %" JSON_INTEGER_FORMAT " ended\n", id);
	json_decref(end);
	return EX_OK;
}

/* All numbers are looked at before the first session ends. */
int kill_run(const struct arguments *arguments, struct client *client)
{
	int worst = EX_OK;
	json_int_t id;

	for (int i = 0; i < arguments->word_count; i++)
		if (!answer_parse_id(arguments->words[i], &id))
			return EX_USAGE;
	for (int i = 0; i < arguments->word_count; i++) {
		int code = answer_parse_id(arguments->words[i], &id) ?
				   kill_one(arguments, client, id) :
				   EX_USAGE;

		if (code > ANSWER_REFUSED)
			return code;
		if (code)
			worst = code;
	}
	return worst;
}
