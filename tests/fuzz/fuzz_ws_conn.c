/* SPDX-License-Identifier: MIT */
/* Fuzzes a connection: whole or in pieces, it must agree with the reference. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit/ref_ws_conn.h"
#include "unit/ws_transcript.h"
#include "ws/conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The first byte of the input says which types are accepted and whose end it
 * is, the next CUT_BYTES how long the pieces are, in turn; the rest is what the
 * peer sends.
 */
#define CUT_BYTES 4
#define GAP_MAX 15

static unsigned accept_of(uint8_t byte)
{
	return (byte & TRANSCRIPT_CLIENT) | (1 + byte % 3u);
}

/*
 * Feeds pieces as long as `cuts` says, or all at once if it is null; the
 * transcript is initialised.
 */
static void run(struct ws_transcript *t, unsigned accept, const uint8_t *data,
		size_t size, const uint8_t *cuts)
{
	struct ws_conn conn;

	transcript_conn_init(&conn, accept);
	for (size_t at = 0, turn = 0; at < size; turn++) {
		size_t len = size;
		size_t gap = cuts ? turn % (GAP_MAX + 1) : 0;

		/* The first pieces may be empty; then one must get on. */
		if (cuts)
			len = cuts[turn % CUT_BYTES] +
			      (turn < CUT_BYTES ? 0u : 1u);
		if (len > size - at)
			len = size - at;
		/* Memory of exactly this size: the sanitizer sees its ends. */
		uint8_t *area = malloc(len + gap);
		TRANSCRIPT_CHECK(area || len + gap == 0);
		uint8_t *end = area + len + gap;
		transcript_feed(t, &conn, end, data + at, len, gap);
		free(area);
		at += len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ws_transcript expected, whole, pieces, messages;

	if (size < 1 + CUT_BYTES)
		return 0;
	unsigned accept = accept_of(data[0]);
	const uint8_t *cuts = data + 1;
	const uint8_t *stream = cuts + CUT_BYTES;
	size_t len = size - 1 - CUT_BYTES;

	transcript_init(&expected, len);
	ref_run(&expected, accept, stream, len);
	transcript_init(&whole, len);
	run(&whole, accept, stream, len, NULL);
	TRANSCRIPT_CHECK(transcript_equal(&expected, &whole));
	transcript_init(&pieces, len);
	run(&pieces, accept, stream, len, cuts);
	TRANSCRIPT_CHECK(transcript_equal(&expected, &pieces));
	transcript_init(&messages, len);
	messages.by_message = true;
	run(&messages, accept, stream, len, cuts);
	TRANSCRIPT_CHECK(transcript_equal(&expected, &messages));
	transcript_done(&expected);
	transcript_done(&whole);
	transcript_done(&pieces);
	transcript_done(&messages);
	return 0;
}
