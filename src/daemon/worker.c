/* SPDX-License-Identifier: MIT */
/* A thread with an event loop of its own, and the sessions that live on it. */

#include "daemon/worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "ops/session_log.h"

struct worker {
	unsigned number;
	pthread_t thread;
	struct event_base *base;
	struct event *mail_event;
	struct resolve_client *resolver;
	struct mailbox mailbox;
	struct mailbox *answers; /* the supervisor's */
	struct relay relay;
	struct metrics_sheet sheet;
	/* The supervisor adds, the worker takes. */
	_Atomic uint32_t connections;
	/* Those of them that wait for a refusal to be read; the worker's. */
	_Atomic uint32_t refused;
	/* The last sign of life it was asked for and gave. */
	_Atomic uint32_t pulse;
};

static void on_gone(void *arg)
{
	struct worker *worker = arg;

	atomic_fetch_sub(&worker->connections, 1);
}

static void on_lingers(void *arg, bool does)
{
	struct worker *worker = arg;

	if (does)
		atomic_fetch_add(&worker->refused, 1);
	else
		atomic_fetch_sub(&worker->refused, 1);
}

static void on_opened(void *arg, const struct session_log_record *record)
{
	struct worker *worker = arg;

	session_log_opened(record);
	metrics_sheet_opened(&worker->sheet, record);
}

static void on_closed(void *arg, const struct session_log_record *record)
{
	struct worker *worker = arg;

	session_log_closed(record);
	metrics_sheet_closed(&worker->sheet, record);
}

static void on_refused(void *arg, const struct session_log_record *record,
		       unsigned status)
{
	struct worker *worker = arg;

	session_log_refused(record, status);
	metrics_sheet_refused(&worker->sheet, record->cause_number);
}

static void on_pong(void *arg, uint32_t usec)
{
	struct worker *worker = arg;

	metrics_sheet_pong(&worker->sheet, usec);
}

static void on_tried(void *arg, const struct dial_attempt *attempt)
{
	struct worker *worker = arg;
	struct metrics_attempt metrics = { .backend = attempt->backend->name,
					   .server = attempt->server->text,
					   .error = attempt->error,
					   .usec = attempt->usec };

	metrics_sheet_tried(&worker->sheet, &metrics);
}

/* Out of memory the piece is lost: the supervisor has a deadline. */
static void on_listed(void *arg, struct session_batch *batch)
{
	struct worker *worker = arg;
	struct mail mail = { .type = MAIL_SESSIONS, .sessions = batch };

	if (mailbox_post(worker->answers, &mail))
		session_batch_free(&batch);
}

static void take_config(struct worker *worker, struct config *config)
{
	if (relay_configure(&worker->relay, config))
		log_printf(LOG_LEVEL_ERROR,
			   "worker %u: out of memory, it keeps the old "
			   "configuration",
			   worker->number);
	config_unref(&config);
}

static void read_letter(struct worker *worker, const struct mail *mail)
{
	switch (mail->type) {
	case MAIL_CONNECTION:
		relay_accept(&worker->relay, &mail->connection);
		break;
	case MAIL_CONFIG:
		take_config(worker, mail->config);
		break;
	case MAIL_STOPPING:
		relay_set_stopping(&worker->relay, mail->is_stopping);
		break;
	case MAIL_CLOSE_ALL:
		relay_close_all(&worker->relay, mail->spread_ms);
		break;
	case MAIL_QUERY:
		session_walk_ask(&worker->relay.walk, &mail->query);
		break;
	case MAIL_PULSE:
		atomic_store(&worker->pulse, mail->pulse);
		break;
	case MAIL_QUIT:
		event_base_loopbreak(worker->base);
		break;
	case MAIL_SESSIONS:
		assert(mail->type != MAIL_SESSIONS); /* the supervisor's */
		break;
	}
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
	struct worker *worker = arg;
	struct mail_batch batch = mailbox_take(&worker->mailbox);

	(void)fd;
	(void)what;
	for (size_t i = 0; i < batch.count; i++)
		read_letter(worker, &batch.letters[i]);
	free(batch.letters);
}

static void *worker_run(void *arg)
{
	struct worker *worker = arg;

	event_base_loop(worker->base, EVLOOP_NO_EXIT_ON_EMPTY);
	relay_abort_all(&worker->relay);
	return NULL;
}

