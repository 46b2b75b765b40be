/* SPDX-License-Identifier: MIT */
/* Ticket keys: good for any connection, renewed, and gone in time. */

#include "tls_fixture.h"

static int setup(void **state)
{
	struct tls_fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	loop_begin(&f->loop);
	tls_fixture_load(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct tls_fixture *f = *state;

	tls_fixture_unload(f);
	loop_end(&f->loop);
	free(f);
	return 0;
}

/* A connection with `session` or null: whether it was resumed, its ticket. */
static bool connect_with(struct tls_fixture *f, SSL_SESSION *session,
			 SSL_SESSION **ret_session)
{
	struct stream_tls_facts facts;
	char data[1];

	tls_fixture_open(f, 0);
	if (session)
		assert_true(SSL_set_session(f->client, session));
	assert_int_equal(stream_tls_begin(&f->stream, tls_fixture_context(f)),
			 0);
	assert_int_equal(tls_fixture_shake(f), 0);
	stream_tls_describe(&f->stream, &facts);
	/* A client of TLS 1.3 sees its ticket with the first bytes. */
	assert_int_equal(stream_write(&f->stream, "x", 1), 1);
	assert_int_equal(SSL_read(f->client, data, 1), 1);
	*ret_session = SSL_get1_session(f->client);
	/* A session that was cut short would not be resumed. */
	SSL_shutdown(f->client);
	tls_fixture_close(f);
	return facts.is_resumed;
}

static void test_resumption(void **state)
{
	struct tls_fixture *f = *state;
	SSL_SESSION *first;
	SSL_SESSION *second;

	assert_false(connect_with(f, NULL, &first));
	assert_true(connect_with(f, first, &second));
	SSL_SESSION_free(first);
	SSL_SESSION_free(second);
}

/* By the key before the present one too, but by none before that. */
static void test_rotation(void **state)
{
	struct tls_fixture *f = *state;
	SSL_SESSION *first;
	SSL_SESSION *second;
	SSL_SESSION *third;

	assert_false(connect_with(f, NULL, &first));
	tls_tickets_age(f->shared->tickets, TLS_TICKETS_LIFE_S);
	assert_true(connect_with(f, first, &second));
	tls_tickets_age(f->shared->tickets, TLS_TICKETS_LIFE_S);
	assert_false(connect_with(f, first, &third));
	SSL_SESSION_free(third);
	assert_true(connect_with(f, second, &third));
	SSL_SESSION_free(first);
	SSL_SESSION_free(second);
	SSL_SESSION_free(third);
}

/* Keys that nobody used for long are not taken up again. */
static void test_long_silence(void **state)
{
	struct tls_fixture *f = *state;
	SSL_SESSION *first;
	SSL_SESSION *second;

	assert_false(connect_with(f, NULL, &first));
	tls_tickets_age(f->shared->tickets, 2 * TLS_TICKETS_LIFE_S);
	assert_false(connect_with(f, first, &second));
	SSL_SESSION_free(first);
	SSL_SESSION_free(second);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_resumption),
		TEST(test_rotation),
		TEST(test_long_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
