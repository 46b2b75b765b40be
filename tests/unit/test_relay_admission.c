/* SPDX-License-Identifier: MIT */
/* Counters by address and route: limits, rates, what is kept, threads. */

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "death.h"
#include "relay/admission.h"

#define SECOND 1000000ull
#define THREADS 4
#define ROUNDS 2000

/* Any moment but the first of all. */
#define NOW (1000 * SECOND)

static const struct admission_limits unlimited = { .sessions = 0 };

static int setup(void **state)
{
	*state = admission_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	struct admission *admission = *state;

	admission_free(&admission);
	admission_free(&admission); /* takes null */
	return admission ? -1 : 0;
}

static struct admission_key key4(const char *text)
{
	struct sockaddr_any peer = { .len = sizeof(peer.in) };
	struct admission_key key;

	peer.in.sin_family = AF_INET;
	peer.in.sin_port = htons(4711);
	assert_int_equal(inet_pton(AF_INET, text, &peer.in.sin_addr), 1);
	assert_true(admission_key_of_peer(&peer, &key));
	return key;
}

static struct admission_key key6(const char *text, uint16_t port)
{
	struct sockaddr_any peer = { .len = sizeof(peer.in6) };
	struct admission_key key;

	peer.in6.sin6_family = AF_INET6;
	peer.in6.sin6_port = htons(port);
	assert_int_equal(inet_pton(AF_INET6, text, &peer.in6.sin6_addr), 1);
	assert_true(admission_key_of_peer(&peer, &key));
	return key;
}

static bool same(struct admission_key a, struct admission_key b)
{
	return !memcmp(&a, &b, sizeof(a));
}

static void test_keys_of_peers(void **unused)
{
	struct sockaddr_any local = { .len = sizeof(sa_family_t) };
	struct admission_key key;

	(void)unused;
	assert_true(same(key6("2001:db8:1:2::1", 1),
			 key6("2001:db8:1:2:ffff:ffff:ffff:ffff", 2)));
	assert_false(
		same(key6("2001:db8:1:2::1", 1), key6("2001:db8:1:3::1", 1)));
	assert_true(same(key4("192.0.2.1"), key6("::ffff:192.0.2.1", 1)));
	assert_false(same(key4("192.0.2.1"), key4("192.0.2.2")));
	/* "::192.0.2.1" is not mapped, and 4 and 6 stay apart. */
	assert_false(same(key4("192.0.2.1"), key6("::192.0.2.1", 1)));
	assert_false(same(key4("32.1.13.184"), key6("2001:db8::", 1)));
	local.sa.sa_family = AF_UNIX;
	assert_false(admission_key_of_peer(&local, &key));
}

static void test_keys_of_routes(void **unused)
{
	(void)unused;
	assert_true(same(admission_key_of_route("vnc"),
			 admission_key_of_route("vnc")));
	assert_false(same(admission_key_of_route("vnc"),
			  admission_key_of_route("vnd")));
	assert_false(
		same(admission_key_of_route(""), admission_key_of_route("v")));
}

static void test_sessions_are_limited(void **state)
{
	struct admission *a = *state;
	const struct admission_limits two = { .sessions = 2 };
	struct admission_key key = key4("192.0.2.1");
	struct admission_key other = key4("192.0.2.2");

	assert_int_equal(admission_enter(a, &key, &two, NOW),
			 ADMISSION_GRANTED);
	assert_int_equal(admission_enter(a, &key, &two, NOW),
			 ADMISSION_GRANTED);
	assert_int_equal(admission_enter(a, &key, &two, NOW + SECOND),
			 ADMISSION_SESSIONS);
	assert_int_equal(admission_enter(a, &other, &two, NOW),
			 ADMISSION_GRANTED);
	admission_leave(a, &key);
	assert_int_equal(admission_enter(a, &key, &two, NOW),
			 ADMISSION_GRANTED);
	assert_int_equal(admission_enter(a, &key, &unlimited, NOW),
			 ADMISSION_GRANTED);
	for (int i = 0; i < 3; i++)
		admission_leave(a, &key);
	admission_leave(a, &other);
	assert_int_equal(admission_key_count(a), 0);
}

static enum admission_verdict at(struct admission *a, uint32_t per_second,
				 uint64_t now_us)
{
	const struct admission_limits limits = { .per_second = per_second };
	struct admission_key key = key4("192.0.2.1");
	enum admission_verdict verdict =
		admission_enter(a, &key, &limits, now_us);

	if (verdict == ADMISSION_GRANTED)
		admission_leave(a, &key);
	return verdict;
}

/* As many as a second's worth at once, then one each time one is due. */
static void test_rate_is_a_bucket(void **state)
{
	struct admission *a = *state;
	const uint32_t rate = 5;
	const uint64_t token = SECOND / rate;

	for (uint32_t i = 0; i < rate; i++)
		assert_int_equal(at(a, rate, NOW), ADMISSION_GRANTED);
	assert_int_equal(at(a, rate, NOW), ADMISSION_RATE);
	assert_int_equal(at(a, rate, NOW + token - 1), ADMISSION_RATE);
	for (uint64_t i = 1; i <= 20; i++) {
		assert_int_equal(at(a, rate, NOW + i * token),
				 ADMISSION_GRANTED);
		assert_int_equal(at(a, rate, NOW + i * token), ADMISSION_RATE);
	}
}

