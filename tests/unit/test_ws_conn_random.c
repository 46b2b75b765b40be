/* SPDX-License-Identifier: MIT */
/* Random streams, right and wrong, in random pieces, against the reference. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ws/conn.h"
#include "ws_stream.h"

/* A character now and then, and never half of one unless by damage(). */
static size_t random_text(struct stream *s, uint8_t *text, size_t max)
{
	static const char *const chars[] = {
		"a",
		" ",
		"\x7F",
		"\xC3\xA4",
		"\xDF\xBF",
		"\xE0\xA0\x80",
		"\xED\x9F\xBF",
		"\xEF\xBF\xBD",
		"\xF0\x90\x80\x80",
		"\xF4\x8F\xBF\xBF",
	};
	size_t len = 0;

	while (len + 4 <= max) {
		const char *c = chars[next_random(s) % 10];

		memcpy(text + len, c, strlen(c));
		len += strlen(c);
	}
	return len;
}

static void add_control(struct stream *s)
{
	uint8_t payload[WS_CONTROL_PAYLOAD_MAX] = { 0x03, 0xE8 };
	uint32_t r = next_random(s);

	if (r % 20 == 0)
		add_frame(s, 0x88, payload,
			  2 + random_text(s, payload + 2, r / 32 % 124));
	else
		add_frame(s, r % 2 ? 0x89 : 0x8A, payload,
			  random_text(s, payload, r / 32 % 126));
}

/* A message in fragments cut anywhere, control frames between them. */
static void add_message(struct stream *s)
{
	uint8_t payload[400];
	uint32_t r = next_random(s);
	uint8_t opcode = r % 2 ? 0x01 : 0x02;
	size_t len =
		random_text(s, payload, r / 2 % 8 ? r / 16 % 40 : r / 16 % 400);
	size_t at = 0;

	while (next_random(s) % 3 == 0) {
		size_t size = next_random(s) % (len - at + 1);

		add_frame(s, opcode, payload + at, size);
		if (next_random(s) % 2)
			add_control(s);
		opcode = 0x00;
		at += size;
	}
	add_frame(s, 0x80 | opcode, payload + at, len - at);
}

/* Changes a few bytes: of headers, keys, payload alike. */
static void damage(struct stream *s)
{
	for (uint32_t left = next_random(s) % 4; left > 0; left--) {
		uint32_t r = next_random(s);

		s->data[next_random(s) % s->len] ^= (uint8_t)(1u << r % 8);
	}
}

static void make_stream(struct stream *s)
{
	s->len = 0;
	while (s->len < 2500 && next_random(s) % 12) {
		if (next_random(s) % 4 == 0)
			add_control(s);
		else
			add_message(s);
	}
}

static void check_stream(struct stream *s, unsigned accept, int round)
{
	struct ws_transcript expected, t;

	transcript_init(&expected, s->len);
	ref_run(&expected, accept, s->data, s->len);
	run_pieces(&t, accept, s, s->len + 1);
	check_same(&expected, &t, "round, whole", (size_t)round);
	run_pieces(&t, accept, s, 0);
	check_same(&expected, &t, "round, in pieces", (size_t)round);
	run_pieces_by(&t, accept, s, 0, true);
	check_same(&expected, &t, "round, messages", (size_t)round);
	transcript_done(&expected);
}

/* As the server's end and as the client's. */
static unsigned role_of(struct stream *s, int round)
{
	s->from_server = round % 2;
	return s->from_server ? TRANSCRIPT_CLIENT : 0;
}

static void test_valid_streams(void **unused)
{
	struct stream s = { .seed = 0x0600d };

	(void)unused;
	for (int round = 0; round < 6000; round++) {
		unsigned role = role_of(&s, round);

		make_stream(&s);
		check_stream(&s, role | WS_ACCEPT_TEXT | WS_ACCEPT_BINARY,
			     round);
	}
}

static void test_damaged_streams(void **unused)
{
	struct stream s = { .seed = 0x0bad };

	(void)unused;
	for (int round = 0; round < 12000; round++) {
		unsigned role = role_of(&s, round);

		make_stream(&s);
		if (s.len > 0)
			damage(&s);
		check_stream(&s, role | (1 + (unsigned)round % 3), round);
	}
}

/* Bytes with no plan behind them but for a first frame that may be right. */
static void test_noise(void **unused)
{
	struct stream s = { .seed = 0x015e };

	(void)unused;
	for (int round = 0; round < 20000; round++) {
		s.len = 0;
		add_raw(&s, (const uint8_t[]){ 0x81, 0x82 }, 2);
		while (s.len < 64)
			s.data[s.len++] = (uint8_t)(next_random(&s) >> 8);
		check_stream(&s,
			     role_of(&s, round) | WS_ACCEPT_TEXT |
				     WS_ACCEPT_BINARY,
			     round);
	}
}

/* The streams must reach what they are made for: see that they do. */
static void test_streams_reach_everything(void **unused)
{
	struct stream s = { .seed = 0x0bad };
	unsigned seen[WS_EVENT_FAIL + 1] = { 0 };
	unsigned codes[3] = { 0 };
	uint64_t messages = 0;

	(void)unused;
	for (int round = 0; round < 12000; round++) {
		struct ws_transcript t;

		make_stream(&s);
		if (s.len > 0)
			damage(&s);
		transcript_init(&t, s.len);
		ref_run(&t, 1 + (unsigned)round % 3, s.data, s.len);
		seen[t.last_event]++;
		for (unsigned i = 0; i < 3; i++)
			codes[i] += t.last_event == WS_EVENT_FAIL &&
				    t.last_code ==
					    (const uint16_t[]){ 1002, 1003,
								1007 }[i];
		messages += t.messages;
		transcript_done(&t);
	}
	for (unsigned i = 0; i <= WS_EVENT_FAIL; i++)
		assert_true(seen[i] > 100);
	for (unsigned i = 0; i < 3; i++)
		assert_true(codes[i] > 100);
	assert_true(messages > 12000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid_streams),
		cmocka_unit_test(test_damaged_streams),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_streams_reach_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
