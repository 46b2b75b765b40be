/* SPDX-License-Identifier: MIT */
/* Every cause that ends an open session: its Close code and its record. */

#include "session_fixture.h"

#include "relay/cause.h"

static void fill(struct fixture *f, int fd, const uint8_t *data, size_t len);

static void target_closes(struct fixture *f)
{
	fixture_hang_up(&f->target);
}

static void client_closes(struct fixture *f)
{
	fixture_close_frame(f, 1000);
}

static void client_ends(struct fixture *f)
{
	shutdown(f->client, SHUT_WR);
}

/* Bytes it has not read make the end of a Unix socket a reset. */
static void client_resets(struct fixture *f)
{
	fixture_write(f->target, "unread", 6);
	WAIT_FOR(f, socket_inq(f->client) > 0);
	fixture_hang_up(&f->client);
}

static void target_resets(struct fixture *f)
{
	fixture_frame(f, WS_BINARY, "unread", 6);
	WAIT_FOR(f, socket_inq(f->target) > 0);
	fixture_hang_up(&f->target);
}

/* It just waits. */
static void time_passes(struct fixture *f)
{
	(void)f;
}

static void relay_stops(struct fixture *f)
{
	relay_close_all(&f->relay, 0);
}

static void operator_kills(struct fixture *f)
{
	session_close(fixture_session(f), CAUSE_KILLED, SIDE_RELAY);
	session_update(fixture_session(f));
}

static void memory_runs_out(struct fixture *f)
{
	session_close(fixture_session(f), CAUSE_NO_MEMORY, SIDE_RELAY);
	session_update(fixture_session(f));
}

static void route_goes(struct fixture *f)
{
	struct config *config = config_text_parse(
		TEXT_LISTENER TEXT_BACKEND
		"routes = ( { path = \"/x\"; backend = \"b\"; } );");

	assert_int_equal(relay_configure(&f->relay, config), 0);
	config_unref(&config);
}

static void client_breaks_rules(struct fixture *f)
{
	fixture_frame(f, 0x83, "", 0);
}

static void client_sends_text(struct fixture *f)
{
	fixture_frame(f, WS_TEXT, "text", 4);
}

static void client_sends_bad_text(struct fixture *f)
{
	fixture_frame(f, WS_TEXT, "\xC0", 1);
}

static void target_sends_bad_text(struct fixture *f)
{
	fixture_write(f->target, "\xC0", 1);
}

static void target_ends_in_a_character(struct fixture *f)
{
	fixture_write(f->target, "\xE2\x82", 2);
	shutdown(f->target, SHUT_WR);
}

static void client_sends_no_deflate(struct fixture *f)
{
	fixture_frame(f, 0xC2, "\xFF\xFF", 2);
}

static void client_sends_two_lines(struct fixture *f)
{
	fixture_frame(f, WS_BINARY, "two\nlines", 9);
}

static void client_sends_too_much(struct fixture *f)
{
	static const uint8_t payload[126];

	fixture_frame(f, WS_BINARY, payload, sizeof(payload));
}

static void target_ends_in_a_line(struct fixture *f)
{
	fixture_write(f->target, "half a li", 9);
	shutdown(f->target, SHUT_WR);
}

static void target_sends_no_type(struct fixture *f)
{
	fixture_write(f->target, "\x03", 1);
}

static void target_sends_too_much(struct fixture *f)
{
	static const uint8_t line[126];

	fixture_write(f->target, line, sizeof(line));
}

/* Writes to `fd` until one of the relay's ends owes bytes. */
static void fill(struct fixture *f, int fd, const uint8_t *data, size_t len)
{
	const struct session *s = fixture_session(f);
	size_t at = 0;

	while (!endpoint_owes(&s->client.end) && !endpoint_owes(&s->target)) {
		ssize_t n = send(fd, data + at, len - at, MSG_NOSIGNAL);

		if (n > 0)
			at = (at + (size_t)n) % len;
		event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	}
}

