/* SPDX-License-Identifier: MIT */
/* Requests that become no session: status, text, cause and reason. */

#include "session_fixture.h"

#include <sys/resource.h>

#define GET "GET /t HTTP/1.1\r\n"
#define HOST "Host: h\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define KEY "Sec-WebSocket-Key: " FIXTURE_KEY "\r\n"

static bool starts_with(struct fixture *f, const char *text)
{
	return !strncmp((const char *)f->in, text, strlen(text));
}

/* The whole answer to a refusal: its status, its text, then the end. */
static void check_refusal(struct fixture *f, enum relay_cause cause)
{
	const struct cause_info *info = cause_info(cause);
	char line[64];
	size_t len;

	WAIT_FOR(f, fixture_has_eof(f));
	snprintf(line, sizeof(line), "HTTP/1.1 %u ", info->status);
	f->in[f->in_len] = 0;
	assert_true(starts_with(f, line));
	assert_non_null(strstr((char *)f->in, "\r\nConnection: "));
	assert_non_null(strstr((char *)f->in, "close\r\n"));
	len = strlen(info->text);
	assert_true(f->in_len > len + 1);
	assert_memory_equal(f->in + f->in_len - len - 1, info->text, len);
	fixture_hang_up(&f->client);
	fixture_wait_gone(f);
	assert_string_equal(told.record.cause, info->label);
	assert_int_equal(told.status, info->status);
	assert_int_equal(told.opened, 0);
}

struct refusal {
	const char *request;
	enum relay_cause cause;
	const char *reason; /* a part of it, or null */
};

static const struct refusal refusals[] = {
	{ "GET /t HTTP/1.1\n\n", CAUSE_BAD_REQUEST, "" },
	{ GET HOST HOST "\r\n", CAUSE_BAD_REQUEST, "" },
	{ "GET /%zz HTTP/1.1\r\n" HOST UPGRADE VERSION KEY "\r\n",
	  CAUSE_BAD_REQUEST, "bad path" },
	{ GET HOST UPGRADE VERSION "Sec-WebSocket-Key: short\r\n\r\n",
	  CAUSE_BAD_REQUEST, "" },
	{ GET HOST "Content-Length: 1\r\n" UPGRADE VERSION KEY "\r\n",
	  CAUSE_BAD_REQUEST, "" },
	{ FIXTURE_HEAD("Sec-WebSocket-Protocol: a b\r\n\r\n"),
	  CAUSE_BAD_REQUEST, "bad Sec-WebSocket-Protocol" },
	{ FIXTURE_HEAD("Origin: http://evil.example\r\n\r\n"), CAUSE_ORIGIN,
	  NULL },
	{ "GET /nowhere HTTP/1.1\r\n" HOST UPGRADE VERSION KEY "\r\n",
	  CAUSE_NO_ROUTE, NULL },
	{ "POST /t HTTP/1.1\r\n" HOST UPGRADE VERSION KEY "\r\n", CAUSE_METHOD,
	  "" },
	{ GET HOST "\r\n", CAUSE_NOT_WEBSOCKET, "" },
	{ GET HOST UPGRADE "Sec-WebSocket-Version: 12\r\n" KEY "\r\n",
	  CAUSE_WEBSOCKET_VERSION, "" },
	{ "GET /t HTTP/1.0\r\n" HOST "\r\n", CAUSE_HTTP_VERSION, "" },
	{ "GET /none HTTP/1.1\r\n" HOST UPGRADE VERSION KEY "\r\n",
	  CAUSE_TARGET_REFUSED, "refused" },
};

static void run_refusal(const struct refusal *refusal)
{
	struct fixture f;

	fixture_begin(&f, "", "");
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, refusal->request);
	check_refusal(&f, refusal->cause);
	assert_int_equal(told.refused, 1);
	if (refusal->reason) {
		assert_non_null(told.record.reason);
		assert_non_null(strstr(told.record.reason, refusal->reason));
	} else {
		assert_null(told.record.reason);
	}
	fixture_end(&f);
}

static void test_requests_that_are_refused(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		run_refusal(&refusals[i]);
}

