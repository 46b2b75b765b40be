/* SPDX-License-Identifier: MIT */
/* Types of messages by the piece: text, whichever fits, as records say. */

#include "pieces_fixture.h"

/* A record of the target, and what the client is sent for it. */
struct text_case {
	struct pieces_options options;
	const char *records;
	size_t len;
	const char *frames; /* joined: a first byte, a length, the payload */
	size_t frames_len;
	enum relay_cause cause; /* CAUSE_NONE: it goes on */
};

#define BYTES(text) text, sizeof(text) - 1

/* Messages as if each had come in one frame. */
static void join_messages(struct bytes *frames, struct bytes *ret_messages)
{
	struct ws_client_view frame = { .first = 0 };
	struct bytes open = { .data = NULL };
	uint8_t first = 0;
	size_t at = 0;

	*ret_messages = (struct bytes){ .data = NULL };
	while (ws_client_parse(frames->data + at, frames->len - at, &frame)) {
		uint8_t head[2];

		if (!open.data)
			first = frame.first & 0x0F;
		bytes_add(&open, frame.payload, frame.len);
		at += frame.size;
		if (!(frame.first & 0x80))
			continue;
		head[0] = first | 0x80;
		head[1] = (uint8_t)open.len;
		bytes_add(ret_messages, head, 2);
		bytes_add(ret_messages, open.data, open.len);
		bytes_free(&open);
	}
	bytes_free(&open);
	assert_int_equal(at, frames->len);
}

static void check_text(const struct text_case *c, size_t piece, size_t credit)
{
	struct pieces *p = pieces_new(&c->options);
	struct bytes frames;
	struct bytes messages;

	pieces_down(p, c->records, c->len, piece, credit);
	assert_int_equal(p->result.outcome,
			 c->cause ? PUMP_FAULT : PUMP_NOTHING);
	assert_int_equal(p->result.cause, c->cause);
	frames = (struct bytes){ .data = p->to_client.output,
				 .len = p->to_client.output_len };
	join_messages(&frames, &messages);
	assert_int_equal(messages.len, c->frames_len);
	assert_memory_equal(messages.data, c->frames, c->frames_len);
	bytes_free(&messages);
	pieces_free(p);
}

#define LINES .framing = CONFIG_FRAMING_LINES
#define TYPED                                     \
	.framing = CONFIG_FRAMING_TYPED_LENGTH32, \
	.messages = WS_MESSAGES_TYPED

static const struct text_case texts[] = {
	/* Whole characters, whatever the reads. */
	{ { LINES, .messages = WS_MESSAGES_TEXT },
	  BYTES("\xE2\x82\xAC\n\na\xF0\x9F\x98\x80" "b\n"),
	  BYTES("\x81\x03\xE2\x82\xAC\x81\x00\x81\x06" "a\xF0\x9F\x98\x80" "b"),
	  CAUSE_NONE },
	/* A record ends with a character. */
	{ { LINES, .messages = WS_MESSAGES_TEXT }, BYTES("ok\n\xE2\x82\n"),
	  BYTES("\x81\x02ok"), CAUSE_TARGET_UTF8 },
	{ { LINES, .messages = WS_MESSAGES_TEXT }, BYTES("ok\n\xFF\n"),
	  BYTES("\x81\x02ok"), CAUSE_TARGET_UTF8 },
	/* Or is made one. */
	{ { LINES, .messages = WS_MESSAGES_TEXT, .replaces = true },
	  BYTES("ok\n\xE2\x82\na\xFF" "b\n\n"),
	  BYTES("\x81\x02ok\x81\x03\xEF\xBF\xBD"
		"\x81\x05" "a\xEF\xBF\xBD" "b\x81\x00"),
	  CAUSE_NONE },
	{ { TYPED, .replaces = true },
	  BYTES("\2\0\0\0\1\xFF\1\0\0\0\1\xFF"),
	  BYTES("\x82\x01\xFF\x81\x03\xEF\xBF\xBD"), CAUSE_NONE },
	/* All of it, or none. */
	{ { LINES, .messages = WS_MESSAGES_AUTO },
	  BYTES("\xE2\x82\xAC\n\xE2\x82\n\xFF\n\n"),
	  BYTES("\x81\x03\xE2\x82\xAC\x82\x02\xE2\x82\x82\x01\xFF\x81\x00"),
	  CAUSE_NONE },
	/* As the record says. */
	{ { TYPED }, BYTES("\1\0\0\0\2ok\2\0\0\0\1\xFF\1\0\0\0\0"),
	  BYTES("\x81\x02ok\x82\x01\xFF\x81\x00"), CAUSE_NONE },
	{ { TYPED }, BYTES("\2\0\0\0\1x\1\0\0\0\1\xFF"), BYTES("\x82\x01x"),
	  CAUSE_TARGET_UTF8 },
};

