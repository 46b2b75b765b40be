/* SPDX-License-Identifier: MIT */
/* What can be asked for over the control socket: one table. */

#include "ops/control_commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ops/control.h"
#include "ops/control_sessions.h"
#include "ops/json_text.h"
#include "ops/status.h"

/* In the order of enum log_level. */
static const char *const levels[] = { "error", "warning", "notice", "info",
				      "debug" };
#define LEVEL_COUNT (sizeof(levels) / sizeof(*levels))

/* Who made the daemon do something is worth a line. */
static void note(const struct control_request *request, const char *command)
{
	struct log_field fields[] = {
		log_field_text("command", slice_of(command)),
		log_field_u64("uid", request->peer->uid),
		log_field_u64("pid", (uint64_t)request->peer->pid),
	};

	log_event(LOG_LEVEL_NOTICE, "control", fields, 3);
}

/* What to say of a question that found no session; false: there is one. */
static bool has_failed(struct control_connection *connection,
		       const struct operations_answer *answer)
{
	if (!answer->error)
		return false;
	control_refuse(connection, "worker %u does not answer",
		       answer->silent_worker);
	return true;
}

static void on_list(void *arg, struct operations_answer *answer)
{
	if (!has_failed(arg, answer))
		control_list(arg, answer->sessions);
}

static void ask(struct control_request *request,
		const struct session_query *query,
		void (*answered)(void *, struct operations_answer *))
{
	if (control_ask(request->connection, query, answered))
		control_refuse(request->connection, "out of memory");
}

static void run_sessions(struct control_request *request)
{
	struct session_query query = { .only_id = 0 };

	ask(request, &query, on_list);
}

static const struct session_info *only_one(const struct session_batch *batch)
{
	while (batch && !batch->count)
		batch = batch->next;
	return batch ? &batch->at[0] : NULL;
}

/* A question about one session; its object is the answer. */
static void on_one(void *arg, struct operations_answer *answer)
{
	const struct session_info *info;
	json_t *more;

	if (has_failed(arg, answer))
		return;
	info = only_one(answer->sessions);
	if (info) {
		more = json_object();
		json_object_set_new(more, "session",
				    control_session_json(info));
		control_answer(arg, more);
	} else {
		control_refuse(arg, "there is no session %llu",
			       (unsigned long long)answer->query.only_id);
	}
	session_batch_free(&answer->sessions);
}

static void ask_for_one(struct control_request *request, bool does_kill)
{
	json_t *id = json_object_get(request->arguments, "id");
	struct session_query query = {
		.only_id = (uint64_t)json_integer_value(id),
		.does_kill = does_kill,
	};

	if (json_integer_value(id) <= 0) {
		control_refuse(request->connection,
			       "\"id\" is no session number");
		return;
	}
	ask(request, &query, on_one);
}

static void run_show(struct control_request *request)
{
	ask_for_one(request, false);
}

static void run_kill(struct control_request *request)
{
	note(request, "kill");
	ask_for_one(request, true);
}

static void set_draining(struct control_request *request, bool is_draining)
{
	const struct operations *ops = request->operations;

	if (ops->set_draining(ops->arg, is_draining))
		control_refuse(request->connection, "the daemon is stopping");
	else
		control_answer(request->connection, NULL);
}

static void run_drain(struct control_request *request)
{
	note(request, "drain");
	set_draining(request, true);
}

static void run_undrain(struct control_request *request)
{
	note(request, "undrain");
	set_draining(request, false);
}

static void run_reload(struct control_request *request)
{
	const struct operations *ops = request->operations;
	struct config_errors errors = { .count = 0 };

	note(request, "reload");
	if (ops->reload(ops->arg, &errors))
		control_refuse_lines(
			request->connection,
			"configuration refused, the old one runs on", &errors);
	else
		control_answer(request->connection, NULL);
	config_errors_done(&errors);
}

/* The dump as text, or null when memory is out. */
static char *dump(const struct config *config)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	config_dump(config, out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static void run_config(struct control_request *request)
{
	const struct operations *ops = request->operations;
	char *text = dump(ops->config(ops->arg));
	json_t *more;

	if (!text) {
		control_refuse(request->connection, "out of memory");
		return;
	}
	more = json_object();
	json_object_set_new(more, "config", json_text(text));
	free(text);
	control_answer(request->connection, more);
}

static void run_status(struct control_request *request)
{
	json_t *status = status_build(request->operations);
	json_t *more = json_object();

	if (json_object_set_new(more, "status", status)) {
		json_decref(more);
		control_refuse(request->connection, "out of memory");
		return;
	}
	control_answer(request->connection, more);
}

static enum log_level current_level(void)
{
	size_t level = LOG_LEVEL_ERROR;

	while (level + 1 < LEVEL_COUNT && log_is_on((enum log_level)level + 1))
		level++;
	return (enum log_level)level;
}

static void answer_level(struct control_request *request)
{
	json_t *more = json_object();

	json_object_set_new(more, "level", json_text(levels[current_level()]));
	control_answer(request->connection, more);
}

/* Without a level it only tells which one is in force. */
static void run_loglevel(struct control_request *request)
{
	json_t *level = json_object_get(request->arguments, "level");

	if (!level) {
		answer_level(request);
		return;
	}
	for (size_t i = 0; i < LEVEL_COUNT && json_is_string(level); i++) {
		if (strcmp(json_string_value(level), levels[i]) != 0)
			continue;
		note(request, "loglevel");
		log_set_level((enum log_level)i);
		answer_level(request);
		return;
	}
	control_refuse(request->connection,
		       "there is no such level; allowed: error, warning, "
		       "notice, info or debug");
}

static const struct command {
	const char *name;
	void (*run)(struct control_request *request);
} commands[] = {
	{ "sessions", run_sessions }, { "show", run_show },
	{ "kill", run_kill },         { "drain", run_drain },
	{ "undrain", run_undrain },   { "reload", run_reload },
	{ "config", run_config },     { "loglevel", run_loglevel },
	{ "status", run_status },
};

static void run(struct control_request *request)
{
	const char *name = json_string_value(
		json_object_get(request->arguments, "command"));

	for (size_t i = 0; name && i < sizeof(commands) / sizeof(*commands);
	     i++) {
		if (strcmp(name, commands[i].name) == 0) {
			commands[i].run(request);
			return;
		}
	}
	control_refuse(request->connection, "there is no such command");
}

void control_command_run(struct control_request *request, const char *line,
			 size_t len)
{
	json_error_t error;
	json_t *arguments =
		json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	request->arguments = arguments;
	if (!json_is_object(arguments))
		control_refuse(request->connection,
			       "the request is no JSON object");
	else if (json_integer_value(json_object_get(arguments, "version")) !=
		 CONTROL_VERSION)
		control_refuse(request->connection,
			       "this daemon speaks version %d of the control "
			       "protocol; wsrelayctl and wsrelayd have to be "
			       "of one release",
			       CONTROL_VERSION);
	else
		run(request);
	json_decref(arguments);
}
