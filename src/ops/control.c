/* SPDX-License-Identifier: MIT */
/* The control socket: connections, requests by the line, answers by the line.
 */

#include "ops/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/list.h"
#include "base/log.h"
#include "ops/control_commands.h"
#include "ops/control_sessions.h"
#include "ops/json_text.h"

/* Bytes of answers held at most, but for one line. */
#define CONTROL_OUTPUT_MAX 65536

/* How long accepting rests when descriptors or memory are out. */
#define CONTROL_PAUSE_MS 200

struct control {
	struct event_base *base;
	const struct operations *operations;
	struct control_access access;
	struct list connections;
	unsigned count;
	struct event accepting;
	struct event resume; /* the end of a pause */
	bool is_listening;
};

struct control_connection {
	struct list link;
	struct control *control;
	struct bufferevent *stream;
	struct control_peer peer;
	void (*answered)(void *connection, struct operations_answer *answer);
	uint64_t ticket;            /* of the question asked; 0: none */
	struct session_batch *list; /* what is being written; or null */
	size_t list_at;             /* the next of its first batch */
	bool is_busy;               /* a request is being answered */
	bool is_ending;             /* gone once all is written */
	bool is_discarding;         /* nothing it says is listened to */
};

static size_t unsent(const struct control_connection *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->stream));
}

static void connection_close(struct control_connection *c)
{
	const struct operations *ops = c->control->operations;

	if (c->ticket)
		ops->cancel(ops->arg, c->ticket);
	session_batch_free(&c->list);
	list_remove(&c->link);
	c->control->count--;
	bufferevent_free(c->stream);
	free(c);
}

/* A connection that cannot be written to ends. */
static void write_line(struct control_connection *c, const json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
	struct evbuffer *output = bufferevent_get_output(c->stream);

	if (!text || evbuffer_add_printf(output, "%s\n", text) < 0)
		c->is_ending = true;
	free(text);
}

void control_answer(struct control_connection *c, json_t *more)
{
	json_t *object = more ? more : json_object();

	if (json_object_set_new(object, "ok", json_true()))
		c->is_ending = true;
	else
		write_line(c, object);
	json_decref(object);
	c->is_busy = false;
}

static void refuse_with(struct control_connection *c, const char *sentence,
			json_t *lines)
{
	json_t *object = json_object();

	if (json_object_set_new(object, "error", json_string(sentence)))
		c->is_ending = true;
	if (lines && json_object_set_new(object, "errors", lines))
		c->is_ending = true;
	if (!c->is_ending)
		write_line(c, object);
	json_decref(object);
	c->is_busy = false;
}

