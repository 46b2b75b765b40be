/* SPDX-License-Identifier: MIT */
/* Fuzzes records: whole or in pieces as the reference says, and back again. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "framing/framing.h"
#include "unit/ref_framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The first byte of the input chooses the framing, the next CUT_BYTES say how
 * long the pieces are, in turn; the rest is what a target sends.
 */
#define CUT_BYTES 4

/* What a client may send in one message of the round trip. */
#define MESSAGE_MAX 300

static void run_reference(struct framing_transcript *t,
			  const struct ref_rule *rule, const uint8_t *data,
			  size_t size, uint64_t *ret_taken)
{
	struct ref_reader ref = { .rule = rule, .t = t };

	for (size_t i = 0; i < size; i++)
		ref_feed(&ref, data[i]);
	*ret_taken = ref.taken;
}

/* Memory of exactly a piece's size: the sanitizer sees its ends. */
static void feed(struct framing_transcript *t, const struct framing *framing,
		 struct framing_reader *reader, const uint8_t *data, size_t len)
{
	uint8_t *piece = malloc(len);

	TRANSCRIPT_CHECK(piece || len == 0);
	if (len > 0)
		memcpy(piece, data, len);
	transcript_feed(t, framing, reader, piece, len);
	free(piece);
}

/* Feeds pieces as long as `cuts` says, or all at once if it is null. */
static void check(const struct framing_transcript *expected, uint64_t taken,
		  const struct framing *framing, const uint8_t *data,
		  size_t size, const uint8_t *cuts)
{
	struct framing_transcript t;
	struct framing_reader reader = { 0 };

	transcript_init(&t, size);
	for (size_t at = 0, turn = 0; at < size; turn++) {
		size_t len = size;

		/* The first pieces may be empty; then one must get on. */
		if (cuts)
			len = cuts[turn % CUT_BYTES] +
			      (turn < CUT_BYTES ? 0u : 1u);
		if (len > size - at)
			len = size - at;
		feed(&t, framing, &reader, data + at, len);
		at += len;
	}
	TRANSCRIPT_CHECK(transcript_equal(expected, &t));
	TRANSCRIPT_CHECK(t.is_bad || framing_open_bytes(&reader) == taken);
	transcript_done(&t);
}

/* Sends `len` bytes as a message; what is read must be just that. */
static void check_round_trip(const struct framing *framing,
			     const uint8_t *payload, size_t len)
{
	uint8_t record[FRAMING_HEAD_MAX + MESSAGE_MAX + FRAMING_TAIL_MAX];
	struct framing_text head = { .len = 0 };
	struct framing_reader reader = { 0 };
	struct framing_piece piece;

	if (len > framing->payload_max ||
	    (framing->may_carry && !framing->may_carry(payload, len)))
		return;
	if (framing->head)
		framing->head(FRAMING_BINARY, len, &head);
	memcpy(record, head.data, head.len);
	memcpy(record + head.len, payload, len);
	memcpy(record + head.len + len, framing->tail.data, framing->tail.len);
	const uint8_t *in = record;
	const uint8_t *end = record + head.len + len + framing->tail.len;

	TRANSCRIPT_CHECK(framing->next(&reader, &in, end, &piece) ==
			 FRAMING_PIECE);
	TRANSCRIPT_CHECK(in == end && piece.is_first && piece.is_last);
	TRANSCRIPT_CHECK(piece.len == len);
	TRANSCRIPT_CHECK(memcmp(piece.data, payload, len) == 0);
	TRANSCRIPT_CHECK(piece.type == (framing->is_typed ? FRAMING_BINARY :
							    FRAMING_UNTYPED));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 + CUT_BYTES)
		return 0;
	const struct ref_rule *rule = &ref_rules[data[0] % REF_RULES];
	const uint8_t *cuts = data + 1;
	const uint8_t *stream = cuts + CUT_BYTES;
	size_t len = size - 1 - CUT_BYTES;
	struct framing_transcript expected;
	uint64_t taken;

	transcript_init(&expected, len);
	run_reference(&expected, rule, stream, len, &taken);
	check(&expected, taken, rule->framing, stream, len, NULL);
	check(&expected, taken, rule->framing, stream, len, cuts);
	check_round_trip(rule->framing, stream,
			 len < MESSAGE_MAX ? len : MESSAGE_MAX);
	transcript_done(&expected);
	return 0;
}