/* The supervisor refuses a connection before its first byte is read. */
static void test_refused_at_once(void **unused)
{
	struct fixture f;

	(void)unused;
	for (enum relay_cause cause = CAUSE_NONE + 1; cause < CAUSE_COUNT;
	     cause++) {
		if (!cause_info(cause)->status)
			continue;
		fixture_begin(&f, "", "");
		fixture_connect(&f, cause);
		fixture_say(&f, FIXTURE_REQUEST);
		check_refusal(&f, cause);
		fixture_end(&f);
	}
}

/* Heads over the limits, one field or one line too long. */
static void check_too_long(const char *head, const char *fill, size_t count,
			   enum relay_cause cause)
{
	struct fixture f;

	fixture_begin(&f, "",
		      "limits = { request_line = 512; headers = 1024;"
		      "header_count = 8; };");
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, head);
	for (size_t i = 0; i < count; i++)
		fixture_say(&f, fill);
	check_refusal(&f, cause);
	fixture_end(&f);
}

static void test_too_long(void **unused)
{
	(void)unused;
	check_too_long("GET /", "aaaaaaaa", 100, CAUSE_REQUEST_LINE);
	check_too_long(GET "X: ", "aaaaaaaa", 200, CAUSE_HEADERS);
	check_too_long(GET, "X: y\r\n", 20, CAUSE_HEADERS);
}

static void test_request_takes_too_long(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "timeouts = { handshake = \"30ms\"; };");
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, GET);
	check_refusal(&f, CAUSE_HANDSHAKE_TIMEOUT);
	fixture_end(&f);
}

static void check_unanswered(const char *timeouts)
{
	struct fixture f;
	int fds[2];

	fixture_begin(&f, "", timeouts);
	fixture_fill_backlog(&f, fds, 2);
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, FIXTURE_REQUEST);
	check_refusal(&f, CAUSE_TARGET_TIMEOUT);
	close(fds[0]);
	close(fds[1]);
	fixture_end(&f);
}

static void test_target_does_not_answer(void **unused)
{
	(void)unused;
	check_unanswered("timeouts = { connect = \"30ms\"; };");
	check_unanswered("timeouts = { handshake = \"30ms\"; };");
}

static void test_no_descriptor_for_the_target(void **unused)
{
	struct rlimit before;
	struct rlimit none;
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, FIXTURE_REQUEST);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	WAIT_FOR(&f, told.refused);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	check_refusal(&f, CAUSE_NO_DESCRIPTORS);
	fixture_end(&f);
}

static void test_stopping(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	relay_set_stopping(&f.relay, true);
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, FIXTURE_REQUEST);
	check_refusal(&f, CAUSE_DRAINING);
	relay_set_stopping(&f.relay, false);
	fixture_open(&f);
	fixture_end(&f);
}

/* Those who are still asking are refused when all sessions end. */
static void test_closing_before_it_is_open(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, GET);
	relay_close_all(&f.relay, 1000);
	check_refusal(&f, CAUSE_SHUTDOWN);
	fixture_end(&f);
}

static void test_route_goes_while_dialling(void **unused)
{
	struct config *config;
	struct fixture f;
	int fds[2];

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_fill_backlog(&f, fds, 2);
	fixture_connect(&f, CAUSE_NONE);
	fixture_say(&f, FIXTURE_REQUEST);
	WAIT_FOR(&f, fixture_session(&f)->state == SESSION_DIALING);
	config = config_text_parse(
		TEXT_LISTENER TEXT_BACKEND
		"routes = ( { path = \"/x\"; backend = \"b\"; } );");
	assert_int_equal(relay_configure(&f.relay, config), 0);
	config_unref(&config);
	check_refusal(&f, CAUSE_ROUTE_REMOVED);
	close(fds[0]);
	close(fds[1]);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests_that_are_refused),
		cmocka_unit_test(test_refused_at_once),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_request_takes_too_long),
		cmocka_unit_test(test_target_does_not_answer),
		cmocka_unit_test(test_no_descriptor_for_the_target),
		cmocka_unit_test(test_stopping),
		cmocka_unit_test(test_closing_before_it_is_open),
		cmocka_unit_test(test_route_goes_while_dialling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
