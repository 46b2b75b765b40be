/* SPDX-License-Identifier: MIT */
/* Compressed messages by the piece: expanded in steps, compressed in pieces. */

#include <stdio.h>

#include "pieces_fixture.h"

static const struct http_deflate_agreement shared = {
	.server_no_context_takeover = true,
	.client_no_context_takeover = true,
	.server_max_window_bits = 15,
	.client_max_window_bits = 15,
};

static const struct http_deflate_agreement kept = {
	.server_max_window_bits = 10,
	.client_max_window_bits = 12,
};

static const struct http_deflate_agreement *const agreements[] = { &shared,
								   &kept };

/* A client's side of an agreement. */
struct peer {
	struct ws_deflate *deflate;
	struct ws_inflate *inflate;
	bool keeps; /* the server's context */
};

static struct peer peer_new(const struct http_deflate_agreement *agreed)
{
	struct ws_deflate_settings settings = {
		.window_bits = agreed->client_max_window_bits,
		.level = 6,
		.mem_level = 8,
		.has_takeover = !agreed->client_no_context_takeover,
	};
	struct peer peer = {
		.deflate = ws_deflate_new(&workshop_allocator, &settings),
		.inflate = ws_inflate_new(&workshop_allocator,
					  agreed->server_max_window_bits),
		.keeps = !agreed->server_no_context_takeover,
	};

	assert_non_null(peer.deflate);
	assert_non_null(peer.inflate);
	return peer;
}

static void peer_free(struct peer *peer)
{
	ws_deflate_free(&peer->deflate);
	ws_inflate_free(&peer->inflate);
}

/* Adds a compressed message in frames of at most `part` bytes. */
static void add_packed(struct peer *peer, struct bytes *frames, uint8_t opcode,
		       const void *data, size_t len, size_t part)
{
	uint8_t *packed = malloc(ws_deflate_bound(len));
	uint8_t first = 0x40 | opcode;
	size_t left;
	size_t at = 0;

	assert_non_null(packed);
	left = ws_deflate_run(peer->deflate, data, len, true, packed);
	while (left > part) {
		bytes_add_frame(frames, first, packed + at, part);
		first = 0;
		at += part;
		left -= part;
	}
	bytes_add_frame(frames, first | 0x80, packed + at, left);
	free(packed);
}

static void expand(struct peer *peer, const struct bytes *packed,
		   struct bytes *ret)
{
	const uint8_t *in = packed->data;
	enum ws_inflate_status status;

	if (!peer->keeps)
		ws_inflate_reset(peer->inflate, 15);
	do {
		uint8_t room[512];
		uint8_t *out = room;

		status = ws_inflate_run(peer->inflate, &in,
					packed->data + packed->len, true, &out,
					room + sizeof(room));
		bytes_add(ret, room, (size_t)(out - room));
	} while (status == WS_INFLATE_FULL);
	assert_int_equal(status, WS_INFLATE_DONE);
}

/* The next message of what the client was sent, expanded. */
static void take_message(struct pieces *p, struct peer *peer, size_t *at,
			 bool *ret_is_packed, struct bytes *ret)
{
	const struct fake_stream *fake = &p->to_client;
	struct ws_client_view frame = { .first = 0 };
	struct bytes payload = { .data = NULL };

	*ret = (struct bytes){ .data = NULL };
	do {
		assert_true(ws_client_parse(fake->output + *at,
					    fake->output_len - *at, &frame));
		if (!payload.data)
			*ret_is_packed = frame.first & 0x40;
		else
			assert_int_equal(frame.first & 0x7F, 0);
		bytes_add(&payload, frame.payload, frame.len);
		*at += frame.size;
	} while (!(frame.first & 0x80));
	if (*ret_is_packed)
		expand(peer, &payload, ret);
	else
		bytes_add(ret, payload.data, payload.len);
	bytes_free(&payload);
}

/* Lines as a program writes them, of `len` bytes together. */
static void make_text(struct pieces *p, struct bytes *text, size_t len)
{
	while (text->len < len) {
		char word[32];
		int n = snprintf(word, sizeof(word), "{\"key\": %u}, ",
				 pieces_random(p) % 1000);

		bytes_add(text, word, (size_t)n);
	}
	text->len = len;
}