static void test_types(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		check_text(&texts[i], 0, FAKE_ALL);
		check_text(&texts[i], 1, FAKE_ALL);
		check_text(&texts[i], 1, 1);
		check_text(&texts[i], 2, 3);
		check_text(&texts[i], 3, 0);
	}
}

/* A stream's text grows to three times its bytes, and ends with a half. */
static void test_replaced_stream(void **unused)
{
	struct pieces_options options = { .messages = WS_MESSAGES_TEXT,
					  .replaces = true };
	struct pieces *p = pieces_new(&options);
	struct ws_client_view frame = { .first = 0 };
	uint8_t noise[5001];
	size_t got = 0;
	size_t at = 0;

	(void)unused;
	memset(noise, 0xFF, sizeof(noise));
	noise[5000] = 0xE2;
	pieces_down(p, noise, sizeof(noise), 0, 0);
	assert_int_equal(p->result.outcome, PUMP_NOTHING);
	assert_int_equal(p->client.end.ops->encode_end(&p->client.end),
			 CAUSE_NONE);
	while (ws_client_parse(p->to_client.output + at,
			       p->to_client.output_len - at, &frame)) {
		assert_int_equal(frame.first, WS_TEXT);
		for (size_t i = 0; i < frame.len; i += 3)
			assert_memory_equal(frame.payload + i, "\xEF\xBF\xBD",
					    3);
		got += frame.len;
		at += frame.size;
	}
	assert_int_equal(got, 3 * sizeof(noise));
	pieces_free(p);
}

/* Whether a record is text is not known before its end. */
static void test_auto_over_the_limit(void **unused)
{
	struct pieces_options options = { LINES,
					  .messages = WS_MESSAGES_AUTO,
					  .limit = 125 };
	struct pieces *p = pieces_new(&options);
	char line[200];

	(void)unused;
	memset(line, 'a', sizeof(line));
	pieces_down(p, line, 126, 100, FAKE_ALL);
	assert_int_equal(p->result.outcome, PUMP_FAULT);
	assert_int_equal(p->result.cause, CAUSE_RECORD_SIZE);
	assert_int_equal(p->to_client.output_len, 0);
	pieces_free(p);
}

/* Both types of the client's are taken, and only text that is text. */
static void test_auto_takes_both(void **unused)
{
	struct pieces_options options = { LINES,
					  .messages = WS_MESSAGES_AUTO };
	struct pieces *p = pieces_new(&options);
	struct bytes frames = { .data = NULL };

	(void)unused;
	bytes_add_frame(&frames, WS_TEXT, "text", 4);
	bytes_add_frame(&frames, WS_BINARY, "\xFF", 1);
	bytes_add_frame(&frames, WS_TEXT, "\xFF", 1);
	pieces_up(p, frames.data, frames.len, 0, FAKE_ALL);
	assert_int_equal(p->result.outcome, PUMP_FAULT);
	assert_int_equal(p->result.cause, CAUSE_CLIENT_UTF8);
	fake_stream_check_text(&p->to_target, "text\n\xFF\n");
	bytes_free(&frames);
	pieces_free(p);
}

/* The good part of a text goes on before its fault is told, on a stream. */
static void test_good_part_first(void **unused)
{
	struct pieces_options options = { .messages = WS_MESSAGES_TEXT };
	struct pieces *p = pieces_new(&options);
	struct bytes frames = { .data = NULL };

	(void)unused;
	bytes_add_frame(&frames, WS_TEXT, "good\xFF", 5);
	pieces_up(p, frames.data, frames.len, 0, 1);
	assert_int_equal(p->result.outcome, PUMP_FAULT);
	assert_int_equal(p->result.cause, CAUSE_CLIENT_UTF8);
	fake_stream_check_text(&p->to_target, "good");
	bytes_free(&frames);
	pieces_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_replaced_stream),
		cmocka_unit_test(test_auto_over_the_limit),
		cmocka_unit_test(test_auto_takes_both),
		cmocka_unit_test(test_good_part_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
