/* SPDX-License-Identifier: MIT */
/* Questions to workers that answer in pieces, late, or never. */

#include "loop_fixture.h"

#include "daemon/mailbox.h"
#include "daemon/pool.h"
#include "daemon/survey.h"

#define WORKERS 3

/* Workers that only note what they are asked (--wrap). */
unsigned __wrap_pool_worker_count(const struct pool *pool);
int __wrap_pool_ask(struct pool *pool, unsigned worker,
		    const struct session_query *query);

static struct session_query asked[WORKERS];
static unsigned asked_count;
static unsigned deaf_from = WORKERS; /* out of memory for this one */

unsigned __wrap_pool_worker_count(const struct pool *pool)
{
	(void)pool;
	return WORKERS;
}

int __wrap_pool_ask(struct pool *pool, unsigned worker,
		    const struct session_query *query)
{
	(void)pool;
	if (worker >= deaf_from)
		return -ENOMEM;
	asked[worker] = *query;
	asked_count++;
	return 0;
}

static struct loop loop;
static struct survey *survey;

/* What came of the questions. */
static unsigned answers;
static struct operations_answer last;
static size_t last_count;

static void on_answered(void *arg, struct operations_answer *answer)
{
	(void)arg;
	answers++;
	last = *answer;
	last_count = 0;
	for (struct session_batch *b = answer->sessions; b; b = b->next)
		last_count += b->count;
	session_batch_free(&answer->sessions);
}

static int setup(void **state)
{
	(void)state;
	loop_begin(&loop);
	survey = survey_new(loop.base);
	assert_non_null(survey);
	answers = 0;
	asked_count = 0;
	deaf_from = WORKERS;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	survey_free(&survey);
	assert_null(survey);
	loop_end(&loop);
	return 0;
}

static uint64_t ask(uint32_t timeout_ms)
{
	struct operations_question question = { .query.only_id = 7,
						.answered = on_answered };
	uint64_t ticket;

	assert_int_equal(
		survey_ask(survey, NULL, &question, timeout_ms, &ticket), 0);
	return ticket;
}

/* A worker answers with `count` sessions that hold no configuration. */
static void answer(uint64_t ticket, unsigned worker, size_t count, bool is_last)
{
	struct session_query query = { .ticket = ticket };
	struct mail mail = { .type = MAIL_SESSIONS };

	mail.sessions = session_batch_new(&query, worker, count + 1);
	assert_non_null(mail.sessions);
	memset(mail.sessions->at, 0, count * sizeof(mail.sessions->at[0]));
	mail.sessions->count = count;
	mail.sessions->is_last = is_last;
	assert_int_equal(mailbox_post(survey_mailbox(survey), &mail), 0);
}

static void step(void)
{
	event_base_loop(loop.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void test_all_answer(void **state)
{
	uint64_t ticket = ask(60000);

	(void)state;
	assert_int_equal(asked_count, WORKERS);
	assert_int_equal(asked[2].ticket, ticket);
	assert_int_equal(asked[2].only_id, 7);
	answer(ticket, 2, 4, false);
	answer(ticket, 0, 0, true);
	answer(ticket, 1, 5, true);
	step();
	assert_int_equal(answers, 0);
	answer(ticket, 2, 6, true);
	LOOP_UNTIL(&loop, answers == 1);
	assert_int_equal(last.error, 0);
	assert_int_equal(last.ticket, ticket);
	assert_int_equal(last.query.only_id, 7);
	assert_int_equal(last_count, 15);
}

static void test_one_is_silent(void **state)
{
	uint64_t ticket = ask(20);

	(void)state;
	answer(ticket, 0, 3, true);
	answer(ticket, 1, 3, false);
	answer(ticket, 2, 3, true);
	LOOP_UNTIL(&loop, answers == 1);
	assert_int_equal(last.error, -ETIMEDOUT);
	assert_int_equal(last.silent_worker, 1);
	assert_null(last.sessions);
	/* It comes too late, for nobody. */
	answer(ticket, 1, 3, true);
	step();
	assert_int_equal(answers, 1);
}

static void test_two_at_a_time(void **state)
{
	uint64_t first = ask(60000);
	uint64_t second = ask(60000);

	(void)state;
	assert_int_not_equal(first, second);
	for (unsigned i = 0; i < WORKERS; i++) {
		answer(second, i, 1, true);
		answer(first, i, 2, i > 0);
	}
	LOOP_UNTIL(&loop, answers == 1);
	assert_int_equal(last.ticket, second);
	assert_int_equal(last_count, 3);
	answer(first, 0, 0, true);
	LOOP_UNTIL(&loop, answers == 2);
	assert_int_equal(last_count, 6);
}

static void test_cancel(void **state)
{
	uint64_t ticket = ask(20);

	(void)state;
	answer(ticket, 0, 3, true);
	step();
	survey_cancel(survey, ticket);
	survey_cancel(survey, ticket);
	for (unsigned i = 1; i < WORKERS; i++)
		answer(ticket, i, 3, true);
	step();
	assert_int_equal(answers, 0);
}

static void test_no_memory(void **state)
{
	struct operations_question question = { .answered = on_answered };
	uint64_t ticket = 77;

	(void)state;
	deaf_from = 1;
	assert_int_equal(survey_ask(survey, NULL, &question, 60000, &ticket),
			 -ENOMEM);
	assert_int_equal(ticket, 77);
	/* The one that was asked answers nobody. */
	answer(asked[0].ticket, 0, 1, true);
	step();
	assert_int_equal(answers, 0);
}

static void test_ends_before_the_answer(void **state)
{
	uint64_t ticket = ask(60000);

	(void)state;
	answer(ticket, 0, 3, true);
	step();
	answer(ticket, 1, 3, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_answer, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_one_is_silent, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_two_at_a_time, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_ends_before_the_answer,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