static const size_t lengths[] = { 0, 1, 10, 63, 64, 200, 2000, 20000, 60000 };

#define LENGTHS (sizeof(lengths) / sizeof(*lengths))

static void check_up(const struct http_deflate_agreement *agreed, size_t part,
		     size_t piece, size_t credit)
{
	struct pieces_options options = { .framing = CONFIG_FRAMING_LENGTH32,
					  .messages = WS_MESSAGES_AUTO,
					  .deflate = agreed };
	struct pieces *p = pieces_new(&options);
	struct peer peer = peer_new(agreed);
	struct bytes frames = { .data = NULL };
	struct bytes records = { .data = NULL };

	for (size_t i = 0; i < LENGTHS; i++) {
		struct bytes text = { .data = NULL };
		struct framing_text head;

		make_text(p, &text, lengths[i]);
		framing_length32.head(FRAMING_UNTYPED, text.len, &head);
		bytes_add(&records, head.data, head.len);
		bytes_add(&records, text.data, text.len);
		/* One that is not compressed comes between. */
		bytes_add(&records, "\0\0\0\1x", 5);
		add_packed(&peer, &frames, i % 2 ? 1 : 2, text.data, text.len,
			   part);
		bytes_add_frame(&frames, WS_TEXT, "x", 1);
		bytes_free(&text);
	}
	pieces_up(p, frames.data, frames.len, piece, credit);
	assert_int_equal(p->result.outcome, PUMP_NOTHING);
	fake_stream_check(&p->to_target, records.data, records.len);
	if (agreed == &shared)
		assert_null(p->client.deflate.inflate);
	bytes_free(&frames);
	bytes_free(&records);
	peer_free(&peer);
	pieces_free(p);
}

static void test_up(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		check_up(agreements[i], 50000, 0, FAKE_ALL);
		check_up(agreements[i], 50000, 1, FAKE_ALL);
		check_up(agreements[i], 1, 0, FAKE_ALL);
		check_up(agreements[i], 7, 0, 0);
		check_up(agreements[i], 1000, 3, 1);
	}
}

static void check_down(const struct http_deflate_agreement *agreed,
		       size_t piece, size_t credit)
{
	struct pieces_options options = { .framing = CONFIG_FRAMING_LINES,
					  .messages = WS_MESSAGES_TEXT,
					  .deflate = agreed,
					  .min_size = 64 };
	struct pieces *p = pieces_new(&options);
	struct peer peer = peer_new(agreed);
	struct bytes lines = { .data = NULL };
	size_t begins[LENGTHS];
	size_t at = 0;

	for (size_t i = 0; i < LENGTHS; i++) {
		struct bytes text = { .data = NULL };

		make_text(p, &text, lengths[i]);
		begins[i] = lines.len;
		bytes_add(&lines, text.data, text.len);
		bytes_add(&lines, "\n", 1);
		bytes_free(&text);
	}
	pieces_down(p, lines.data, lines.len, piece, credit);
	assert_int_equal(p->result.outcome, PUMP_NOTHING);
	for (size_t i = 0; i < LENGTHS; i++) {
		struct bytes text;
		bool is_packed = false;

		take_message(p, &peer, &at, &is_packed, &text);
		if (piece != 1)
			assert_int_equal(is_packed, lengths[i] >= 64);
		assert_int_equal(text.len, lengths[i]);
		assert_memory_equal(text.data, lines.data + begins[i],
				    text.len);
		bytes_free(&text);
	}
	assert_int_equal(at, p->to_client.output_len);
	bytes_free(&lines);
	peer_free(&peer);
	pieces_free(p);
}

static void test_down(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		check_down(agreements[i], 0, FAKE_ALL);
		check_down(agreements[i], 1, FAKE_ALL);
		check_down(agreements[i], 0, 1);
		check_down(agreements[i], 0, 0);
	}
}

