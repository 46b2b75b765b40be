/* SPDX-License-Identifier: MIT */
/* One direction: what is read is what is sent, and never more than one read. */

#include "fake_stream.h"

#include "death.h"
#include "relay/endpoint_raw.h"
#include "relay/pump.h"

#define READ 64

/* A source and a sink of raw bytes, with the codec's part scripted. */
struct fixture {
	struct buffer_pool pool;
	struct endpoint from;
	struct endpoint to;
	struct fake_stream source;
	struct fake_stream sink;
	uint8_t block[ENDPOINT_HEADROOM + READ];
	struct pump_scratch scratch;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	endpoint_init(&f->from, &endpoint_raw_ops, &f->pool);
	endpoint_init(&f->to, &endpoint_raw_ops, &f->pool);
	fake_stream_open(&f->source, &f->from);
	fake_stream_open(&f->sink, &f->to);
	f->scratch.data = f->block + ENDPOINT_HEADROOM;
	f->scratch.size = READ;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fake_stream_close(&f->source, &f->from);
	fake_stream_close(&f->sink, &f->to);
	buffer_pool_done(&f->pool);
	free(f);
	return 0;
}

static struct pump_result run(struct fixture *f)
{
	return pump_run(&f->from, &f->to, &f->scratch);
}

/*
 * Runs the pump and flushes in turns, as the loop does, with as much credit
 * each time as `credits` has bytes: all arrives, and none is read while some
 * is owed.
 */
static void relay_all(struct fixture *f, const uint8_t *data, size_t len,
		      const char *credits)
{
	fake_stream_say(&f->source, data, len);
	for (size_t turn = 0; f->sink.output_len < len; turn++) {
		unsigned reads = f->source.reads;

		assert_true(turn < 100 * len);
		f->sink.credit =
			(size_t)(credits[turn % strlen(credits)] - '0');
		if (endpoint_owes(&f->to)) {
			assert_int_equal(endpoint_flush(&f->to), 0);
			assert_int_equal(f->source.reads, reads);
		} else {
			assert_int_equal(run(f).outcome, PUMP_MOVED);
		}
		assert_true(f->to.out.len <= READ);
	}
	fake_stream_check(&f->sink, data, len);
}

static void test_whatever_the_credit(void **state)
{
	static const char *const scripts[] = { "1",    "01",   "7",
					       "0007", "9310", "20400" };
	struct fixture *f = *state;
	uint8_t data[500];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		for (size_t piece = 0; piece < 5; piece++) {
			f->source.piece = piece;
			relay_all(f, data, sizeof(data), scripts[i]);
		}
	assert_int_equal(f->to.undelivered, 0);
	assert_int_equal(f->from.bytes, 6 * 5 * sizeof(data));
}

static struct fixture *owing;

static void run_owing(void)
{
	(void)run(owing);
}

/* The rule of back-pressure is asserted, not hoped for. */
static void test_never_reads_while_owed(void **state)
{
	struct fixture *f = *state;

	f->sink.credit = 3;
	fake_stream_say(&f->source, "hello", 5);
	assert_int_equal(run(f).outcome, PUMP_MOVED);
	assert_true(endpoint_owes(&f->to));
	owing = f;
	assert_true(aborts(run_owing));
}

static void test_nothing_to_read(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(run(f).outcome, PUMP_NOTHING);
	assert_false(f->from.ended);
}

static void test_end_of_file(void **state)
{
	struct fixture *f = *state;

	f->source.input_end = 0;
	assert_int_equal(run(f).outcome, PUMP_EOF);
	assert_true(f->from.ended);
	assert_true(f->from.is_eof);
}

static void test_source_fails(void **state)
{
	struct fixture *f = *state;
	struct pump_result result;

	f->source.input_end = -ECONNRESET;
	result = run(f);
	assert_int_equal(result.outcome, PUMP_SOURCE_ERROR);
	assert_int_equal(result.error, -ECONNRESET);
	assert_true(f->from.ended);
	assert_true(f->from.is_eof);
}

static void test_sink_fails(void **state)
{
	struct fixture *f = *state;
	struct pump_result result;

	f->sink.write_error = -EPIPE;
	fake_stream_say(&f->source, "hello", 5);
	result = run(f);
	assert_int_equal(result.outcome, PUMP_SINK_ERROR);
	assert_int_equal(result.error, -EPIPE);
	assert_true(f->to.is_broken);
	assert_int_equal(f->to.undelivered, 5);
	assert_int_equal(f->from.bytes, 5);
	assert_false(f->from.ended);
}

/* A broken sink lets the source run dry, and counts. */
static void test_sink_broken_before(void **state)
{
	struct fixture *f = *state;

	endpoint_break(&f->to);
	fake_stream_say(&f->source, "hello", 5);
	assert_int_equal(run(f).outcome, PUMP_MOVED);
	assert_int_equal(f->to.undelivered, 5);
}

/* Codecs that stop at '.', break at '!', and cannot send '?'. */
static enum endpoint_news script_decode(struct endpoint *end,
					struct chunk *chunk)
{
	for (size_t i = 0; i < chunk->len; i++) {
		uint8_t byte = chunk->data[i];

		if (byte != '.' && byte != '!')
			continue;
		chunk->len = i;
		end->fault = CAUSE_PROTOCOL;
		return byte == '.' ? ENDPOINT_ENDED : ENDPOINT_FAULT;
	}
	return ENDPOINT_GOES_ON;
}

static enum relay_cause script_encode(struct endpoint *end, struct chunk *chunk)
{
	uint8_t *bad = memchr(chunk->data, '?', chunk->len);

