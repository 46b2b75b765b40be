/* SPDX-License-Identifier: MIT */
/* Every codec with bounds: records in every split, against the reference. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "framing/framing.h"
#include "guard.h"
#include "ref_framing.h"

#define INPUT_MAX 2048

struct input {
	uint8_t data[INPUT_MAX];
	size_t len;
	uint8_t *area; /* where pieces are read: INPUT_MAX, then a guard page */
};

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void add(struct input *input, const void *bytes, size_t len)
{
	assert_true(len <= INPUT_MAX - input->len);
	if (len > 0)
		memcpy(input->data + input->len, bytes, len);
	input->len += len;
}

/* A message as it is sent to a target. */
static void add_record(struct input *input, const struct framing *framing,
		       enum framing_type type, const void *payload, size_t len)
{
	struct framing_text head = { .len = 0 };

	if (framing->may_carry)
		assert_true(framing->may_carry(payload, len));
	assert_true(len <= framing->payload_max);
	if (framing->head)
		framing->head(type, len, &head);
	assert_true(head.len <= FRAMING_HEAD_MAX &&
		    framing->tail.len <= FRAMING_TAIL_MAX);
	add(input, head.data, head.len);
	add(input, payload, len);
	add(input, framing->tail.data, framing->tail.len);
}

/* A codec beside the reference, which reads byte after byte. */
struct run {
	struct framing_reader reader;
	struct framing_transcript told;
	struct framing_transcript expected;
	struct ref_reader ref;
	uint8_t *area;
};

static void run_begin(struct run *run, const struct ref_rule *rule,
		      const struct input *input)
{
	*run = (struct run){ .ref = { .rule = rule }, .area = input->area };
	run->ref.t = &run->expected;
	transcript_init(&run->told, input->len);
	transcript_init(&run->expected, input->len);
}

/* Both know the same at the end of each piece: nothing is held back. */
static void run_feed(struct run *run, const uint8_t *data, size_t len)
{
	uint8_t *piece = run->area + INPUT_MAX - len;

	if (len > 0)
		memcpy(piece, data, len);
	transcript_feed(&run->told, run->ref.rule->framing, &run->reader, piece,
			len);
	for (size_t i = 0; i < len; i++)
		ref_feed(&run->ref, data[i]);
	assert_true(transcript_equal(&run->told, &run->expected));
	if (!run->told.is_bad)
		assert_int_equal(framing_open_bytes(&run->reader),
				 run->ref.taken);
}

static void run_end(struct run *run)
{
	transcript_done(&run->told);
	transcript_done(&run->expected);
}

/* Feeds input cut at two places; equal ones and ends make fewer pieces. */
static void check_cut(const struct ref_rule *rule, const struct input *input,
		      size_t first, size_t second)
{
	struct run run;

	run_begin(&run, rule, input);
	run_feed(&run, input->data, first);
	run_feed(&run, input->data + first, second - first);
	run_feed(&run, input->data + second, input->len - second);
	run_end(&run);
}

static void check_bytewise(const struct ref_rule *rule,
			   const struct input *input)
{
	struct run run;

	run_begin(&run, rule, input);
	for (size_t i = 0; i < input->len; i++)
		run_feed(&run, input->data + i, 1);
	run_end(&run);
}

static void check_every_split(const struct ref_rule *rule,
			      const struct input *input)
{
	for (size_t first = 0; first <= input->len; first++) {
		for (size_t second = first; second <= input->len; second++)
			check_cut(rule, input, first, second);
	}
	check_bytewise(rule, input);
}

/* Records of every kind there is, the last one not whole. */
static void test_every_split_of_records(void **state)
{
	static const char *const payloads[] = { "", "a", "", "", "bcd", "\t" };

	for (size_t r = 0; r < REF_RULES; r++) {
		const struct framing *framing = ref_rules[r].framing;
		struct input input = { .area = *state };

		for (size_t i = 0; i < sizeof(payloads) / sizeof(*payloads);
		     i++)
			add_record(&input, framing,
				   i % 2 ? FRAMING_TEXT : FRAMING_BINARY,
				   payloads[i], strlen(payloads[i]));
		add_record(&input, framing, FRAMING_TEXT, "end", 3);
		input.len -= framing->tail.len + 1u;
		check_every_split(&ref_rules[r], &input);
	}
}