static void client_stalls(struct fixture *f)
{
	static const uint8_t data[32768];

	fill(f, f->target, data, sizeof(data));
}

static void target_stalls(struct fixture *f)
{
	static const uint8_t payload[32768];
	static uint8_t frame[sizeof(payload) + WS_CLIENT_OVERHEAD];
	size_t len =
		ws_client_frame(frame, WS_BINARY, payload, sizeof(payload));

	fill(f, f->client, frame, len);
}

static bool is_target_silent;

bool __real_socket_is_answered(int fd);
bool __wrap_socket_is_answered(int fd);
uint32_t __real_socket_peer_silence_ms(int fd);
uint32_t __wrap_socket_peer_silence_ms(int fd);

bool __wrap_socket_is_answered(int fd)
{
	return !is_target_silent && __real_socket_is_answered(fd);
}

uint32_t __wrap_socket_peer_silence_ms(int fd)
{
	return is_target_silent ? UINT32_MAX :
				  __real_socket_peer_silence_ms(fd);
}

/* Two pings are due while its kernel answers nothing. */
static void target_vanishes(struct fixture *f)
{
	struct session *s = fixture_session(f);

	is_target_silent = true;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(s->state, SESSION_OPEN);
		s->client.ping = PING_RESTS;
		session_open_handlers.on_deadline(s, s->client.ping_at_ms);
	}
	is_target_silent = false;
	session_update(s);
}

/* What brings a cause about, and who did it. */
struct ending {
	enum relay_cause cause;
	enum relay_side side;
	void (*happen)(struct fixture *f);
	const char *route; /* options */
};

#define TEXT "message = \"text\";"
#define LINES "framing = \"lines\";"
#define SMALL "limits = { message = 125; };"
#define SHORT(name) "timeouts = { " name " = \"50ms\"; };"

static const struct ending endings[] = {
	{ CAUSE_TARGET_CLOSED, SIDE_TARGET, target_closes, "" },
	{ CAUSE_CLIENT_CLOSED, SIDE_CLIENT, client_closes, "" },
	{ CAUSE_CLIENT_EOF, SIDE_CLIENT, client_ends, "" },
	{ CAUSE_CLIENT_RESET, SIDE_CLIENT, client_resets, "" },
	{ CAUSE_PING_TIMEOUT, SIDE_CLIENT, time_passes,
	  "timeouts = { ping_interval = \"20ms\";"
	  "ping_timeout = \"20ms\"; };" },
	{ CAUSE_SHUTDOWN, SIDE_RELAY, relay_stops, "" },
	{ CAUSE_KILLED, SIDE_RELAY, operator_kills, "" },
	{ CAUSE_ROUTE_REMOVED, SIDE_RELAY, route_goes, "" },
	{ CAUSE_IDLE, SIDE_RELAY, time_passes, SHORT("idle") },
	{ CAUSE_PROTOCOL, SIDE_CLIENT, client_breaks_rules, "" },
	{ CAUSE_MESSAGE_TYPE, SIDE_CLIENT, client_sends_text, "" },
	{ CAUSE_CLIENT_UTF8, SIDE_CLIENT, client_sends_bad_text, TEXT },
	{ CAUSE_CLIENT_DEFLATE, SIDE_CLIENT, client_sends_no_deflate,
	  "compression = \"on\";" },
	{ CAUSE_MESSAGE_CONTENT, SIDE_CLIENT, client_sends_two_lines, LINES },
	{ CAUSE_MESSAGE_SIZE, SIDE_CLIENT, client_sends_too_much,
	  LINES SMALL },
	{ CAUSE_CLIENT_STALLED, SIDE_CLIENT, client_stalls,
	  SHORT("send_stall") },
	{ CAUSE_TARGET_UTF8, SIDE_TARGET, target_sends_bad_text, TEXT },
	{ CAUSE_TARGET_UTF8, SIDE_TARGET, target_ends_in_a_character, TEXT },
	{ CAUSE_RECORD_TRUNCATED, SIDE_TARGET, target_ends_in_a_line, LINES },
	{ CAUSE_RECORD_TYPE, SIDE_TARGET, target_sends_no_type,
	  "framing = \"typed-length32\";" },
	{ CAUSE_RECORD_SIZE, SIDE_TARGET, target_sends_too_much,
	  LINES SMALL "message = \"auto\";" },
	{ CAUSE_TARGET_RESET, SIDE_TARGET, target_resets, "" },
	{ CAUSE_TARGET_VANISHED, SIDE_TARGET, target_vanishes, "" },
	{ CAUSE_TARGET_STALLED, SIDE_TARGET, target_stalls,
	  SHORT("send_stall") },
	{ CAUSE_NO_MEMORY, SIDE_RELAY, memory_runs_out, "" },
};