	(void)end;
	if (!bad)
		return CAUSE_NONE;
	chunk->len = (size_t)(bad - chunk->data);
	return CAUSE_TARGET_UTF8;
}

static const struct endpoint_ops script_ops = {
	.decode = script_decode,
	.encode = script_encode,
};

static struct pump_result run_script(struct fixture *f, const char *text)
{
	f->from.ops = &script_ops;
	f->to.ops = &script_ops;
	fake_stream_say(&f->source, text, strlen(text));
	return run(f);
}

static void test_source_says_end(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(run_script(f, "last.").outcome, PUMP_ENDED);
	assert_true(f->from.ended);
	assert_false(f->from.is_eof);
	fake_stream_check_text(&f->sink, "last");
}

static void test_source_breaks_a_rule(void **state)
{
	struct fixture *f = *state;
	struct pump_result result = run_script(f, "good!");

	assert_int_equal(result.outcome, PUMP_FAULT);
	assert_int_equal(result.cause, CAUSE_PROTOCOL);
	assert_true(f->from.ended);
	fake_stream_check_text(&f->sink, "good");
}

static void test_payload_that_cannot_go(void **state)
{
	struct fixture *f = *state;
	struct pump_result result = run_script(f, "good?bad");

	assert_int_equal(result.outcome, PUMP_FAULT);
	assert_int_equal(result.cause, CAUSE_TARGET_UTF8);
	fake_stream_check_text(&f->sink, "good");
}

static void test_nothing_before_the_offence(void **state)
{
	struct fixture *f = *state;
	struct pump_result result = run_script(f, "?");

	assert_int_equal(result.outcome, PUMP_FAULT);
	assert_int_equal(result.cause, CAUSE_TARGET_UTF8);
	fake_stream_check_text(&f->sink, "");
}

/* A sink that failed is told even when the source ended in the same read. */
static void test_sink_fails_at_the_end(void **state)
{
	struct fixture *f = *state;
	struct pump_result result;

	f->sink.write_error = -ECONNRESET;
	result = run_script(f, "last.");
	assert_int_equal(result.outcome, PUMP_SINK_ERROR);
	assert_true(f->from.ended);
}

static void drain(struct fixture *f, uint32_t left)
{
	f->from.is_draining = true;
	f->from.take_left = left;
}

static void test_drains_no_more_than_was_there(void **state)
{
	struct fixture *f = *state;

	drain(f, 7);
	f->source.piece = 4;
	fake_stream_say(&f->source, "helloworld", 10);
	assert_int_equal(run(f).outcome, PUMP_MOVED);
	assert_int_equal(f->from.take_left, 3);
	assert_false(f->from.ended);
	assert_int_equal(run(f).outcome, PUMP_ENDED);
	assert_true(f->from.ended);
	assert_false(f->from.is_eof);
	fake_stream_check_text(&f->sink, "hellowo");
	assert_int_equal(f->source.input_len, 3);
}

static void test_draining_meets_the_end(void **state)
{
	struct fixture *f = *state;

	drain(f, 7);
	f->source.input_end = 0;
	fake_stream_say(&f->source, "hell", 4);
	assert_int_equal(run(f).outcome, PUMP_MOVED);
	assert_int_equal(run(f).outcome, PUMP_EOF);
	assert_true(f->from.ended);
}

static void test_draining_more_than_one_read(void **state)
{
	struct fixture *f = *state;
	uint8_t data[3 * READ] = { 1, 2, 3 };

	drain(f, sizeof(data));
	fake_stream_say(&f->source, data, sizeof(data));
	assert_int_equal(run(f).outcome, PUMP_MOVED);
	assert_int_equal(run(f).outcome, PUMP_MOVED);
	assert_int_equal(run(f).outcome, PUMP_ENDED);
	fake_stream_check(&f->sink, data, sizeof(data));
}

/* A fault in the last bytes of a draining source is still told. */
static void test_draining_ends_in_a_fault(void **state)
{
	struct fixture *f = *state;

	drain(f, 5);
	assert_int_equal(run_script(f, "good!").outcome, PUMP_FAULT);
}

static void test_discard(void **state)
{
	struct fixture *f = *state;

	fake_stream_say(&f->source, "hello", 5);
	assert_int_equal(pump_discard(&f->from, &f->scratch), 5);
	assert_int_equal(pump_discard(&f->from, &f->scratch), -EAGAIN);
	assert_false(f->from.is_eof);
	f->source.input_end = 0;
	assert_int_equal(pump_discard(&f->from, &f->scratch), 0);
	assert_true(f->from.is_eof);
	assert_true(f->from.ended);
	fake_stream_check_text(&f->sink, "");
}

static void test_discard_fails(void **state)
{
	struct fixture *f = *state;

	f->source.input_end = -ECONNRESET;
	assert_int_equal(pump_discard(&f->from, &f->scratch), 0);
	assert_true(f->from.is_eof);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whatever_the_credit),
		TEST(test_never_reads_while_owed),
		TEST(test_nothing_to_read),
		TEST(test_end_of_file),
		TEST(test_source_fails),
		TEST(test_sink_fails),
		TEST(test_sink_broken_before),
		TEST(test_source_says_end),
		TEST(test_source_breaks_a_rule),
		TEST(test_payload_that_cannot_go),
		TEST(test_nothing_before_the_offence),
		TEST(test_sink_fails_at_the_end),
		TEST(test_drains_no_more_than_was_there),
		TEST(test_draining_meets_the_end),
		TEST(test_draining_more_than_one_read),
		TEST(test_draining_ends_in_a_fault),
		TEST(test_discard),
		TEST(test_discard_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
