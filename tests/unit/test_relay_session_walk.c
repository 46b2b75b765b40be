/* SPDX-License-Identifier: MIT */
/* Walks over the sessions of a worker, some of which end meanwhile. */

#include "session_fixture.h"

#include <stdlib.h>
#include <sys/resource.h>

#define MANY 1000
#define BATCHES ((MANY + SESSION_BATCH_MAX) / SESSION_BATCH_MAX)

/* The linker puts this in front of the C library's (--wrap). */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static bool is_memory_out;

void *__wrap_malloc(size_t size)
{
	return is_memory_out ? NULL : __real_malloc(size);
}

/* What has been listed, in order. */
static struct listed {
	uint64_t ids[2 * MANY];
	uint64_t tickets[2 * MANY]; /* of each session */
	size_t count;
	size_t batches;
	size_t answers; /* to the end */
	struct session_info last;
} listed;

static int clients[MANY];
static size_t client_count;

static void on_listed(void *arg, struct session_batch *batch)
{
	(void)arg;
	assert_int_equal(batch->worker, 3);
	for (size_t i = 0; i < batch->count; i++) {
		listed.last = batch->at[i];
		listed.ids[listed.count] = batch->at[i].id;
		listed.tickets[listed.count++] = batch->ticket;
	}
	listed.batches++;
	listed.answers += batch->is_last;
	session_batch_free(&batch);
}

static void begin(struct fixture *f, size_t count)
{
	fixture_begin(f, "", "");
	f->relay.options.hooks.listed = on_listed;
	listed = (struct listed){ .count = 0 };
	for (client_count = 0; client_count < count; client_count++) {
		fixture_connect(f, CAUSE_NONE);
		clients[client_count] = f->client;
		f->client = -1;
	}
}

static void end(struct fixture *f)
{
	while (client_count > 0)
		close(clients[--client_count]);
	fixture_end(f);
}

static void ask(struct fixture *f, uint64_t ticket)
{
	struct session_query query = { .ticket = ticket };

	session_walk_ask(&f->relay.walk, &query);
}

static struct session *session_number(struct fixture *f, uint64_t id)
{
	list_each(&f->relay.sessions, node, after) {
		struct session *s = list_entry(node, struct session, link);

		if (s->id == id)
			return s;
	}
	return NULL;
}

static void end_session(struct fixture *f, uint64_t id)
{
	session_abort(session_number(f, id), CAUSE_CLIENT_RESET);
}

static void test_none(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 0);
	ask(&f, 1);
	WAIT_FOR(&f, listed.answers == 1);
	assert_int_equal(listed.count, 0);
	assert_int_equal(listed.batches, 1);
	end(&f);
}

/* In order, and no more than a piece a turn. */
static void test_many(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, MANY);
	ask(&f, 1);
	while (!listed.answers) {
		size_t before = listed.batches;

		event_base_loop(f.base, EVLOOP_ONCE);
		assert_true(listed.batches <= before + 1);
	}
	assert_int_equal(listed.batches, BATCHES);
	assert_int_equal(listed.count, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(listed.ids[i], i + 1);
	end(&f);
}

/* The next of the walk, its neighbours, and one that was seen already. */
static void test_sessions_end_under_it(void **state)
{
	static const uint64_t gone[] = { 129, 130, 131, 5, 128, 200, MANY };
	struct fixture f;

	(void)state;
	begin(&f, MANY);
	ask(&f, 1);
	WAIT_FOR(&f, listed.batches == 1);
	for (size_t i = 0; i < sizeof(gone) / sizeof(*gone); i++)
		end_session(&f, gone[i]);
	WAIT_FOR(&f, listed.answers == 1);
	assert_int_equal(listed.count, MANY - 5);
	assert_int_equal(listed.ids[128], 132);
	end(&f);
}

static void test_all_end_under_it(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, MANY);
	ask(&f, 1);
	WAIT_FOR(&f, listed.batches == 1);
	relay_abort_all(&f.relay);
	WAIT_FOR(&f, listed.answers == 1);
	assert_int_equal(listed.count, SESSION_BATCH_MAX);
	end(&f);
}

