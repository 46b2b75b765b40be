/* SPDX-License-Identifier: MIT */
/* The control socket over operations that only pretend. */

#include "loop_fixture.h"

#include <signal.h>

#include <event2/bufferevent.h>

#include "ops/control.h"

/* The linker puts these in front of the libraries' (--wrap). */
int __real_bufferevent_set_timeouts(struct bufferevent *stream,
				    const struct timeval *reading,
				    const struct timeval *writing);
int __wrap_bufferevent_set_timeouts(struct bufferevent *stream,
				    const struct timeval *reading,
				    const struct timeval *writing);
void __real_session_batch_free(struct session_batch **batch);
void __wrap_session_batch_free(struct session_batch **batch);

#define BATCHES 60

static bool is_hasty; /* idle connections end at once */
static unsigned batches_freed;

int __wrap_bufferevent_set_timeouts(struct bufferevent *stream,
				    const struct timeval *reading,
				    const struct timeval *writing)
{
	const struct timeval hasty = { .tv_usec = 20000 };

	if (is_hasty)
		return __real_bufferevent_set_timeouts(stream, &hasty, &hasty);
	return __real_bufferevent_set_timeouts(stream, reading, writing);
}

void __wrap_session_batch_free(struct session_batch **batch)
{
	batches_freed += *batch != NULL;
	__real_session_batch_free(batch);
}

struct fixture {
	struct loop loop;
	struct operations operations;
	struct control *control;

	struct operations_question question; /* the last that was asked */
	unsigned asked;
	unsigned cancelled;
	int listener;
	int peer;
	char in[4 << 20]; /* a whole list */
	size_t in_len;
};

static int on_ask(void *arg, const struct operations_question *question,
		  uint64_t *ret_ticket)
{
	struct fixture *f = arg;

	f->question = *question;
	*ret_ticket = ++f->asked;
	return 0;
}

static void on_cancel(void *arg, uint64_t ticket)
{
	struct fixture *f = arg;

	assert_int_equal(ticket, f->asked);
	f->cancelled++;
}

static int on_set_draining(void *arg, bool is_draining)
{
	(void)arg;
	return is_draining ? -EBUSY : 0;
}

static int on_reload(void *arg, struct config_errors *errors)
{
	struct config_place place = { .file = "f", .line = 1 };

	(void)arg;
	for (int i = 0; i < CONFIG_ERRORS_MAX + 3; i++)
		config_errors_add(errors, place, NULL, "\xff %d", i);
	return -EINVAL;
}

static int open_listener(struct sockaddr_un *ret_name, socklen_t *ret_len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	assert_true(fd >= 0);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&name, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(fd, 64), 0);
	*ret_len = sizeof(*ret_name);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret_name, ret_len),
			 0);
	return fd;
}