/* What does not get shorter is sent as it is. */
static void test_noise(void **unused)
{
	struct pieces_options options = { .framing = CONFIG_FRAMING_LENGTH16,
					  .deflate = &shared };
	struct pieces *p = pieces_new(&options);
	struct ws_client_view frame = { .first = 0 };
	uint8_t record[202] = { 0, 200 };

	(void)unused;
	for (size_t i = 2; i < sizeof(record); i++)
		record[i] = (uint8_t)pieces_random(p);
	pieces_down(p, record, sizeof(record), 0, FAKE_ALL);
	assert_true(ws_client_parse(p->to_client.output,
				    p->to_client.output_len, &frame));
	assert_int_equal(frame.first, WS_BINARY);
	assert_int_equal(frame.len, 200);
	pieces_free(p);
}

#define BOMB (32u << 20)

/* A little that came stands for very much; no more of it is made than taken. */
static void test_bomb(void **unused)
{
	struct pieces_options options = { .deflate = &shared };
	struct pieces *p = pieces_new(&options);
	struct peer peer = peer_new(&shared);
	struct bytes frames = { .data = NULL };
	uint8_t *zeros = calloc(BOMB, 1);
	size_t turns = 0;

	(void)unused;
	assert_non_null(zeros);
	add_packed(&peer, &frames, 2, zeros, BOMB, 50000);
	fake_stream_say(&p->to_client, frames.data, frames.len);
	do {
		p->result = pump_run(&p->client.end, &p->target.end,
				     &p->scratch);
		/* A turn ends, though all was taken. */
		assert_true(p->to_target.output_len < 1u << 20);
		p->client.end.progress_ms += p->to_target.output_len;
		p->to_target.output_len = 0;
		turns++;
	} while (p->result.outcome == PUMP_MOVED);
	assert_int_equal(p->result.outcome, PUMP_NOTHING);
	assert_int_equal(p->client.end.progress_ms, BOMB);
	assert_true(turns > 32);
	free(zeros);
	bytes_free(&frames);
	peer_free(&peer);
	pieces_free(p);
}

/* Its expanded bytes count. */
static void test_limit_of_what_it_expands_to(void **unused)
{
	struct pieces_options options = { .framing = CONFIG_FRAMING_LENGTH32,
					  .limit = 100000,
					  .deflate = &shared };
	struct pieces *p = pieces_new(&options);
	struct peer peer = peer_new(&shared);
	struct bytes frames = { .data = NULL };
	uint8_t *zeros = calloc(100001, 1);

	(void)unused;
	assert_non_null(zeros);
	add_packed(&peer, &frames, 2, zeros, 100000, 50000);
	add_packed(&peer, &frames, 2, zeros, 100001, 50000);
	pieces_up(p, frames.data, frames.len, 0, FAKE_ALL);
	assert_int_equal(p->result.outcome, PUMP_FAULT);
	assert_int_equal(p->result.cause, CAUSE_MESSAGE_SIZE);
	assert_int_equal(p->to_target.output_len, 100004);
	free(zeros);
	bytes_free(&frames);
	peer_free(&peer);
	pieces_free(p);
}

static void check_bad(uint8_t opcode, const void *payload, size_t len,
		      uint8_t second, enum relay_cause cause)
{
	struct pieces_options options = { .messages = WS_MESSAGES_AUTO,
					  .deflate = &shared };
	struct pieces *p = pieces_new(&options);
	struct bytes frames = { .data = NULL };

	bytes_add_frame(&frames, opcode, payload, len);
	if (second)
		bytes_add_frame(&frames, second, "x", 1);
	pieces_up(p, frames.data, frames.len, 0, FAKE_ALL);
	assert_int_equal(p->result.outcome, PUMP_FAULT);
	assert_int_equal(p->result.cause, cause);
	bytes_free(&frames);
	pieces_free(p);
}

static void test_bad_messages(void **unused)
{
	(void)unused;
	check_bad(0xC2, "\xFF\xFF\xFF", 3, 0, CAUSE_CLIENT_DEFLATE);
	check_bad(0xC2, "", 0, 0, CAUSE_CLIENT_DEFLATE);
	/* Fixed codes: FF, in a text. */
	check_bad(0xC1, "\xfa\x0f\x00", 3, 0, CAUSE_CLIENT_UTF8);
	/* RSV1 again, inside of the message; before it, and in a ping. */
	check_bad(0x42, "", 0, 0xC0, CAUSE_PROTOCOL);
	check_bad(0x42, "", 0, 0xC9, CAUSE_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_limit_of_what_it_expands_to),
		cmocka_unit_test(test_bad_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