/* What the tests of records do not have: other line ends, bad types, both. */
static void test_every_split_of_oddities(void **state)
{
	static const char *const texts[] = {
		"\r\n\r\r\n\n\ra\r\rb\r\r\r\n\r",
		"\n\r\r\r",
		"a\r\nb\n\0\0c\rd\0e",
		"\1\0\0\0\1\2\2\0\0\0\0\3",
		"\2\0\0\0\2\0\3\1\0\0\0\0\0",
		"\1\2\3\4\5",
		"\xff\xff\xff\xff\xff",
	};
	static const size_t lengths[] = { 16, 4, 12, 12, 13, 5, 5 };

	for (size_t r = 0; r < REF_RULES; r++) {
		for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
			struct input input = { .area = *state };

			add(&input, texts[i], lengths[i]);
			check_every_split(&ref_rules[r], &input);
		}
	}
}

/* Few byte values, so that line ends, heads and types are all over. */
static void fill_random(struct input *input, uint32_t *seed)
{
	static const uint8_t bytes[] = { 0, 0, 0, 1, 2, 3, '\n', '\r', '\r' };

	input->len = next_random(seed) % 64;
	for (size_t i = 0; i < input->len; i++) {
		uint32_t r = next_random(seed);

		input->data[i] = r % 16 == 0 ? (uint8_t)(r >> 8) :
					       bytes[(r >> 8) % sizeof(bytes)];
	}
}

static void test_random_input(void **state)
{
	uint32_t seed = 0x2545F491;

	for (size_t i = 0; i < 2000; i++) {
		const struct ref_rule *rule = &ref_rules[i % REF_RULES];
		struct input input = { .area = *state };

		fill_random(&input, &seed);
		size_t second = next_random(&seed) % (input.len + 1);
		size_t first = next_random(&seed) % (second + 1);

		check_cut(rule, &input, first, second);
		check_bytewise(rule, &input);
	}
}

/* A message is the same behind its record, whatever bytes may be in it. */
static void test_round_trips(void **state)
{
	uint32_t seed = 0x9E3779B9;

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		const struct ref_rule *rule = &ref_rules[i % REF_RULES];
		const struct framing *framing = rule->framing;
		enum framing_type type = framing->is_typed ?
						 FRAMING_TEXT + i / 16 % 2 :
						 FRAMING_UNTYPED;
		struct input message, record = { .len = 0 };
		struct framing_piece piece;
		struct framing_reader reader = { 0 };

		fill_random(&message, &seed);
		if (framing->may_carry &&
		    !framing->may_carry(message.data, message.len))
			continue;
		add_record(&record, framing, type, message.data, message.len);
		const uint8_t *in = record.data;
		const uint8_t *end = in + record.len;

		assert_int_equal(framing->next(&reader, &in, end, &piece),
				 FRAMING_PIECE);
		assert_true(piece.is_first && piece.is_last && in == end);
		assert_int_equal(piece.type, type);
		assert_int_equal(piece.len, message.len);
		assert_memory_equal(piece.data, message.data, message.len);
	}
}

/* The first of two records ends the call, not the input. */
static void test_one_record_a_call(void **state)
{
	(void)state;
	for (size_t r = 0; r < REF_RULES; r++) {
		const struct framing *framing = ref_rules[r].framing;
		struct framing_reader reader = { 0 };
		struct framing_piece piece;
		struct input input = { .len = 0 };

		add_record(&input, framing, FRAMING_TEXT, "ab", 2);
		size_t len = input.len;

		add_record(&input, framing, FRAMING_TEXT, "c", 1);
		const uint8_t *in = input.data;

		assert_int_equal(framing->next(&reader, &in, in + input.len,
					       &piece),
				 FRAMING_PIECE);
		assert_ptr_equal(in, input.data + len);
		assert_true(piece.is_first && piece.is_last);
		assert_int_equal(framing_open_bytes(&reader), 0);
	}
}

static int setup(void **state)
{
	*state = guard_alloc_end(INPUT_MAX);
	return 0;
}

static int teardown(void **state)
{
	guard_free_end(*state, INPUT_MAX);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_split_of_records),
		cmocka_unit_test(test_every_split_of_oddities),
		cmocka_unit_test(test_random_input),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_one_record_a_call),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
