/* SPDX-License-Identifier: MIT */
/* Connecting: servers in turn, full queues, silence, names, giving up. */

#include "loop_fixture.h"

#include <sys/resource.h>

#include "net/dial.h"
#include "net/resolve.h"

#define SERVERS_MAX 3

struct fixture {
	struct loop loop;
	struct resolver *resolver;
	struct dial_context context;
	struct config_server servers[SERVERS_MAX];
	struct config_backend backend;
	struct dial *dial;
	struct dial_result result;
	unsigned calls; /* of the callback */
	struct dial_attempt tried[SERVERS_MAX];
	size_t tried_count;
};

static void on_tried(void *arg, const struct dial_attempt *attempt)
{
	struct fixture *f = arg;

	assert_true(f->tried_count < SERVERS_MAX);
	assert_ptr_equal(attempt->backend, &f->backend);
	f->tried[f->tried_count++] = *attempt;
}

/* What was told of the next server in turn. */
static void check_tried(const struct fixture *f, size_t server, int error)
{
	assert_true(server < f->tried_count);
	assert_ptr_equal(f->tried[server].server, &f->servers[server]);
	assert_int_equal(f->tried[server].error, error);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	loop_begin(&f->loop);
	f->context.base = f->loop.base;
	f->context.tried = on_tried;
	f->context.arg = f;
	assert_int_equal(resolver_new(&f->resolver), 0);
	assert_int_equal(resolve_client_new(f->resolver, f->loop.base,
					    &f->context.resolver),
			 0);
	f->backend.servers = f->servers;
	f->result.fd = -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->result.fd >= 0)
		close(f->result.fd);
	resolve_client_free(&f->context.resolver);
	resolver_free(&f->resolver);
	loop_end(&f->loop);
	free(f);
	return 0;
}

static void add_server(struct fixture *f, const char *text)
{
	struct config_server *server = &f->servers[f->backend.server_count++];

	assert_int_equal(address_parse(slice_of(text), &server->address), 0);
}

static void on_dialed(void *arg, const struct dial_result *result)
{
	struct fixture *f = arg;

	f->result = *result;
	f->dial = NULL;
	f->calls++;
}

static enum dial_progress start(struct fixture *f, uint32_t timeout_ms)
{
	const struct dial_options options = { .context = &f->context,
					      .backend = &f->backend,
					      .timeout_ms = timeout_ms,
					      .datagram_max = 300000,
					      .callback = on_dialed,
					      .arg = f };

	f->tried_count = 0;
	return dial_start(&options, &f->dial, &f->result);
}

/* Dials until there is a result, whenever that is. */
static int dial(struct fixture *f, uint32_t timeout_ms)
{
	if (start(f, timeout_ms) == DIAL_WAITS)
		LOOP_UNTIL(&f->loop, f->calls);
	return f->result.error;
}

/* A port nobody listens on: one that was the kernel's choice a moment ago. */
static void add_closed_port(struct fixture *f)
{
	char text[ADDRESS_TEXT_MAX];

	close(loop_listen("127.0.0.1:0", 1, text));
	add_server(f, text);
}

static void check_connected(struct fixture *f, int listener, size_t server)
{
	int fd;

	assert_int_equal(f->result.error, 0);
	assert_ptr_equal(f->result.server, &f->servers[server]);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(send(f->result.fd, "x", 1, 0), 1);
	close(fd);
}

static void check_listener(struct fixture *f, const char *where)
{
	char text[ADDRESS_TEXT_MAX];
	int listener = loop_listen(where, 4, text);

	add_server(f, text);
	assert_int_equal(dial(f, 5000), 0);
	check_connected(f, listener, 0);
	close(listener);
}

static void test_ipv4(void **state)
{
	check_listener(*state, "127.0.0.1:0");
}

static void test_abstract(void **state)
{
	check_listener(*state, "unix:@wsr-test-dial");
}

