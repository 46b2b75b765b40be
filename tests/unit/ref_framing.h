/* SPDX-License-Identifier: MIT */
/* Records read a byte at a time, by rules in a table: slow, and on its own. */

#ifndef TESTS_UNIT_REF_FRAMING_H
#define TESTS_UNIT_REF_FRAMING_H

#include <stdint.h>

#include "framing_transcript.h"

/* How the records of a framing that has bounds stand in a stream. */
struct ref_rule {
	const struct framing *framing;
	size_t head;    /* bytes before the payload; 0: ends with a byte */
	size_t type;    /* of them a type */
	bool is_little; /* how the length among them is read */
	bool has_crlf;  /* a CR before the end goes with it */
	uint8_t end;    /* the byte that ends a record without head */
};

static const struct ref_rule ref_rules[] = {
	{ .framing = &framing_lines, .end = 0x0A },
	{ .framing = &framing_lines_crlf, .end = 0x0A, .has_crlf = true },
	{ .framing = &framing_nul, .end = 0x00 },
	{ .framing = &framing_length8, .head = 1 },
	{ .framing = &framing_length16, .head = 2 },
	{ .framing = &framing_length32, .head = 4 },
	{ .framing = &framing_length16_le, .head = 2, .is_little = true },
	{ .framing = &framing_length32_le, .head = 4, .is_little = true },
	{ .framing = &framing_typed_length32, .head = 5, .type = 1 },
};

#define REF_RULES (sizeof(ref_rules) / sizeof(*ref_rules))

struct ref_reader {
	const struct ref_rule *rule;
	struct framing_transcript *t;
	uint8_t head[8];
	uint64_t taken; /* bytes of a record that is not whole */
	bool has_cr;    /* CR was the last byte, and is not told */
};

static inline void ref_begin(struct ref_reader *ref)
{
	uint16_t type = ref->rule->type ? ref->head[0] : 0;

	if (ref->t->is_open)
		return;
	ref->t->is_open = true;
	transcript_put(ref->t, TRANSCRIPT_BEGIN | type);
}

static inline void ref_byte(struct ref_reader *ref, uint8_t byte)
{
	ref_begin(ref);
	transcript_put(ref->t, byte);
}

static inline void ref_end(struct ref_reader *ref)
{
	ref_begin(ref);
	transcript_put(ref->t, TRANSCRIPT_END);
	ref->t->is_open = false;
	ref->taken = 0;
}

static inline void ref_feed_delimited(struct ref_reader *ref, uint8_t byte)
{
	ref->taken++;
	if (ref->has_cr && byte != ref->rule->end)
		ref_byte(ref, 0x0D);
	ref->has_cr = ref->rule->has_crlf && byte == 0x0D;
	if (byte == ref->rule->end)
		ref_end(ref);
	else if (!ref->has_cr)
		ref_byte(ref, byte);
}

static inline uint64_t ref_length(const struct ref_reader *ref)
{
	size_t first = ref->rule->type;
	uint64_t len = 0;

	for (size_t i = first; i < ref->rule->head; i++)
		len = 256 * len +
		      ref->head[ref->rule->is_little ? ref->rule->head - 1 - i :
						       i];
	return len;
}

static inline void ref_feed_counted(struct ref_reader *ref, uint8_t byte)
{
	size_t head = ref->rule->head;

	if (ref->taken < head)
		ref->head[ref->taken] = byte;
	else
		ref_byte(ref, byte);
	ref->taken++;
	if (ref->rule->type && (ref->head[0] < 1 || ref->head[0] > 2)) {
		transcript_put(ref->t, TRANSCRIPT_BAD_TYPE);
		ref->t->is_bad = true;
	} else if (ref->taken >= head && ref->taken == head + ref_length(ref)) {
		ref_end(ref);
	}
}

/* Reads a byte of the stream, unless it went bad before. */
static inline void ref_feed(struct ref_reader *ref, uint8_t byte)
{
	if (ref->t->is_bad)
		return;
	if (ref->rule->head > 0)
		ref_feed_counted(ref, byte);
	else
		ref_feed_delimited(ref, byte);
}

#endif
