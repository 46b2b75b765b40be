/* SPDX-License-Identifier: MIT */
/* Out of memory at every allocation of work by the piece: one run fails. */

#include "pieces_fixture.h"

/* The linker puts these in front of the C library's (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static long left = -1; /* allocations until one fails; -1: none does */
static unsigned failures;

static bool fails(void)
{
	if (left < 0 || left-- > 0)
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

static const struct http_deflate_agreement shared = {
	.server_no_context_takeover = true,
	.client_no_context_takeover = true,
	.server_max_window_bits = 15,
	.client_max_window_bits = 15,
};

/* The test's own memory never fails. */
static ssize_t write_safely(struct stream *stream, const void *data, size_t len)
{
	long nth = left;
	ssize_t n;

	left = -1;
	n = fake_write(stream, data, len);
	left = nth;
	return n;
}

static const struct stream_ops safe_ops = { .read = fake_read,
					    .write = write_safely,
					    .shutdown = fake_shutdown };

/* Runs a pump until it has no more to do. */
static enum pump_outcome run(struct pieces *p, struct endpoint *from,
			     struct endpoint *to, struct fake_stream *sink,
			     long *nth)
{
	to->stream.ops = &safe_ops;
	do {
		sink->credit = 100;
		left = *nth;
		if (endpoint_owes(to))
			p->result.error = endpoint_flush(to);
		else
			p->result = pump_run(from, to, &p->scratch);
		*nth = left;
		left = -1;
	} while (p->result.outcome == PUMP_MOVED);
	return p->result.outcome;
}

/* A run that failed says so; one that did not needed fewer. */
static void check(const struct pieces *p, unsigned failed)
{
	if (p->result.outcome == PUMP_FAULT)
		assert_int_equal(p->result.cause, CAUSE_NO_MEMORY);
	else if (p->result.outcome == PUMP_SINK_ERROR)
		assert_int_equal(p->result.error, -ENOMEM);
	else
		assert_int_equal(p->result.outcome, PUMP_NOTHING);
	if (p->result.outcome != PUMP_NOTHING)
		assert_true(failed > 0);
}

/* The client's messages, with the `nth` allocation failing. */
static bool up_fails(long nth)
{
	/* "aaaaaaaa", twice, the second in two frames. */
	static const uint8_t packed[] = { 0x4a, 0x4c, 0x84, 0x00, 0x00, 0x00 };
	struct pieces_options options = { .framing = CONFIG_FRAMING_LENGTH32,
					  .deflate = &shared };
	struct pieces *p = pieces_new(&options);
	struct bytes frames = { .data = NULL };
	uint8_t payload[3000] = { 0 };

	bytes_add_frame(&frames, 0xC2, packed, sizeof(packed));
	bytes_add_frame(&frames, 0x42, packed, 2);
	bytes_add_frame(&frames, 0x80, packed + 2, sizeof(packed) - 2);
	bytes_add_frame(&frames, 0x02, payload, sizeof(payload));
	bytes_add_frame(&frames, 0x80, payload, sizeof(payload));
	fake_stream_say(&p->to_client, frames.data, frames.len);
	failures = 0;
	run(p, &p->client.end, &p->target.end, &p->to_target, &nth);
	check(p, failures);
	bytes_free(&frames);
	pieces_free(p);
	return failures;
}

/* The target's records likewise; without a compressor they go as they are. */
static bool down_fails(long nth)
{
	struct pieces_options options = { .framing = CONFIG_FRAMING_LINES,
					  .messages = WS_MESSAGES_AUTO,
					  .deflate = &shared };
	struct pieces *p = pieces_new(&options);
	char lines[3000];

	memset(lines, 'a', sizeof(lines));
	for (size_t i = 9; i < sizeof(lines) / 2; i += 10)
		lines[i] = '\n';
	lines[sizeof(lines) - 1] = '\n';
	fake_stream_say(&p->to_target, lines, sizeof(lines));
	failures = 0;
	run(p, &p->target.end, &p->client.end, &p->to_client, &nth);
	check(p, failures);
	pieces_free(p);
	return failures;
}

static void test_up(void **unused)
{
	long nth = 0;

	(void)unused;
	while (up_fails(nth))
		nth++;
	assert_true(nth > 3);
}

static void test_down(void **unused)
{
	long nth = 0;

	(void)unused;
	while (down_fails(nth))
		nth++;
	assert_true(nth > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