static void test_rate_recovers(void **state)
{
	struct admission *a = *state;
	const uint64_t later = NOW + 100 * SECOND;

	while (at(a, 3, NOW) == ADMISSION_GRANTED)
		;
	for (int i = 0; i < 3; i++)
		assert_int_equal(at(a, 3, later), ADMISSION_GRANTED);
	assert_int_equal(at(a, 3, later), ADMISSION_RATE);
}

static void test_one_a_second(void **state)
{
	struct admission *a = *state;

	assert_int_equal(at(a, 1, NOW), ADMISSION_GRANTED);
	assert_int_equal(at(a, 1, NOW + SECOND - 1), ADMISSION_RATE);
	assert_int_equal(at(a, 1, NOW + SECOND), ADMISSION_GRANTED);
}

/* What is refused takes no place, in neither count. */
static void test_refused_are_not_counted(void **state)
{
	struct admission *a = *state;
	const struct admission_limits both = { .sessions = 1, .per_second = 2 };
	struct admission_key key = key4("192.0.2.1");

	assert_int_equal(admission_enter(a, &key, &both, NOW),
			 ADMISSION_GRANTED);
	for (int i = 0; i < 5; i++)
		assert_int_equal(admission_enter(a, &key, &both, NOW),
				 ADMISSION_SESSIONS);
	admission_leave(a, &key);
	assert_int_equal(admission_enter(a, &key, &both, NOW),
			 ADMISSION_GRANTED);
	admission_leave(a, &key);
	assert_int_equal(admission_enter(a, &key, &both, NOW), ADMISSION_RATE);
	assert_int_equal(admission_enter(a, &key, &unlimited, NOW),
			 ADMISSION_GRANTED);
	admission_leave(a, &key);
}

/* 20,000 addresses that came once leave no more than the last moments'. */
static void test_addresses_are_forgotten(void **state)
{
	struct admission *a = *state;
	const struct admission_limits rate = { .per_second = 10 };
	uint64_t now_us = NOW;

	for (uint32_t i = 0; i < 20000; i++) {
		struct admission_key key = { .bytes = { 4, (uint8_t)(i >> 16),
							(uint8_t)(i >> 8),
							(uint8_t)i } };

		assert_int_equal(admission_enter(a, &key, &rate, now_us),
				 ADMISSION_GRANTED);
		admission_leave(a, &key);
		now_us += 10 * SECOND;
	}
	/* The last of each chain waits until somebody walks it: 16 * 256. */
	assert_true(admission_key_count(a) <= 4096);
}

static void test_sessions_are_never_forgotten(void **state)
{
	struct admission *a = *state;
	const struct admission_limits one = { .sessions = 1, .per_second = 1 };
	struct admission_key key = key4("192.0.2.1");

	assert_int_equal(admission_enter(a, &key, &one, NOW),
			 ADMISSION_GRANTED);
	for (uint32_t i = 0; i < 20000; i++) {
		struct admission_key other = { .bytes = { 9, (uint8_t)(i >> 8),
							  (uint8_t)i } };

		assert_int_equal(admission_enter(a, &other, &unlimited,
						 NOW + 1000 * SECOND),
				 ADMISSION_GRANTED);
		admission_leave(a, &other);
	}
	assert_int_equal(admission_enter(a, &key, &one, NOW + 2000 * SECOND),
			 ADMISSION_SESSIONS);
	admission_leave(a, &key);
}

struct crowd {
	struct admission *admission;
	struct admission_key key;
	unsigned granted;
};

/* Sessions come and go; a limit of THREADS - 1 is met now and then. */
static void *come_and_go(void *arg)
{
	const struct admission_limits limits = { .sessions = THREADS - 1 };
	struct crowd *crowd = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		if (admission_enter(crowd->admission, &crowd->key, &limits,
				    NOW) != ADMISSION_GRANTED)
			continue;
		crowd->granted++;
		admission_leave(crowd->admission, &crowd->key);
	}
	return NULL;
}

static void test_threads_share_it(void **state)
{
	struct crowd crowds[THREADS];
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++) {
		crowds[i] = (struct crowd){ .admission = *state,
					    .key = key4("192.0.2.1") };
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go,
						&crowds[i]),
				 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(crowds[i].granted > 0);
	}
	assert_int_equal(admission_key_count(*state), 0);
}

static struct admission *unbalanced;

static void leave_unknown(void)
{
	struct admission_key key = { .bytes = { 1 } };

	admission_leave(unbalanced, &key);
}

static void test_leaving_without_entering(void **state)
{
	unbalanced = *state;
	assert_true(aborts(leave_unknown));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_of_peers),
		cmocka_unit_test(test_keys_of_routes),
		TEST(test_sessions_are_limited),
		TEST(test_rate_is_a_bucket),
		TEST(test_rate_recovers),
		TEST(test_one_a_second),
		TEST(test_refused_are_not_counted),
		TEST(test_addresses_are_forgotten),
		TEST(test_sessions_are_never_forgotten),
		TEST(test_threads_share_it),
		TEST(test_leaving_without_entering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