#define ENDINGS (sizeof(endings) / sizeof(endings[0]))

/* Whether the relay still waits for the Close of a client that sent none. */
static bool awaits_close(enum relay_cause cause)
{
	return cause != CAUSE_CLIENT_CLOSED && cause != CAUSE_CLIENT_EOF &&
	       cause_info(cause)->ending != ENDING_ABANDON_CLIENT;
}

/* The peers do their part of an end that has begun. */
static void play_out(struct fixture *f, enum relay_cause cause)
{
	uint16_t code = cause_info(cause)->close_code;

	fixture_hang_up(&f->target);
	if (f->client >= 0) {
		assert_int_equal(fixture_next_close(f), code);
		if (awaits_close(cause))
			fixture_close_frame(f, code);
		WAIT_FOR(f, fixture_has_eof(f));
		fixture_hang_up(&f->client);
	}
	fixture_wait_gone(f);
}

static void check_record(const struct ending *ending)
{
	const struct cause_info *info = cause_info(ending->cause);

	assert_int_equal(told.closed, 1);
	assert_string_equal(told.record.cause, info->label);
	assert_string_equal(told.record.side, cause_side_name(ending->side));
	assert_int_equal(told.record.code_sent, info->close_code);
}

/* Agreed to where the route has compression on. */
#define OFFER                                                            \
	FIXTURE_HEAD("Sec-WebSocket-Extensions: permessage-deflate\r\n" \
		     "\r\n")

static void run_ending(const struct ending *ending)
{
	struct fixture f;

	fixture_begin(&f, ending->route, "");
	fixture_open_with(&f, OFFER);
	assert_int_equal(told.opened, 1);
	ending->happen(&f);
	WAIT_FOR(&f, list_is_empty(&f.relay.sessions) ||
			     fixture_session(&f)->state != SESSION_OPEN);
	play_out(&f, ending->cause);
	check_record(ending);
	fixture_end(&f);
}

static void test_each_ending(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ENDINGS; i++) {
		print_message("%zu %s\n", i,
			      cause_info(endings[i].cause)->label);
		run_ending(&endings[i]);
	}
}

static bool is_tried(enum relay_cause cause)
{
	for (size_t i = 0; i < ENDINGS; i++)
		if (endings[i].cause == cause)
			return true;
	return false;
}

/* Every cause with an ending is brought about above. */
static void test_none_is_left_out(void **unused)
{
	(void)unused;
	for (enum relay_cause cause = CAUSE_NONE + 1; cause < CAUSE_COUNT;
	     cause++)
		if (is_tried(cause) !=
		    (cause_info(cause)->ending != ENDING_NONE))
			fail_msg("%s", cause_info(cause)->label);
}

/* The first cause counts: one that follows changes nothing. */
static void test_the_first_cause_counts(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_begin(&f, "", "");
	fixture_open(&f);
	operator_kills(&f);
	client_breaks_rules(&f);
	relay_stops(&f);
	play_out(&f, CAUSE_KILLED);
	assert_string_equal(told.record.cause, "killed");
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_ending),
		cmocka_unit_test(test_none_is_left_out),
		cmocka_unit_test(test_the_first_cause_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
