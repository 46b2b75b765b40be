/* SPDX-License-Identifier: MIT */
/* Names to addresses: one look-up for many, answers, cancelling at any time. */

#include "loop_fixture.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "net/resolve.h"

/* The linker puts this in front of the C library's (--wrap). */
int __real_getaddrinfo(const char *node, const char *service,
		       const struct addrinfo *hints, struct addrinfo **ret);
int __wrap_getaddrinfo(const char *node, const char *service,
		       const struct addrinfo *hints, struct addrinfo **ret);

static atomic_uint lookups; /* begun */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

/* Names that begin with "hang" are held up while a test holds the gate. */
int __wrap_getaddrinfo(const char *node, const char *service,
		       const struct addrinfo *hints, struct addrinfo **ret)
{
	atomic_fetch_add(&lookups, 1);
	if (!strncmp(node, "hang", 4)) {
		pthread_mutex_lock(&gate);
		pthread_mutex_unlock(&gate);
		node = "127.0.0.2";
	}
	if (!strcmp(node, "none"))
		return EAI_NONAME;
	if (!strcmp(node, "again"))
		return EAI_AGAIN;
	if (!strcmp(node, "memory"))
		return EAI_MEMORY;
	return __real_getaddrinfo(node, service, hints, ret);
}

struct answer {
	unsigned calls;
	int error;
	size_t count;
	struct sockaddr_any first;
	struct resolve_query *query;
};

