/* SPDX-License-Identifier: MIT */
/* Out of memory at every allocation of a session's life: one session ends. */

#include "session_fixture.h"

/* The linker puts these in front of the C library's (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static long left = -1;    /* allocations until one fails; -1: none does */
static bool is_in_relay;  /* those of the test itself never fail */
static unsigned failures; /* since it was armed */

/* One fails, those behind it do not: memory came back. */
static bool fails(void)
{
	if (!is_in_relay || left < 0)
		return false;
	if (left-- > 0)
		return false;
	failures++;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}

/* Libevent's own, which the linker does not see. */
static void *event_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

static void *event_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}

static void turn(struct fixture *f)
{
	is_in_relay = true;
	event_base_loop(f->base, EVLOOP_ONCE);
	is_in_relay = false;
}

static bool is_over(struct fixture *f)
{
	return f->gone == f->accepted;
}

/* Everything the client says, as far as there is one that listens. */
static void say(struct fixture *f, const void *data, size_t len)
{
	(void)!send(f->client, data, len, MSG_NOSIGNAL);
}

static void take(struct fixture *f)
{
	char data[4096];

	if (f->target < 0)
		(void)fixture_accepts(f);
	while (f->target >= 0 && recv(f->target, data, sizeof(data), 0) > 0)
		;
	while (fixture_read(f))
		;
}

/* Runs the loop a while, or until the connection is gone. */
static void run(struct fixture *f, unsigned turns)
{
	for (unsigned i = 0; i < turns && !is_over(f); i++)
		turn(f);
}

/* More than the sockets hold, so that both ends owe bytes. */
static void say_much(struct fixture *f)
{
	static const uint8_t payload[60000];
	static uint8_t frame[sizeof(payload) + WS_CLIENT_OVERHEAD];
	size_t len =
		ws_client_frame(frame, WS_BINARY, payload, sizeof(payload));

	for (int i = 0; i < 12; i++) {
		say(f, frame, len);
		if (f->target >= 0)
			(void)!send(f->target, payload, sizeof(payload),
				    MSG_NOSIGNAL);
		run(f, 2);
	}
}

static void accept_client(struct fixture *f)
{
	is_in_relay = true;
	fixture_connect(f, CAUSE_NONE);
	is_in_relay = false;
}

/* The request comes in pieces, so that it has to be kept. */
static void ask(struct fixture *f)
{
	uint8_t frame[32];

	say(f, FIXTURE_REQUEST, 20);
	run(f, 3);
	say(f, &FIXTURE_REQUEST[20], strlen(FIXTURE_REQUEST) - 20);
	say(f, frame, ws_client_frame(frame, WS_BINARY, "early", 5));
	for (int i = 0; i < 5 && f->target < 0; i++) {
		run(f, 1);
		(void)fixture_accepts(f);
	}
}

static void close_both(struct fixture *f)
{
	fixture_hang_up(&f->target);
	for (int i = 0; i < 5; i++) {
		take(f);
		run(f, 2);
	}
	fixture_hang_up(&f->client);
	WAIT_FOR(f, is_over(f));
}

/* Accept, handshake, relay, close. */
static void live(struct fixture *f)
{
	uint8_t frame[32];

	accept_client(f);
	ask(f);
	say_much(f);
	take(f);
	run(f, 2);
	say(f, frame, ws_client_frame(frame, WS_PING, "p", 1));
	say(f, frame, ws_client_close(frame, 1000));
	run(f, 3);
	close_both(f);
}

/* With the n-th allocation failing; whether there was one. */
static bool live_with_failure(long n)
{
	struct fixture f;

	fixture_begin(&f, "", "");
	left = n;
	failures = 0;
	live(&f);
	left = -1;
	assert_int_equal(f.gone, 1);
	/* The next one lives. */
	live(&f);
	assert_int_equal(f.gone, 2);
	fixture_end(&f);
	return failures > 0;
}

static void test_every_allocation(void **unused)
{
	long n = 0;

	(void)unused;
	while (live_with_failure(n))
		n++;
	/* Session, handshake, request, target, frames both ways at least. */
	assert_true(n >= 5);
	print_message("%ld allocations\n", n);
}

/* A configuration is taken whole or not at all. */
static void test_configuring(void **unused)
{
	struct config *larger;
	struct fixture f;
	int error = -ENOMEM;
	long n = 0;

	(void)unused;
	fixture_begin(&f, "", "");
	larger = fixture_parse(&f, "limits = { buffer = \"1M\"; };",
			       "limits = { request_line = \"64K\"; };");
	for (; error; n++) {
		left = n;
		is_in_relay = true;
		error = relay_configure(&f.relay, larger);
		is_in_relay = false;
		if (error)
			assert_ptr_equal(f.relay.config, f.config);
	}
	left = -1;
	assert_int_equal(n, 3);
	assert_ptr_equal(f.relay.config, larger);
	fixture_end(&f);
	config_unref(&larger);
}

/* A connection that cannot be served is told gone and gives all back. */
static void test_accepting(void **unused)
{
	struct sockaddr_any peer = { .len = sizeof(struct sockaddr_in) };
	const struct admission_limits none = { .sessions = 0 };
	struct admission_key key;
	struct fixture f;
	int pair[2];

	(void)unused;
	fixture_begin(&f, "", "");
	peer.in.sin_family = AF_INET;
	assert_true(admission_key_of_peer(&peer, &key));
	for (long n = 0; n < 2; n++) {
		struct relay_connection connection = {
			.peer = peer,
			.config = config_ref(f.config),
			.listener = &f.config->listeners[0],
			.is_counted = true,
		};

		assert_int_equal(admission_enter(f.admission, &key, &none, 1),
				 ADMISSION_GRANTED);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		connection.fd = pair[0];
		f.accepted++;
		left = n;
		is_in_relay = true;
		relay_accept(&f.relay, &connection);
		is_in_relay = false;
		left = -1;
		assert_int_equal(f.gone, f.accepted);
		assert_int_equal(recv(pair[1], &peer, 1, 0), 0);
		close(pair[1]);
		peer = connection.peer;
	}
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation),
		cmocka_unit_test(test_configuring),
		cmocka_unit_test(test_accepting),
	};

	event_set_mem_functions(event_malloc, event_realloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