void control_refuse(struct control_connection *c, const char *format, ...)
{
	char sentence[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	refuse_with(c, sentence, NULL);
}

void control_refuse_lines(struct control_connection *c, const char *sentence,
			  const struct config_errors *lines)
{
	json_t *array = json_array();

	for (size_t i = 0; i < lines->count; i++)
		json_array_append_new(array, json_text(lines->lines[i]));
	if (lines->more)
		json_array_append_new(array,
				      json_sprintf("and %lu more errors",
						   (unsigned long)lines->more));
	refuse_with(c, sentence, array);
}

/* Writes the next session; the batches that are through are freed. */
static void write_next(struct control_connection *c)
{
	struct session_batch *batch = c->list;
	json_t *line;

	if (c->list_at == batch->count) {
		c->list = batch->next;
		c->list_at = 0;
		batch->next = NULL;
		session_batch_free(&batch);
		return;
	}
	line = json_pack("{s:o}", "session",
			 control_session_json(&batch->at[c->list_at++]));
	if (line)
		write_line(c, line);
	else
		c->is_ending = true;
	json_decref(line);
}

static void write_list(struct control_connection *c)
{
	while (c->list && !c->is_ending && unsent(c) < CONTROL_OUTPUT_MAX)
		write_next(c);
	if (!c->list)
		control_answer(c, NULL);
}

void control_list(struct control_connection *c, struct session_batch *sessions)
{
	c->list = sessions;
	c->list_at = 0;
	write_list(c);
}

static void run_line(struct control_connection *c, const char *line, size_t len)
{
	struct control_request request = {
		.connection = c,
		.operations = c->control->operations,
		.peer = &c->peer,
	};

	c->is_busy = true;
	control_command_run(&request, line, len);
}

/* Reads to the peer's end: closed now, a reset would overtake the answer. */
static void discard(struct control_connection *c)
{
	struct evbuffer *input = bufferevent_get_input(c->stream);

	(void)evbuffer_drain(input, evbuffer_get_length(input));
	if (!unsent(c))
		(void)shutdown(bufferevent_getfd(c->stream), SHUT_WR);
}

static bool may_take_request(const struct control_connection *c)
{
	return !c->is_busy && !c->is_ending && !c->is_discarding &&
	       unsent(c) < CONTROL_OUTPUT_MAX;
}

/* Takes a request from what has come; false when there is none to take. */
static bool take_request(struct control_connection *c)
{
	struct evbuffer *input = bufferevent_get_input(c->stream);
	size_t len;
	char *line;

	if (!may_take_request(c))
		return false;
	line = evbuffer_readln(input, &len, EVBUFFER_EOL_LF);
	if (!line && evbuffer_get_length(input) <= CONTROL_REQUEST_MAX)
		return false;
	if (line && len <= CONTROL_REQUEST_MAX) {
		run_line(c, line, len);
	} else {
		control_refuse(c, "a request has at most %d bytes",
			       CONTROL_REQUEST_MAX);
		c->is_discarding = true;
	}
	free(line);
	return true;
}

/*
 * To be called last after any work: takes the requests that wait, and reads
 * only when one more could be taken, so that a peer waits for its answers.
 * The connection may be gone on return.
 */
static void settle(struct control_connection *c)
{
	while (take_request(c))
		;
	if (c->is_ending && !unsent(c)) {
		connection_close(c);
		return;
	}
	if (c->is_discarding)
		discard(c);
	if (!c->is_discarding && !may_take_request(c))
		bufferevent_disable(c->stream, EV_READ);
	else if (bufferevent_enable(c->stream, EV_READ))
		connection_close(c);
}

static void on_answered(void *arg, struct operations_answer *answer)
{
	struct control_connection *c = arg;

	c->ticket = 0;
	c->answered(c, answer);
	settle(c);
}

int control_ask(struct control_connection *c, const struct session_query *query,
		void (*answered)(void *, struct operations_answer *))
{
	const struct operations *ops = c->control->operations;
	struct operations_question question = { .query = *query,
						.answered = on_answered,
						.arg = c };

	c->answered = answered;
	return ops->ask(ops->arg, &question, &c->ticket);
}

static void on_read(struct bufferevent *stream, void *arg)
{
	(void)stream;
	settle(arg);
}

static void on_written(struct bufferevent *stream, void *arg)
{
	struct control_connection *c = arg;

	(void)stream;
	if (c->list)
		write_list(c);
	settle(c);
}

/* Half-closed: what was asked is answered.  Broken or silent: it is gone. */
static void on_event(struct bufferevent *stream, short what, void *arg)
{
	struct control_connection *c = arg;

	(void)stream;
	if (what & (BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) {
		connection_close(c);
		return;
	}
	c->is_ending = true;
	settle(c);
}

/* The stream owns `fd` from here on; null when memory is out. */
static struct bufferevent *stream_new(struct control_connection *c, int fd)
{
	const struct timeval idle = { .tv_sec = CONTROL_IDLE_S };
	struct bufferevent *stream = bufferevent_socket_new(
		c->control->base, fd, BEV_OPT_CLOSE_ON_FREE);

	if (!stream)
		return NULL;
	bufferevent_setcb(stream, on_read, on_written, on_event, c);
	bufferevent_setwatermark(stream, EV_READ, 0, CONTROL_REQUEST_MAX + 1);
	bufferevent_set_timeouts(stream, &idle, &idle);
	if (!bufferevent_enable(stream, EV_READ | EV_WRITE))
		return stream;
	bufferevent_setfd(stream, -1);
	bufferevent_free(stream);
	return NULL;
}

static int connection_open(struct control *control, int fd,
			   const struct control_peer *peer)
{
	struct control_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->control = control;
	c->peer = *peer;
	c->stream = stream_new(c, fd);
	if (!c->stream) {
		free(c);
		return -ENOMEM;
	}
	list_append(&control->connections, &c->link);
	control->count++;
	return 0;
}

/* It may hang up before it reads this; that is its affair. */
static void turn_away(int fd, const char *answer)
{
	(void)!send(fd, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void note_stranger(const struct control_peer *peer)
{
	struct log_field fields[] = {
		log_field_u64("uid", peer->uid),
		log_field_u64("pid", (uint64_t)peer->pid),
	};

	log_event(LOG_LEVEL_WARNING, "control refused", fields, 2);
}

static void take(struct control *control, int fd)
{
	struct control_peer peer = { .pid = 0 };

	if (!control_access_allows(&control->access, fd, &peer)) {
		note_stranger(&peer);
		turn_away(fd, "{\"error\":\"this user may not control the "
			      "daemon\"}\n");
	} else if (control->count >= CONTROL_CONNECTIONS_MAX) {
		turn_away(fd, "{\"error\":\"too many control connections\"}\n");
	} else if (connection_open(control, fd, &peer)) {
		turn_away(fd, "{\"error\":\"out of memory\"}\n");
	}
}

static void pause_accepting(struct control *control)
{
	const struct timeval wait = { .tv_usec = CONTROL_PAUSE_MS * 1000 };

	event_del(&control->accepting);
	event_add(&control->resume, &wait);
}

static void on_connection(evutil_socket_t listener, short what, void *arg)
{
	struct control *control = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd >= 0)
		take(control, fd);
	else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		 errno == ENOBUFS)
		pause_accepting(control);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;

	(void)fd;
	(void)what;
	event_add(&control->accepting, NULL);
}

struct control *control_new(struct event_base *base,
			    const struct operations *operations)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control)
		return NULL;
	control->base = base;
	control->operations = operations;
	list_init(&control->connections);
	event_assign(&control->resume, base, -1, 0, on_resume, control);
	return control;
}

void control_free(struct control **control)
{
	struct control *gone = *control;

	*control = NULL;
	if (!gone)
		return;
	control_deafen(gone);
	list_each(&gone->connections, node, after)
		connection_close(
			list_entry(node, struct control_connection, link));
	free(gone);
}

int control_listen(struct control *control, int fd,
		   const struct control_access *access)
{
	control_deafen(control);
	control->access = *access;
	event_assign(&control->accepting, control->base, fd,
		     EV_READ | EV_PERSIST, on_connection, control);
	if (event_add(&control->accepting, NULL))
		return -ENOMEM;
	control->is_listening = true;
	return 0;
}

void control_deafen(struct control *control)
{
	if (!control->is_listening)
		return;
	event_del(&control->resume);
	event_del(&control->accepting);
	control->is_listening = false;
}
