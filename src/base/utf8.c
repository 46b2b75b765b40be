/* SPDX-License-Identifier: MIT */
/* A UTF-8 automaton whose steps are one load and one shift each. */

#include "base/utf8.h"

#include <string.h>

/*
 * A state is a bit offset.  The row of a byte holds, at the offset of each
 * state, the state the byte leads to; so a step is `row[byte] >> state`, the
 * loads do not wait for the state, and the chain from byte to byte is one
 * shift.  Upper bits of the shifted row are leftovers: only the lowest
 * STATE_BITS count.  9 states of 6 bits need 54 of the 64.
 */
#define STATE_BITS 6
#define STATE_MASK ((1u << STATE_BITS) - 1)

enum {
	STATE_START = 0 * STATE_BITS, /* between characters */
	STATE_ERROR = 1 * STATE_BITS, /* never left again */
	STATE_TAIL1 = 2 * STATE_BITS, /* one more byte 80..BF */
	STATE_TAIL2 = 3 * STATE_BITS, /* two more */
	STATE_TAIL3 = 4 * STATE_BITS, /* three more */
	STATE_E0 = 5 * STATE_BITS,    /* A0..BF (below: overlong), one more */
	STATE_ED = 6 * STATE_BITS,    /* 80..9F (above: surrogate), one more */
	STATE_F0 = 7 * STATE_BITS,    /* 90..BF (below: overlong), two more */
	STATE_F4 = 8 * STATE_BITS,    /* 80..8F (above: U+110000), two more */
};

#define STEP(from, to) ((uint64_t)STATE_##to << STATE_##from)

/* A byte that begins a character, or is one: an error anywhere else. */
#define LEAD(to)                                                     \
	(STEP(START, to) | STEP(ERROR, ERROR) | STEP(TAIL1, ERROR) | \
	 STEP(TAIL2, ERROR) | STEP(TAIL3, ERROR) | STEP(E0, ERROR) | \
	 STEP(ED, ERROR) | STEP(F0, ERROR) | STEP(F4, ERROR))

/* A byte that continues one; the states with a narrower range differ. */
#define TAIL(e0, ed, f0, f4)                                            \
	(STEP(START, ERROR) | STEP(ERROR, ERROR) | STEP(TAIL1, START) | \
	 STEP(TAIL2, TAIL1) | STEP(TAIL3, TAIL2) | STEP(E0, e0) |       \
	 STEP(ED, ed) | STEP(F0, f0) | STEP(F4, f4))

static const uint64_t utf8_rows[256] = {
	[0x00 ... 0x7F] = LEAD(START),
	[0x80 ... 0x8F] = TAIL(ERROR, TAIL1, ERROR, TAIL2),
	[0x90 ... 0x9F] = TAIL(ERROR, TAIL1, TAIL2, ERROR),
	[0xA0 ... 0xBF] = TAIL(TAIL1, ERROR, TAIL2, ERROR),
	[0xC0 ... 0xC1] = LEAD(ERROR), /* overlong */
	[0xC2 ... 0xDF] = LEAD(TAIL1),
	[0xE0] = LEAD(E0),
	[0xE1 ... 0xEC] = LEAD(TAIL2),
	[0xED] = LEAD(ED),
	[0xEE ... 0xEF] = LEAD(TAIL2),
	[0xF0] = LEAD(F0),
	[0xF1 ... 0xF3] = LEAD(TAIL3),
	[0xF4] = LEAD(F4),
	[0xF5 ... 0xFF] = LEAD(ERROR), /* above U+10FFFF */
};

/* Bytes looked at together: one test for ASCII, one for an error. */
#define BLOCK 32

static uint32_t utf8_step(uint32_t state, uint8_t byte)
{
	return (uint32_t)(utf8_rows[byte] >> state) & STATE_MASK;
}

static bool utf8_block_is_ascii(const uint8_t *data)
{
	uint64_t word[BLOCK / sizeof(uint64_t)];

	memcpy(word, data, sizeof(word));
	return ((word[0] | word[1] | word[2] | word[3]) &
		UINT64_C(0x8080808080808080)) == 0;
}

/* The state behind a block; an error inside is kept, its place is not. */
static uint32_t utf8_block(uint32_t state, const uint8_t *data)
{
	for (size_t i = 0; i < BLOCK; i++)
		state = utf8_step(state, data[i]);
	return state;
}

/*
 * As utf8_validate(), but on an error `*state` is left as it was before the
 * bad byte.
 */
static size_t utf8_run(uint32_t *state, const uint8_t *data, size_t len)
{
	uint32_t now = *state;
	size_t at = 0;

	while (len - at >= BLOCK) {
		if (now == STATE_START && utf8_block_is_ascii(data + at)) {
			at += BLOCK;
			continue;
		}
		uint32_t next = utf8_block(now, data + at);
		if (next == STATE_ERROR)
			break; /* the loop below finds the byte */
		now = next;
		at += BLOCK;
	}
	for (; at < len; at++) {
		uint32_t next = utf8_step(now, data[at]);
		if (next == STATE_ERROR)
			break;
		now = next;
	}
	*state = now;
	return at;
}

void utf8_init(struct utf8_state *state)
{
	state->state = STATE_START;
}

size_t utf8_validate(struct utf8_state *state, const uint8_t *data, size_t len)
{
	size_t valid = utf8_run(&state->state, data, len);
	if (valid < len)
		state->state = STATE_ERROR;
	return valid;
}

bool utf8_is_complete(const struct utf8_state *state)
{
	return state->state == STATE_START;
}

enum utf8_rest utf8_split(const uint8_t *data, size_t len, size_t *ret_whole)
{
	uint32_t state = STATE_START;
	size_t valid = utf8_run(&state, data, len);
	size_t whole = valid;

	if (state != STATE_START) {
		/* Back over the open character: its tail, its first byte. */
		while ((data[whole - 1] & 0xC0) == 0x80)
			whole--;
		whole--;
	}
	*ret_whole = whole;
	if (valid < len)
		return UTF8_REST_INVALID;
	return whole < len ? UTF8_REST_PARTIAL : UTF8_REST_NONE;
}