/* The one that is of datagrams, and takes those it was dialled for. */
static void test_seqpacket(void **state)
{
	static const char datagram[300000];
	struct sockaddr_un name = { .sun_family = AF_UNIX,
				    .sun_path = "\0wsr-test-seqpacket" };
	struct fixture *f = *state;
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int fd;

	assert_int_equal(bind(listener, (struct sockaddr *)&name,
			      offsetof(struct sockaddr_un, sun_path) + 19),
			 0);
	assert_int_equal(listen(listener, 4), 0);
	add_server(f, "unix-seqpacket:@wsr-test-seqpacket");
	assert_int_equal(dial(f, 5000), 0);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(send(f->result.fd, datagram, sizeof(datagram), 0),
			 sizeof(datagram));
	assert_int_equal(recv(fd, NULL, 0, MSG_TRUNC), sizeof(datagram));
	close(fd);
	close(listener);
}

static void test_first_refuses_second_answers(void **state)
{
	struct fixture *f = *state;
	char text[ADDRESS_TEXT_MAX];
	int listener = loop_listen("127.0.0.1:0", 4, text);

	add_closed_port(f);
	add_server(f, "unix:@wsr-test-nobody");
	add_server(f, text);
	assert_int_equal(dial(f, 5000), 0);
	check_connected(f, listener, 2);
	assert_int_equal(f->tried_count, 3);
	check_tried(f, 0, -ECONNREFUSED);
	check_tried(f, 1, -ECONNREFUSED);
	check_tried(f, 2, 0);
	assert_true(f->tried[2].usec < 5000000);
	close(listener);
}

static void test_all_refuse(void **state)
{
	struct fixture *f = *state;

	add_closed_port(f);
	add_server(f, "unix:@wsr-test-nobody");
	assert_int_equal(dial(f, 5000), -ECONNREFUSED);
	assert_int_equal(f->result.fd, -1);
	assert_ptr_equal(f->result.server, &f->servers[1]);
	assert_int_equal(f->tried_count, 2);
	check_tried(f, 1, -ECONNREFUSED);
}

static void test_no_such_path(void **state)
{
	struct fixture *f = *state;

	add_server(f, "unix:/nonexistent/socket");
	assert_int_equal(dial(f, 5000), -ENOENT);
}

