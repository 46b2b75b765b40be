/* SPDX-License-Identifier: MIT */
/* Asks every worker about its sessions and gathers what they answer. */

#include "daemon/survey.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/list.h"
#include "daemon/mailbox.h"
#include "daemon/pool.h"
#include "net/timer.h"

struct inquiry {
	struct list link;
	struct operations_question question;
	struct session_batch *first; /* what has come */
	struct session_batch **last;
	struct timer deadline;
	uint64_t ticket;
	unsigned workers;
	unsigned pending;    /* workers that have not answered to the end */
	bool has_answered[]; /* one a worker */
};

struct survey {
	struct event_base *base;
	struct mailbox mailbox;
	struct event *mail_event;
	struct list inquiries;
	uint64_t last_ticket;
};

static void inquiry_free(struct inquiry *inquiry)
{
	list_remove(&inquiry->link);
	timer_cancel(&inquiry->deadline);
	session_batch_free(&inquiry->first);
	free(inquiry);
}

static unsigned first_silent(const struct inquiry *inquiry)
{
	unsigned worker = 0;

	while (worker < inquiry->workers && inquiry->has_answered[worker])
		worker++;
	return worker;
}

/* Calls whoever asked, after the inquiry is gone: they may ask again. */
static void finish(struct inquiry *inquiry, int error)
{
	struct operations_question question = inquiry->question;
	struct operations_answer answer = {
		.ticket = inquiry->ticket,
		.query = inquiry->question.query,
		.error = error,
		.silent_worker = first_silent(inquiry),
		.sessions = inquiry->first,
	};

	inquiry->first = NULL;
	inquiry_free(inquiry);
	if (error)
		session_batch_free(&answer.sessions);
	question.answered(question.arg, &answer);
}

static void on_deadline(void *arg)
{
	finish(arg, -ETIMEDOUT);
}

static struct inquiry *find(struct survey *survey, uint64_t ticket)
{
	list_each(&survey->inquiries, node, after) {
		struct inquiry *inquiry =
			list_entry(node, struct inquiry, link);

		if (inquiry->ticket == ticket)
			return inquiry;
	}
	return NULL;
}

static void take(struct survey *survey, struct session_batch *batch)
{
	struct inquiry *inquiry = find(survey, batch->ticket);

	if (!inquiry) {
		session_batch_free(&batch);
		return;
	}
	*inquiry->last = batch;
	inquiry->last = &batch->next;
	if (!batch->is_last)
		return;
	inquiry->has_answered[batch->worker] = true;
	if (--inquiry->pending == 0)
		finish(inquiry, 0);
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
	struct survey *survey = arg;
	struct mail_batch mail = mailbox_take(&survey->mailbox);

	(void)fd;
	(void)what;
	for (size_t i = 0; i < mail.count; i++)
		take(survey, mail.letters[i].sessions);
	free(mail.letters);
}

struct survey *survey_new(struct event_base *base)
{
	struct survey *survey = calloc(1, sizeof(*survey));

	if (!survey)
		return NULL;
	survey->base = base;
	list_init(&survey->inquiries);
	if (mailbox_init(&survey->mailbox)) {
		free(survey);
		return NULL;
	}
	survey->mail_event = event_new(base, survey->mailbox.wake_fd,
				       EV_READ | EV_PERSIST, on_mail, survey);
	if (!survey->mail_event || event_add(survey->mail_event, NULL))
		survey_free(&survey);
	return survey;
}

void survey_free(struct survey **survey)
{
	struct survey *gone = *survey;

	*survey = NULL;
	if (!gone)
		return;
	list_each(&gone->inquiries, node, after)
		inquiry_free(list_entry(node, struct inquiry, link));
	/* Letters that came last belong to nobody by now. */
	on_mail(-1, 0, gone);
	if (gone->mail_event)
		event_free(gone->mail_event);
	mailbox_done(&gone->mailbox);
	free(gone);
}

struct mailbox *survey_mailbox(struct survey *survey)
{
	return &survey->mailbox;
}

static struct inquiry *inquiry_new(struct survey *survey, unsigned workers)
{
	struct inquiry *inquiry =
		calloc(1, sizeof(*inquiry) + workers * sizeof(bool));

	if (!inquiry)
		return NULL;
	inquiry->last = &inquiry->first;
	inquiry->ticket = ++survey->last_ticket;
	inquiry->workers = workers;
	inquiry->pending = workers;
	timer_init(&inquiry->deadline, survey->base, on_deadline, inquiry);
	list_append(&survey->inquiries, &inquiry->link);
	return inquiry;
}

static int ask_all(struct inquiry *inquiry, struct pool *pool)
{
	struct session_query query = inquiry->question.query;
	int error = 0;

	query.ticket = inquiry->ticket;
	for (unsigned i = 0; i < inquiry->workers && !error; i++)
		error = pool_ask(pool, i, &query);
	return error;
}

int survey_ask(struct survey *survey, struct pool *pool,
	       const struct operations_question *question, uint32_t timeout_ms,
	       uint64_t *ret_ticket)
{
	struct inquiry *inquiry = inquiry_new(survey, pool_worker_count(pool));
	int error;

	if (!inquiry)
		return -ENOMEM;
	inquiry->question = *question;
	error = timer_arm(&inquiry->deadline, timeout_ms);
	if (!error)
		error = ask_all(inquiry, pool);
	if (error) {
		inquiry_free(inquiry);
		return error;
	}
	*ret_ticket = inquiry->ticket;
	return 0;
}

void survey_cancel(struct survey *survey, uint64_t ticket)
{
	struct inquiry *inquiry = find(survey, ticket);

	if (inquiry)
		inquiry_free(inquiry);
}
