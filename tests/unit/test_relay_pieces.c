/* SPDX-License-Identifier: MIT */
/* Messages to records and back, whatever the reads and the credit. */

#include "pieces_fixture.h"

struct framing_case {
	enum config_framing framing;
	enum config_line_end line_end;
	size_t longest; /* message to try */
};

static const struct framing_case cases[] = {
	{ CONFIG_FRAMING_LINES, CONFIG_LINE_END_LF, 9000 },
	{ CONFIG_FRAMING_LINES, CONFIG_LINE_END_CRLF, 9000 },
	{ CONFIG_FRAMING_NUL, CONFIG_LINE_END_LF, 9000 },
	{ CONFIG_FRAMING_LENGTH8, CONFIG_LINE_END_LF, 255 },
	{ CONFIG_FRAMING_LENGTH8_LE, CONFIG_LINE_END_LF, 255 },
	{ CONFIG_FRAMING_LENGTH16, CONFIG_LINE_END_LF, 9000 },
	{ CONFIG_FRAMING_LENGTH16_LE, CONFIG_LINE_END_LF, 9000 },
	{ CONFIG_FRAMING_LENGTH32, CONFIG_LINE_END_LF, 9000 },
	{ CONFIG_FRAMING_LENGTH32_LE, CONFIG_LINE_END_LF, 9000 },
	{ CONFIG_FRAMING_TYPED_LENGTH32, CONFIG_LINE_END_LF, 9000 },
	{ CONFIG_FRAMING_STREAM, CONFIG_LINE_END_LF, 9000 },
};

#define CASES (sizeof(cases) / sizeof(*cases))
#define MESSAGES 12

/* What was sent, as it should arrive. */
struct traffic {
	struct bytes frames;  /* of the client */
	struct bytes records; /* of the target */
	struct bytes payload[MESSAGES];
	bool is_text[MESSAGES];
};

static void traffic_free(struct traffic *t)
{
	bytes_free(&t->frames);
	bytes_free(&t->records);
	for (size_t i = 0; i < MESSAGES; i++)
		bytes_free(&t->payload[i]);
}

/* Letters only: they may stand in a line and in a text. */
static void add_payload(struct pieces *p, struct bytes *payload, size_t longest)
{
	size_t len = pieces_random(p) % 4 ? pieces_random(p) % 200 :
					    pieces_random(p) % longest;

	if (len > longest)
		len = longest;
	bytes_add(payload, NULL, 0);
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)('a' + pieces_random(p) % 26);

		bytes_add(payload, &byte, 1);
	}
}

/* In one frame, or in several with pings between. */
static void add_message(struct pieces *p, struct traffic *t, size_t i)
{
	const struct bytes *payload = &t->payload[i];
	uint8_t first = t->is_text[i] ? 0x01 : 0x02;
	size_t at = 0;

	while (pieces_random(p) % 3 == 0) {
		size_t len = pieces_random(p) % (payload->len - at + 1);

		bytes_add_frame(&t->frames, first, payload->data + at, len);
		first = 0;
		at += len;
		if (pieces_random(p) % 2)
			bytes_add_frame(&t->frames, WS_PING, "ping", 4);
	}
	bytes_add_frame(&t->frames, first | 0x80, payload->data + at,
			payload->len - at);
}

static void add_record(struct pieces *p, struct traffic *t, size_t i)
{
	const struct framing *framing = framing_of_route(&p->route);
	const struct bytes *payload = &t->payload[i];
	struct framing_text head;

	if (framing->head) {
		framing->head(t->is_text[i] ? FRAMING_TEXT : FRAMING_BINARY,
			      payload->len, &head);
		bytes_add(&t->records, head.data, head.len);
	}
	bytes_add(&t->records, payload->data, payload->len);
	bytes_add(&t->records, framing->tail.data, framing->tail.len);
}

static void make_traffic(struct pieces *p, struct traffic *t,
			 const struct framing_case *c)
{
	bool is_typed = c->framing == CONFIG_FRAMING_TYPED_LENGTH32;

	*t = (struct traffic){ .frames = { .data = NULL } };
	for (size_t i = 0; i < MESSAGES; i++) {
		t->is_text[i] = is_typed && pieces_random(p) % 2;
		add_payload(p, &t->payload[i], c->longest);
		add_message(p, t, i);
		add_record(p, t, i);
	}
}

static struct pieces *new_of(const struct framing_case *c)
{
	struct pieces_options options = {
		.framing = c->framing,
		.line_end = c->line_end,
		.messages = c->framing == CONFIG_FRAMING_TYPED_LENGTH32 ?
				    WS_MESSAGES_TYPED :
				    WS_MESSAGES_BINARY,
	};

	return pieces_new(&options);
}

/* Bytes of a read, and bytes taken at a time: 0 for any. */
static const size_t sizes[][2] = {
	{ 0, FAKE_ALL }, { 1, FAKE_ALL }, { 0, 1 }, { 1, 1 },
	{ 7, 13 },       { 0, 0 },        { 100, 0 },
};