struct fixture {
	struct loop loop;
	struct resolver *resolver;
	struct resolve_client *client;
	struct answer answers[8];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	loop_begin(&f->loop);
	assert_int_equal(resolver_new(&f->resolver), 0);
	assert_int_equal(
		resolve_client_new(f->resolver, f->loop.base, &f->client), 0);
	atomic_store(&lookups, 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	resolve_client_free(&f->client);
	resolve_client_free(&f->client); /* takes null */
	resolver_free(&f->resolver);
	resolver_free(&f->resolver);
	loop_end(&f->loop);
	free(f);
	return 0;
}

static void on_answer(void *arg, int error,
		      const struct sockaddr_any *addresses, size_t count)
{
	struct answer *answer = arg;

	answer->calls++;
	answer->error = error;
	answer->count = count;
	if (count)
		answer->first = addresses[0];
}

static void ask(struct fixture *f, size_t i, const char *name)
{
	f->answers[i] = (struct answer){ .calls = 0 };
	assert_int_equal(resolve_start(f->client, name, 4711, on_answer,
				       &f->answers[i], &f->answers[i].query),
			 0);
}

static void wait_for(struct fixture *f, size_t i)
{
	LOOP_UNTIL(&f->loop, f->answers[i].calls);
	assert_int_equal(f->answers[i].calls, 1);
}

static void check_error(struct fixture *f, const char *name, int error)
{
	ask(f, 0, name);
	assert_int_equal(f->answers[0].calls, 0); /* never from the call */
	wait_for(f, 0);
	assert_int_equal(f->answers[0].error, error);
	assert_int_equal(f->answers[0].count, 0);
}

static void test_localhost(void **state)
{
	struct fixture *f = *state;
	const struct answer *answer = &f->answers[0];

	ask(f, 0, "localhost");
	wait_for(f, 0);
	assert_int_equal(answer->error, 0);
	assert_true(answer->count >= 1);
	assert_true(answer->count <= RESOLVE_ADDRESSES_MAX);
	if (answer->first.sa.sa_family == AF_INET6)
		assert_int_equal(answer->first.in6.sin6_port, htons(4711));
	else
		assert_int_equal(answer->first.in.sin_port, htons(4711));
}

static void test_failures(void **state)
{
	check_error(*state, "none", -ENOENT);
	check_error(*state, "again", -EAGAIN);
	check_error(*state, "memory", -ENOMEM);
}

/* However many ask, one looks up. */
static void test_one_look_up_for_many(void **state)
{
	struct fixture *f = *state;

	pthread_mutex_lock(&gate);
	for (size_t i = 0; i < 8; i++)
		ask(f, i, "hang");
	pthread_mutex_unlock(&gate);
	for (size_t i = 0; i < 8; i++) {
		wait_for(f, i);
		assert_int_equal(f->answers[i].error, 0);
	}
	assert_int_equal(atomic_load(&lookups), 1);
	ask(f, 0, "hang");
	wait_for(f, 0);
	assert_int_equal(atomic_load(&lookups), 2); /* nothing is kept */
}

/* Two names come at once while one thread is idle. */
static void check_hanging(struct fixture *f)
{
	ask(f, 0, "127.0.0.1");
	wait_for(f, 0);
	pthread_mutex_lock(&gate);
	ask(f, 0, "hang");
	ask(f, 1, "127.0.0.1");
	wait_for(f, 1);
	assert_int_equal(f->answers[0].calls, 0);
	pthread_mutex_unlock(&gate);
	wait_for(f, 0);
}

/* A name that hangs keeps no other waiting. */
static void test_a_name_that_hangs(void **unused)
{
	void *f;

	(void)unused;
	for (unsigned round = 0; round < 100; round++) {
		assert_int_equal(setup(&f), 0);
		check_hanging(f);
		assert_int_equal(teardown(&f), 0);
	}
}

static void test_cancelled_before_the_answer(void **state)
{
	struct fixture *f = *state;

	pthread_mutex_lock(&gate);
	ask(f, 0, "hang");
	ask(f, 1, "hang");
	resolve_cancel(&f->answers[0].query);
	assert_null(f->answers[0].query);
	resolve_cancel(&f->answers[0].query); /* takes null */
	pthread_mutex_unlock(&gate);
	wait_for(f, 1);
	assert_int_equal(f->answers[0].calls, 0);
}

/* Waits until a thread is in the middle of a look-up. */
static void wait_for_thread(void)
{
	uint64_t begun_us = clock_now_us();

	while (atomic_load(&lookups) == 0)
		assert_true(clock_now_us() - begun_us < LOOP_PATIENCE_US);
}

/* The first answer cancels the second question, answered likewise. */
static struct fixture *cancelling;

static void on_answer_cancel(void *arg, int error,
			     const struct sockaddr_any *addresses, size_t count)
{
	on_answer(arg, error, addresses, count);
	resolve_cancel(&cancelling->answers[1].query);
}

static void test_cancelled_in_a_callback(void **state)
{
	struct fixture *f = *state;

	cancelling = f;
	pthread_mutex_lock(&gate);
	assert_int_equal(resolve_start(f->client, "hang", 1, on_answer_cancel,
				       &f->answers[0], &f->answers[0].query),
			 0);
	ask(f, 1, "hang");
	pthread_mutex_unlock(&gate);
	wait_for(f, 0);
	loop_step(&f->loop);
	assert_int_equal(f->answers[1].calls, 0);
}

static void test_client_freed_with_open_questions(void **state)
{
	struct fixture *f = *state;

	pthread_mutex_lock(&gate);
	ask(f, 0, "hang");
	ask(f, 1, "hang2");
	ask(f, 2, "localhost");
	wait_for_thread();
	resolve_client_free(&f->client);
	pthread_mutex_unlock(&gate);
	loop_step(&f->loop);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(f->answers[i].calls, 0);
}

/* A thread in the middle of a look-up frees what it holds at its end. */
static void test_resolver_freed_while_looking(void **state)
{
	struct fixture *f = *state;

	pthread_mutex_lock(&gate);
	ask(f, 0, "hang");
	wait_for_thread();
	resolve_client_free(&f->client);
	resolver_free(&f->resolver);
	pthread_mutex_unlock(&gate);
}

static void test_clients_of_two_loops(void **state)
{
	struct fixture *f = *state;
	struct resolve_client *other;
	struct answer answer = { .calls = 0 };
	struct loop loop;

	loop_begin(&loop);
	assert_int_equal(resolve_client_new(f->resolver, loop.base, &other), 0);
	pthread_mutex_lock(&gate);
	ask(f, 0, "hang");
	assert_int_equal(resolve_start(other, "hang", 1, on_answer, &answer,
				       &answer.query),
			 0);
	pthread_mutex_unlock(&gate);
	LOOP_UNTIL(&loop, answer.calls);
	assert_int_equal(f->answers[0].calls, 0);
	wait_for(f, 0);
	resolve_client_free(&other);
	loop_end(&loop);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_localhost),
		TEST(test_failures),
		TEST(test_one_look_up_for_many),
		cmocka_unit_test(test_a_name_that_hangs),
		TEST(test_cancelled_before_the_answer),
		TEST(test_cancelled_in_a_callback),
		TEST(test_client_freed_with_open_questions),
		TEST(test_resolver_freed_while_looking),
		TEST(test_clients_of_two_loops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