static int setup(void **state)
{
	static const struct control_access access = { .mode = 0600 };
	struct fixture *f = calloc(1, sizeof(*f));
	struct sockaddr_un name;
	socklen_t len;

	assert_non_null(f);
	is_hasty = false;
	batches_freed = 0;
	loop_begin(&f->loop);
	f->operations = (struct operations){ .arg = f,
					     .ask = on_ask,
					     .cancel = on_cancel,
					     .set_draining = on_set_draining,
					     .reload = on_reload };
	f->control = control_new(f->loop.base, &f->operations);
	assert_non_null(f->control);
	f->listener = open_listener(&name, &len);
	assert_int_equal(control_listen(f->control, f->listener, &access), 0);
	f->peer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(connect(f->peer, (struct sockaddr *)&name, len), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	control_free(&f->control);
	close(f->listener);
	close(f->peer);
	loop_end(&f->loop);
	free(f);
	return 0;
}

static void say(struct fixture *f, const char *text)
{
	assert_int_equal(send(f->peer, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

#define ASK(command) "{\"version\":1,\"command\":\"" command "\"}\n"

/* Reads what there is; true once `text` is among it. */
static bool hears(struct fixture *f, const char *text)
{
	ssize_t n;

	while ((n = recv(f->peer, f->in + f->in_len,
			 sizeof(f->in) - 1 - f->in_len, 0)) > 0)
		f->in_len += (size_t)n;
	return memmem(f->in, f->in_len, text, strlen(text)) != NULL;
}

static bool is_hung_up(struct fixture *f)
{
	char byte;

	return recv(f->peer, &byte, 1, 0) == 0;
}

static void test_refusals(void **state)
{
	struct fixture *f = *state;

	say(f, ASK("drain") ASK("undrain"));
	LOOP_UNTIL(&f->loop, hears(f, "\"ok\""));
	assert_string_equal(f->in, "{\"error\":\"the daemon is stopping\"}\n"
				   "{\"ok\":true}\n");
}

/* More errors than are kept, and of bytes that JSON does not have. */
static void test_reload(void **state)
{
	struct fixture *f = *state;

	say(f, ASK("reload"));
	LOOP_UNTIL(&f->loop, hears(f, "\n"));
	assert_true(hears(f, "f:1: ? 0"));
	assert_true(hears(f, "and 3 more errors"));
}

/* The next request waits for the answer to the first. */
static void test_one_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct operations_answer answer = { .error = -ETIMEDOUT,
					    .silent_worker = 4 };

	say(f, ASK("sessions") ASK("undrain"));
	LOOP_UNTIL(&f->loop, f->asked == 1);
	for (int i = 0; i < 5; i++)
		event_base_loop(f->loop.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_false(hears(f, "ok"));
	f->question.answered(f->question.arg, &answer);
	LOOP_UNTIL(&f->loop, hears(f, "ok"));
	assert_string_equal(f->in, "{\"error\":\"worker 4 does not answer\"}\n"
				   "{\"ok\":true}\n");
}

static void test_ends_before_the_answer(void **state)
{
	struct fixture *f = *state;

	say(f, ASK("sessions"));
	LOOP_UNTIL(&f->loop, f->asked == 1);
	control_free(&f->control);
	assert_int_equal(f->cancelled, 1);
	LOOP_UNTIL(&f->loop, is_hung_up(f));
}

static void test_asker_gone(void **state)
{
	struct fixture *f = *state;
	struct operations_answer answer = { .error = 0 };

	say(f, ASK("sessions"));
	LOOP_UNTIL(&f->loop, f->asked == 1);
	close(f->peer);
	f->peer = -1;
	f->question.answered(f->question.arg, &answer);
	for (int i = 0; i < 5; i++)
		event_base_loop(f->loop.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_int_equal(f->cancelled, 0);
}

static void test_who_says_nothing_is_hung_up_on(void **state)
{
	struct fixture *f = *state;

	is_hasty = true;
	say(f, "{");
	LOOP_UNTIL(&f->loop, is_hung_up(f));
}

/* Sessions without a configuration, which cost no reference. */
static struct session_batch *many_sessions(void)
{
	struct session_query query = { .ticket = 1 };
	struct session_batch *first = NULL;

	for (int i = 0; i < BATCHES; i++) {
		struct session_batch *batch =
			session_batch_new(&query, 0, SESSION_BATCH_MAX);

		assert_non_null(batch);
		memset(batch->at, 0, SESSION_BATCH_MAX * sizeof(*batch->at));
		for (size_t j = 0; j < SESSION_BATCH_MAX; j++)
			batch->at[j].state = "open";
		batch->count = SESSION_BATCH_MAX;
		batch->next = first;
		first = batch;
	}
	return first;
}

/* What the peer does not read is not turned into text. */
static void test_back_pressure(void **state)
{
	struct fixture *f = *state;
	struct operations_answer answer = { .sessions = many_sessions() };
	unsigned freed;

	say(f, ASK("sessions"));
	LOOP_UNTIL(&f->loop, f->asked == 1);
	f->question.answered(f->question.arg, &answer);
	for (int i = 0; i < 50; i++)
		event_base_loop(f->loop.base, EVLOOP_ONCE);
	freed = batches_freed;
	assert_true(freed < BATCHES / 2);
	LOOP_UNTIL(&f->loop, hears(f, "\"ok\""));
	assert_int_equal(batches_freed, BATCHES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_ends_before_the_answer,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_asker_gone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_who_says_nothing_is_hung_up_on, setup, teardown),
		cmocka_unit_test_setup_teardown(test_back_pressure, setup,
						teardown),
	};

	/* As the daemon does: a peer that is gone is an error, no signal. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