#define SIZES (sizeof(sizes) / sizeof(*sizes))

static void test_up(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < CASES * SIZES; i++) {
		struct pieces *p = new_of(&cases[i / SIZES]);
		const size_t *size = sizes[i % SIZES];
		struct traffic t;

		p->seed += (uint32_t)i;
		make_traffic(p, &t, &cases[i / SIZES]);
		pieces_up(p, t.frames.data, t.frames.len, size[0], size[1]);
		assert_int_equal(p->result.outcome, PUMP_NOTHING);
		fake_stream_check(&p->to_target, t.records.data,
				  t.records.len);
		assert_int_equal(p->client.conn.messages, MESSAGES);
		traffic_free(&t);
		pieces_free(p);
	}
}

/* Takes the client's next message off what it was sent. */
static void take_message(struct pieces *p, size_t *at, uint8_t *ret_type,
			 struct bytes *ret_payload)
{
	const struct fake_stream *fake = &p->to_client;
	struct ws_client_view frame = { .first = 0 };

	*ret_payload = (struct bytes){ .data = NULL };
	do {
		assert_true(ws_client_parse(fake->output + *at,
					    fake->output_len - *at, &frame));
		if (!ret_payload->data)
			*ret_type = frame.first & 0x0F;
		else
			assert_int_equal(frame.first & 0x0F, 0);
		bytes_add(ret_payload, frame.payload, frame.len);
		*at += frame.size;
	} while (!(frame.first & 0x80));
}

static void check_messages(struct pieces *p, const struct traffic *t)
{
	size_t at = 0;

	for (size_t i = 0; i < MESSAGES; i++) {
		struct bytes payload;
		uint8_t type = 0;

		take_message(p, &at, &type, &payload);
		assert_int_equal(type, t->is_text[i] ? 1 : 2);
		assert_int_equal(payload.len, t->payload[i].len);
		assert_memory_equal(payload.data, t->payload[i].data,
				    payload.len);
		bytes_free(&payload);
	}
	assert_int_equal(at, p->to_client.output_len);
	assert_int_equal(p->client.end.messages, MESSAGES);
}

static void test_down(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < (CASES - 1) * SIZES; i++) {
		struct pieces *p = new_of(&cases[i / SIZES]);
		const size_t *size = sizes[i % SIZES];
		struct traffic t;

		p->seed += (uint32_t)i;
		make_traffic(p, &t, &cases[i / SIZES]);
		pieces_down(p, t.records.data, t.records.len, size[0],
			    size[1]);
		assert_int_equal(p->result.outcome, PUMP_NOTHING);
		check_messages(p, &t);
		traffic_free(&t);
		pieces_free(p);
	}
}

/* A message in one frame is no memory's business, however long. */
static void test_known_length_is_not_gathered(void **unused)
{
	struct pieces_options options = { .framing = CONFIG_FRAMING_LENGTH32,
					  .limit = 1000 };
	struct pieces *p = pieces_new(&options);
	uint8_t payload[30000] = { 1, 2, 3 };
	struct bytes frames = { .data = NULL };

	(void)unused;
	bytes_add_frame(&frames, WS_BINARY, payload, sizeof(payload));
	pieces_up(p, frames.data, frames.len, 0, FAKE_ALL);
	assert_int_equal(p->result.outcome, PUMP_NOTHING);
	assert_int_equal(p->to_target.output_len, 4 + sizeof(payload));
	bytes_free(&frames);
	pieces_free(p);
}

struct fault_case {
	struct pieces_options options;
	const char *first;  /* a message, whole unless `is_fragment` */
	bool is_fragment;
	const char *second; /* the rest of it; or null */
	enum relay_cause cause;
	const char *arrives; /* at the target */
};

static void check_fault(const struct fault_case *c)
{
	struct pieces *p = pieces_new(&c->options);
	struct bytes frames = { .data = NULL };

	bytes_add_frame(&frames, c->is_fragment ? 0x02 : WS_BINARY, c->first,
			strlen(c->first));
	if (c->second)
		bytes_add_frame(&frames, 0x80, c->second, strlen(c->second));
	pieces_up(p, frames.data, frames.len, 0, FAKE_ALL);
	assert_int_equal(p->result.outcome, PUMP_FAULT);
	assert_int_equal(p->result.cause, c->cause);
	fake_stream_check_text(&p->to_target, c->arrives);
	bytes_free(&frames);
	pieces_free(p);
}

#define LONG_10 "0123456789"
#define LONG_130                                                            \
	LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10     \
		LONG_10 LONG_10 LONG_10 LONG_10 LONG_10