/* Connections that fill the queue of a listener with `backlog` 0. */
static void fill_queue(const char *text, int ret_fds[2])
{
	struct address address;

	assert_int_equal(address_parse(slice_of(text), &address), 0);
	for (int i = 0; i < 2; i++) {
		ret_fds[i] = socket(address.socket.sa.sa_family,
				    SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(ret_fds[i], &address.socket.sa,
			       address.socket.len);
	}
}

static void close_both(int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

/* A Unix socket has no queue to wait in: it is asked again. */
static void test_unix_queue_full_for_a_while(void **state)
{
	struct fixture *f = *state;
	char text[ADDRESS_TEXT_MAX];
	int listener = loop_listen("unix:@wsr-test-full", 0, text);
	int fds[2];
	int fd;

	fill_queue(text, fds);
	add_server(f, text);
	assert_int_equal(start(f, 15000), DIAL_WAITS);
	for (int i = 0; i < 20; i++)
		event_base_loop(f->loop.base, EVLOOP_ONCE);
	assert_int_equal(f->calls, 0);
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		close(fd);
	LOOP_UNTIL(&f->loop, f->calls);
	check_connected(f, listener, 0);
	close_both(fds);
	close(listener);
}

/* Elapsed time is near the time-out, and the next server is tried then. */
static void check_silence(struct fixture *f, const char *where)
{
	char silent[ADDRESS_TEXT_MAX];
	char text[ADDRESS_TEXT_MAX];
	int listener = loop_listen(where, 0, silent);
	int answers = loop_listen("127.0.0.1:0", 4, text);
	uint64_t begun_us = clock_now_us();
	int fds[2];

	fill_queue(silent, fds);
	add_server(f, silent);
	assert_int_equal(dial(f, 30), -ETIMEDOUT);
	assert_true(clock_now_us() - begun_us >= 20000);
	f->calls = 0;
	add_server(f, text);
	assert_int_equal(dial(f, 30), 0);
	check_connected(f, answers, 1);
	close_both(fds);
	close(answers);
	close(listener);
}

static void test_unix_queue_stays_full(void **state)
{
	check_silence(*state, "unix:@wsr-test-full");
}

static void test_tcp_never_answers(void **state)
{
	check_silence(*state, "127.0.0.1:0");
}

/* Timers may come a little early; what it is told is the same. */
static void test_silence_is_always_a_timeout(void **state)
{
	struct fixture *f = *state;
	char text[ADDRESS_TEXT_MAX];
	int listener = loop_listen("127.0.0.1:0", 0, text);
	int fds[2];

	fill_queue(text, fds);
	add_server(f, text);
	for (uint32_t i = 0; i < 40; i++) {
		f->calls = 0;
		assert_int_equal(dial(f, 5 + i % 7), -ETIMEDOUT);
	}
	close_both(fds);
	close(listener);
}

/* A time-out leaves hope, a refusal does not: that is what is told. */
static void test_timeout_outranks_refusal(void **state)
{
	struct fixture *f = *state;
	char text[ADDRESS_TEXT_MAX];
	int listener = loop_listen("127.0.0.1:0", 0, text);
	int fds[2];

	fill_queue(text, fds);
	add_server(f, text);
	add_closed_port(f);
	assert_int_equal(dial(f, 20), -ETIMEDOUT);
	/* Each server's own error is told, not the gravest of all. */
	check_tried(f, 0, -ETIMEDOUT);
	check_tried(f, 1, -ECONNREFUSED);
	assert_true(f->tried[0].usec >= 15000);
	close_both(fds);
	close(listener);
}

static void test_out_of_descriptors(void **state)
{
	struct fixture *f = *state;
	struct rlimit before;
	struct rlimit none;

	add_closed_port(f);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(dial(f, 1000), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void test_localhost(void **state)
{
	struct fixture *f = *state;
	char text[ADDRESS_TEXT_MAX];
	char name[64];
	int listener = loop_listen("127.0.0.1:0", 4, text);

	snprintf(name, sizeof(name), "localhost%s", strchr(text, ':'));
	add_server(f, name);
	assert_int_equal(start(f, 5000), DIAL_WAITS);
	LOOP_UNTIL(&f->loop, f->calls);
	check_connected(f, listener, 0);
	close(listener);
}

static void test_name_without_address(void **state)
{
	struct fixture *f = *state;

	add_server(f, "no-such-name.invalid:1");
	assert_int_not_equal(dial(f, 10000), 0);
	assert_int_equal(f->calls, 1);
	assert_int_equal(f->result.fd, -1);
}

static void check_cancel(struct fixture *f)
{
	assert_int_equal(start(f, 5000), DIAL_WAITS);
	dial_cancel(&f->dial);
	assert_null(f->dial);
	dial_cancel(&f->dial); /* takes null */
	loop_step(&f->loop);
	assert_int_equal(f->calls, 0);
}

static void test_cancel_while_resolving(void **state)
{
	struct fixture *f = *state;

	add_server(f, "localhost:1");
	check_cancel(f);
}

static void check_cancel_full(struct fixture *f, const char *where)
{
	char text[ADDRESS_TEXT_MAX];
	int listener = loop_listen(where, 0, text);
	int fds[2];

	fill_queue(text, fds);
	add_server(f, text);
	check_cancel(f);
	close_both(fds);
	close(listener);
}

static void test_cancel_while_connecting(void **state)
{
	check_cancel_full(*state, "127.0.0.1:0");
}

static void test_cancel_while_the_queue_is_full(void **state)
{
	check_cancel_full(*state, "unix:@wsr-test-full");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ipv4),
		TEST(test_abstract),
		TEST(test_seqpacket),
		TEST(test_first_refuses_second_answers),
		TEST(test_all_refuse),
		TEST(test_no_such_path),
		TEST(test_unix_queue_full_for_a_while),
		TEST(test_unix_queue_stays_full),
		TEST(test_tcp_never_answers),
		TEST(test_silence_is_always_a_timeout),
		TEST(test_timeout_outranks_refusal),
		TEST(test_out_of_descriptors),
		TEST(test_localhost),
		TEST(test_name_without_address),
		TEST(test_cancel_while_resolving),
		TEST(test_cancel_while_connecting),
		TEST(test_cancel_while_the_queue_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