static void test_sessions_come_under_it(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, MANY - 1);
	ask(&f, 1);
	WAIT_FOR(&f, listed.batches == 1);
	fixture_connect(&f, CAUSE_NONE);
	WAIT_FOR(&f, listed.answers == 1);
	assert_int_equal(listed.count, MANY - 1);
	end(&f);
}

/* One after the other, each whole. */
static void test_queue(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 300);
	for (uint64_t ticket = 1; ticket <= 3; ticket++)
		ask(&f, ticket);
	WAIT_FOR(&f, listed.batches == 1);
	end_session(&f, 129);
	WAIT_FOR(&f, listed.answers == 3);
	assert_int_equal(listed.count, 3 * 299);
	for (size_t i = 0; i < listed.count; i++)
		assert_int_equal(listed.tickets[i], 1 + i / 299);
	end(&f);
}

static void test_one(void **state)
{
	struct session_query query = { .ticket = 9, .only_id = 250 };
	struct fixture f;

	(void)state;
	begin(&f, 300);
	session_walk_ask(&f.relay.walk, &query);
	WAIT_FOR(&f, listed.answers == 1);
	assert_int_equal(listed.count, 1);
	assert_int_equal(listed.ids[0], 250);
	query.only_id = 301;
	session_walk_ask(&f.relay.walk, &query);
	WAIT_FOR(&f, listed.answers == 2);
	assert_int_equal(listed.count, 1);
	end(&f);
}

static void test_figures(void **state)
{
	struct session_query query = { .only_id = 1 };
	struct fixture f;

	(void)state;
	begin(&f, 0);
	fixture_open(&f);
	fixture_frame(&f, WS_BINARY, "12345", 5);
	fixture_target_gets(&f, "12345", 5);
	fixture_write(f.target, "123", 3);
	fixture_skip(&f, fixture_next(&f).size);
	session_walk_ask(&f.relay.walk, &query);
	WAIT_FOR(&f, listed.answers == 1);
	assert_int_equal(listed.last.bytes_up, 5);
	assert_int_equal(listed.last.bytes_down, 3);
	assert_int_equal(listed.last.messages_up, 1);
	assert_int_equal(listed.last.messages_down, 1);
	assert_int_equal(listed.last.owed_up, 0);
	assert_string_equal(listed.last.state, "open");
	assert_null(listed.last.cause);
	assert_string_equal(listed.last.client, "unix:");
	end(&f);
}

static void test_kill(void **state)
{
	struct session_query query = { .only_id = 1, .does_kill = true };
	struct fixture f;

	(void)state;
	begin(&f, 0);
	fixture_open(&f);
	session_walk_ask(&f.relay.walk, &query);
	WAIT_FOR(&f, listed.answers == 1);
	assert_int_equal(listed.count, 1);
	assert_int_equal(fixture_next_close(&f), 1008);
	fixture_close_frame(&f, 1008);
	fixture_target_gets_end(&f);
	fixture_hang_up(&f.target);
	fixture_wait_gone(&f);
	assert_string_equal(told.record.cause, "killed");
	end(&f);
}

/* Refused connections are no sessions. */
static void test_refused(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 2);
	fixture_connect(&f, CAUSE_MAX_SESSIONS);
	ask(&f, 1);
	WAIT_FOR(&f, listed.answers == 1);
	assert_int_equal(listed.count, 2);
	end(&f);
}

/* The question is lost, those behind it and the relay are not. */
static void test_no_memory(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 300);
	ask(&f, 1);
	is_memory_out = true;
	ask(&f, 2);
	event_base_loop(f.base, EVLOOP_ONCE);
	fixture_step(&f);
	is_memory_out = false;
	ask(&f, 3);
	WAIT_FOR(&f, listed.answers == 1);
	assert_int_equal(listed.count, 300);
	assert_int_equal(listed.tickets[0], 3);
	end(&f);
}

static void test_ends_with_its_relay(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 300);
	ask(&f, 1);
	ask(&f, 2);
	WAIT_FOR(&f, listed.batches == 1);
	end(&f);
	assert_int_equal(listed.answers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_sessions_end_under_it),
		cmocka_unit_test(test_all_end_under_it),
		cmocka_unit_test(test_sessions_come_under_it),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_ends_with_its_relay),
	};
	struct rlimit files;

	/* Two descriptors a session. */
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