static void test_faults_of_the_client(void **unused)
{
	static const struct fault_case faults[] = {
		{ { .framing = CONFIG_FRAMING_LINES }, "a\nb", false, NULL,
		  CAUSE_MESSAGE_CONTENT, "" },
		{ { .framing = CONFIG_FRAMING_LINES }, "a", true, "b\n",
		  CAUSE_MESSAGE_CONTENT, "" },
		{ { .framing = CONFIG_FRAMING_LINES,
		    .line_end = CONFIG_LINE_END_CRLF },
		  "a\rb", false, NULL, CAUSE_MESSAGE_CONTENT, "" },
		{ { .framing = CONFIG_FRAMING_LINES, .limit = 125 }, LONG_130,
		  false, NULL, CAUSE_MESSAGE_SIZE, "" },
		{ { .framing = CONFIG_FRAMING_LINES, .limit = 135 }, LONG_130,
		  true, LONG_10, CAUSE_MESSAGE_SIZE, "" },
		{ { .framing = CONFIG_FRAMING_LENGTH32, .limit = 135 },
		  LONG_130, true, LONG_10, CAUSE_MESSAGE_SIZE, "" },
		{ { .framing = CONFIG_FRAMING_LENGTH8 }, LONG_130 LONG_130,
		  false, NULL, CAUSE_MESSAGE_SIZE, "" },
		{ { .framing = CONFIG_FRAMING_LENGTH8 }, LONG_130, true,
		  LONG_130, CAUSE_MESSAGE_SIZE, "" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		check_fault(&faults[i]);
}

/* A Close behind a message that was not whole: nothing of it arrives. */
static void test_close_inside_a_message(void **unused)
{
	struct pieces_options options = { .framing = CONFIG_FRAMING_LINES };
	struct pieces *p = pieces_new(&options);
	struct bytes frames = { .data = NULL };

	(void)unused;
	bytes_add_frame(&frames, WS_BINARY, "whole", 5);
	bytes_add_frame(&frames, 0x02, "half", 4);
	bytes_add_frame(&frames, WS_CLOSE, "\x03\xE8", 2);
	pieces_up(p, frames.data, frames.len, 0, FAKE_ALL);
	assert_int_equal(p->result.outcome, PUMP_ENDED);
	assert_true(p->client.end.ended);
	fake_stream_check_text(&p->to_target, "whole\n");
	assert_int_equal(endpoint_lost(&p->target.end), 4);
	bytes_free(&frames);
	pieces_free(p);
}

static void test_end_inside_a_record(void **unused)
{
	struct pieces_options options = { .framing = CONFIG_FRAMING_LENGTH16 };
	struct pieces *p = pieces_new(&options);

	(void)unused;
	p->to_target.input_end = 0;
	pieces_down(p, "\0\5abc", 5, 0, FAKE_ALL);
	assert_int_equal(p->result.outcome, PUMP_EOF);
	assert_int_equal(p->target.end.ops->decode_end(&p->target.end),
			 CAUSE_RECORD_TRUNCATED);
	assert_int_equal(endpoint_record_open_bytes(&p->target), 5);
	pieces_free(p);
}

static void test_record_without_a_type(void **unused)
{
	struct pieces_options options = {
		.framing = CONFIG_FRAMING_TYPED_LENGTH32,
		.messages = WS_MESSAGES_TYPED,
	};
	struct pieces *p = pieces_new(&options);

	(void)unused;
	pieces_down(p, "\1\0\0\0\2ok\3\0\0\0\1x", 13, 0, FAKE_ALL);
	assert_int_equal(p->result.outcome, PUMP_FAULT);
	assert_int_equal(p->result.cause, CAUSE_RECORD_TYPE);
	fake_stream_check(&p->to_client, "\x81\x02ok", 4);
	pieces_free(p);
}

/* What came before it was told to end is relayed, then it has ended. */
static void test_drain_with_bytes_held(void **unused)
{
	struct pieces_options options = { .framing = CONFIG_FRAMING_LINES };
	struct pieces *p = pieces_new(&options);

	(void)unused;
	p->to_client.credit = 1;
	fake_stream_say(&p->to_target, "\n\n\n\n", 4);
	p->to_target.piece = 4;
	p->route.limits.buffer = ENDPOINT_OVERHEAD + 8; /* an outlet of 4 */
	p->result = pump_run(&p->target.end, &p->client.end, &p->scratch);
	assert_int_equal(p->result.outcome, PUMP_MOVED);
	assert_true(endpoint_owes(&p->client.end));
	assert_true(endpoint_has_more(&p->target.end));
	endpoint_drain(&p->target.end);
	assert_false(p->target.end.ended);
	while (!p->target.end.ended) {
		p->to_client.credit = FAKE_ALL;
		assert_int_equal(endpoint_flush(&p->client.end), 0);
		p->result = pump_run(&p->target.end, &p->client.end,
				     &p->scratch);
	}
	assert_int_equal(p->result.outcome, PUMP_ENDED);
	assert_int_equal(p->to_client.output_len, 8);
	pieces_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_known_length_is_not_gathered),
		cmocka_unit_test(test_faults_of_the_client),
		cmocka_unit_test(test_close_inside_a_message),
		cmocka_unit_test(test_end_inside_a_record),
		cmocka_unit_test(test_record_without_a_type),
		cmocka_unit_test(test_drain_with_bytes_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