/* One thread uses the loop, so it needs no locks. */
static struct event_base *base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (!config)
		return NULL;
	if (!event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK))
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static int open_loop(struct worker *worker,
		     const struct worker_options *options)
{
	worker->base = base_new();
	if (!worker->base)
		return -ENOMEM;
	worker->mail_event = event_new(worker->base, worker->mailbox.wake_fd,
				       EV_READ | EV_PERSIST, on_mail, worker);
	if (!worker->mail_event || event_add(worker->mail_event, NULL))
		return -ENOMEM;
	return resolve_client_new(options->resolver, worker->base,
				  &worker->resolver);
}

static int open_relay(struct worker *worker,
		      const struct worker_options *options)
{
	struct relay_options relay = {
		.base = worker->base,
		.resolver = worker->resolver,
		.admission = options->admission,
		.hooks = { .arg = worker,
			   .opened = on_opened,
			   .closed = on_closed,
			   .refused = on_refused,
			   .lingers = on_lingers,
			   .gone = on_gone,
			   .pong = on_pong,
			   .tried = on_tried,
			   .listed = on_listed },
		.worker = options->number,
	};
	int error;

	relay_init(&worker->relay, &relay);
	error = relay_configure(&worker->relay, options->config);
	if (error)
		relay_done(&worker->relay);
	return error;
}

static void close_loop(struct worker *worker)
{
	resolve_client_free(&worker->resolver);
	if (worker->mail_event)
		event_free(worker->mail_event);
	if (worker->base)
		event_base_free(worker->base);
}

/* Signals are the supervisor's. */
static int start_thread(struct worker *worker)
{
	sigset_t all;
	sigset_t before;
	char name[16];
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&worker->thread, NULL, worker_run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return -error;
	snprintf(name, sizeof(name), "worker-%u", worker->number);
	pthread_setname_np(worker->thread, name);
	return 0;
}

int worker_start(const struct worker_options *options,
		 struct worker **ret_worker)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int error;

	if (!worker)
		return -ENOMEM;
	worker->number = options->number;
	metrics_sheet_init(&worker->sheet);
	worker->answers = options->answers;
	error = mailbox_init(&worker->mailbox);
	if (error)
		goto fail_mailbox;
	error = open_loop(worker, options);
	if (error)
		goto fail_loop;
	error = open_relay(worker, options);
	if (error)
		goto fail_loop;
	error = start_thread(worker);
	if (error)
		goto fail_thread;
	*ret_worker = worker;
	return 0;
fail_thread:
	relay_done(&worker->relay);
fail_loop:
	close_loop(worker);
	mailbox_done(&worker->mailbox);
fail_mailbox:
	free(worker);
	return error;
}

int worker_post(struct worker *worker, const struct mail *mail)
{
	bool counts = mail->type == MAIL_CONNECTION;
	int error;

	if (counts)
		atomic_fetch_add(&worker->connections, 1);
	error = mailbox_post(&worker->mailbox, mail);
	if (error && counts)
		on_gone(worker);
	return error;
}

uint32_t worker_connection_count(const struct worker *worker)
{
	return atomic_load(&worker->connections);
}

uint32_t worker_session_count(const struct worker *worker)
{
	/* In this order: meanwhile they only become fewer or refused. */
	uint32_t connections = atomic_load(&worker->connections);

	return connections - atomic_load(&worker->refused);
}

void worker_measure(const struct worker *worker, struct metrics_totals *totals)
{
	metrics_totals_add_sheet(totals, &worker->sheet);
	metrics_totals_add_traffic(totals, &worker->relay.traffic,
				   counter_get(&worker->relay.pool.lent));
}

uint32_t worker_pulse(const struct worker *worker)
{
	return atomic_load(&worker->pulse);
}

/* What was sent to a worker that has left its loop. */
static void dispose_letters(struct worker *worker)
{
	struct mail_batch batch = mailbox_take(&worker->mailbox);

	for (size_t i = 0; i < batch.count; i++) {
		struct mail *mail = &batch.letters[i];

		if (mail->type == MAIL_CONFIG)
			config_unref(&mail->config);
		else if (mail->type == MAIL_CONNECTION)
			relay_accept(&worker->relay, &mail->connection);
	}
	free(batch.letters);
}

void worker_stop(struct worker **worker)
{
	struct worker *gone = *worker;
	struct mail quit = { .type = MAIL_QUIT };

	*worker = NULL;
	if (!gone)
		return;
	while (mailbox_post(&gone->mailbox, &quit))
		usleep(1000); /* out of memory: what others free will do */
	pthread_join(gone->thread, NULL);
	dispose_letters(gone);
	relay_done(&gone->relay);
	close_loop(gone);
	mailbox_done(&gone->mailbox);
	metrics_sheet_done(&gone->sheet);
	free(gone);
}
