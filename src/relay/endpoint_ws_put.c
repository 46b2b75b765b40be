/* SPDX-License-Identifier: MIT */
/* The client's end by the piece: frames of messages. */

#include <string.h>

#include "relay/endpoint_ws_pieces.h"
#include "relay/framings.h"
#include "relay/outlet.h"
#include "relay/pump.h"
#include "relay/workshop.h"

/* What one call of endpoint_ws_put() works with. */
struct job {
	struct endpoint_ws *ws;
	const struct pump_scratch *scratch;
	struct outlet *outlet;
	enum ws_opcode type; /* of the message */
};

/* What a frame of the open message begins with. */
static enum ws_opcode opcode_of(const struct job *job)
{
	return job->ws->is_sending ? WS_OPCODE_CONTINUATION : job->type;
}

static void note_frame(const struct job *job, bool is_last)
{
	job->ws->is_sending = !is_last;
	if (is_last)
		job->ws->end.messages++;
}

static void put_plain(const struct job *job, const uint8_t *data, size_t len,
		      bool is_last)
{
	uint8_t header[WS_FRAME_HEADER_MAX];
	size_t size = ws_frame_header_before(header + sizeof(header), len,
					     opcode_of(job), is_last);

	outlet_put(job->outlet, header + sizeof(header) - size, size);
	outlet_put(job->outlet, data, len);
	note_frame(job, is_last);
}

/* Most bytes to compress at a time, so that the outlet has room for them. */
static size_t packed_step(const struct outlet *outlet)
{
	return (outlet->size - WS_FRAME_HEADER_MAX) / 2;
}

/* The session's own compressor, or one that serves all; null: no memory. */
static struct ws_deflate *compressor(const struct job *job)
{
	struct endpoint_ws_deflate *d = &job->ws->deflate;

	if (d->deflate)
		return d->deflate;
	return workshop_compressor(job->scratch->shop,
				   job->scratch->route->deflate.level,
				   d->server_bits);
}

/*
 * Compresses a frame's payload into the outlet: its size there.  It lies
 * WS_FRAME_HEADER_MAX bytes behind `*ret_at`.
 */
static size_t pack(const struct job *job, struct ws_deflate *z,
		   const uint8_t *data, size_t len, bool is_last,
		   uint8_t **ret_at)
{
	size_t room = WS_FRAME_HEADER_MAX + ws_deflate_bound(len);

	*ret_at = outlet_reserve(job->outlet, room);
	return ws_deflate_run(z, data, len, is_last,
			      *ret_at + WS_FRAME_HEADER_MAX);
}

/* Puts the header in front of what pack() left, without a gap. */
static void put_packed(const struct job *job, uint8_t *at, size_t len,
		       bool is_last)
{
	uint8_t *payload = at + WS_FRAME_HEADER_MAX;
	size_t size = ws_frame_header_before(payload, len, opcode_of(job),
					     is_last);

	if (!job->ws->is_sending)
		ws_frame_header_set_rsv1(payload - size);
	memmove(at, payload - size, size + len);
	outlet_advance(job->outlet, size + len);
	note_frame(job, is_last);
}

/* A compressed message, or the rest of it, in as many frames as it takes. */
static void put_compressed(const struct job *job, struct ws_deflate *z,
			   const uint8_t *data, size_t len, bool is_last)
{
	size_t step = packed_step(job->outlet);
	bool is_end;

	do {
		size_t now = len < step ? len : step;
		uint8_t *at;
		size_t packed;

		is_end = is_last && now == len;
		packed = pack(job, z, data, now, is_end, &at);
		if (packed)
			put_packed(job, at, packed, is_end);
		data += now;
		len -= now;
	} while (len);
}

/*
 * A whole message that may be sent either way: the shorter one.  False: it is
 * for put_plain().
 */
static bool put_shorter(const struct job *job, struct ws_deflate *z,
			const uint8_t *data, size_t len)
{
	uint8_t *at;
	size_t packed = pack(job, z, data, len, true, &at);

	if (packed >= len)
		return false;
	put_packed(job, at, packed, true);
	return true;
}

/* A message begins: whether it is worth to be compressed, and can be. */
static struct ws_deflate *choose_compressor(const struct job *job, size_t len,
					    bool is_last)
{
	size_t min = job->scratch->route->deflate.min_size;

	if (!job->ws->deflate.server_bits || (is_last && len < min))
		return NULL;
	return compressor(job);
}

/* Sends a piece of the open message. */
static void put_frame(const struct job *job, const uint8_t *data, size_t len,
		      bool is_last)
{
	struct endpoint_ws_deflate *d = &job->ws->deflate;
	struct ws_deflate *z = NULL;

	if (!job->ws->is_sending) {
		z = choose_compressor(job, len, is_last);
		d->is_packing = z;
	} else if (d->is_packing) {
		z = compressor(job);
	}
	if (!z)
		put_plain(job, data, len, is_last);
	else if (job->ws->is_sending || !is_last || d->deflate ||
		 len > packed_step(job->outlet))
		put_compressed(job, z, data, len, is_last);
	else if (!put_shorter(job, z, data, len))
		put_plain(job, data, len, is_last);
}

/* What was cut before, and a piece behind it. */
static struct chunk join(const struct job *job, const struct piece *piece)
{
	struct endpoint_ws *ws = job->ws;
	uint8_t *to = job->scratch->shop->spare;
	size_t cut = ws->partial_len;

	memcpy(to, ws->partial, cut);
	memcpy(to + cut, piece->data, piece->len);
	ws->partial_len = 0;
	return (struct chunk){ .data = to, .len = cut + piece->len };
}

/* Keeps what is cut at the end of a text for its next piece. */
static void keep_cut(struct endpoint_ws *ws, const uint8_t *data, size_t len)
{
	memcpy(ws->partial, data, len);
	ws->partial_len = (uint8_t)len;
}

/* What of a text may go on: whole characters.  True: the rest is kept. */
static bool split_text(const struct job *job, struct chunk *text, bool may_cut)
{
	size_t whole;
	enum utf8_rest rest = utf8_split(text->data, text->len, &whole);
	size_t left = text->len - whole;

	text->len = whole;
	if (rest == UTF8_REST_NONE)
		return true;
	if (rest == UTF8_REST_PARTIAL && may_cut) {
		keep_cut(job->ws, text->data + whole, left);
		return true;
	}
	job->ws->end.undelivered += left;
	return false;
}

/*
 * Text goes on whatever it was, with U+FFFD for what was none.  It may become
 * longer, so it is done in parts.
 */
static void put_replaced(const struct job *job, const struct piece *piece)
{
	bool is_stream = framing_of_route(job->scratch->route)->is_stream;
	const struct workshop *shop = job->scratch->shop;
	size_t step = (shop->spare_size - utf8_replace_bound(0)) / 3;
	size_t left = piece->len;
	const uint8_t *in = piece->data;

	do {
		size_t now = left < step ? left : step;
		bool is_end = piece->is_last && now == left;
		size_t len = utf8_replace(&job->ws->replacer, in, now,
					  is_end && !is_stream, shop->spare);

		if (len || (is_end && !is_stream))
			put_frame(job, shop->spare, len, is_end || is_stream);
		in += now;
		left -= now;
	} while (left);
}

/*
 * On a stream every piece is a message, and a character may go on in the next;
 * a record ends with a character.
 */
static enum relay_cause put_text(const struct job *job,
				 const struct piece *piece)
{
	bool is_stream = framing_of_route(job->scratch->route)->is_stream;
	struct chunk text = { .data = (uint8_t *)(uintptr_t)piece->data,
			      .len = piece->len };
	bool is_good;
	bool is_end;

	if (job->ws->partial_len)
		text = join(job, piece);
	is_good = split_text(job, &text, is_stream || !piece->is_last);
	is_end = is_stream || (is_good && piece->is_last);
	if (text.len || (is_end && !is_stream))
		put_frame(job, text.data, text.len, is_end);
	return is_good ? CAUSE_NONE : CAUSE_TARGET_UTF8;
}

/* Text where all of it is UTF-8. */
static void put_auto(struct job *job, const uint8_t *data, size_t len)
{
	size_t whole;

	job->type = utf8_split(data, len, &whole) == UTF8_REST_NONE ?
			    WS_OPCODE_TEXT :
			    WS_OPCODE_BINARY;
	put_frame(job, data, len, true);
}

/* The whole record decides on the type of its message. */
static enum relay_cause gather_auto(struct job *job, const struct piece *piece)
{
	struct endpoint *end = &job->ws->end;
	size_t limit = job->scratch->route->limits.message;

	if (piece->len > limit - stash_len(end->gather))
		return CAUSE_RECORD_SIZE;
	if (piece->is_first && piece->is_last) {
		put_auto(job, piece->data, piece->len);
		return CAUSE_NONE;
	}
	if (stash_add(&end->gather, end->pool, piece->data, piece->len))
		return CAUSE_NO_MEMORY;
	if (piece->is_last) {
		put_auto(job, end->gather->data, end->gather->len);
		stash_free(&end->gather, end->pool);
	}
	return CAUSE_NONE;
}

static bool is_text(const struct endpoint_ws *ws, const struct piece *piece)
{
	return ws->messages == WS_MESSAGES_TEXT ||
	       (ws->messages == WS_MESSAGES_TYPED &&
		piece->type == FRAMING_TEXT);
}

enum relay_cause endpoint_ws_put(struct endpoint *end,
				 const struct piece *piece,
				 const struct pump_scratch *scratch,
				 struct outlet *outlet)
{
	struct job job = {
		.ws = (struct endpoint_ws *)(void *)end,
		.scratch = scratch,
		.outlet = outlet,
		.type = WS_OPCODE_BINARY,
	};

	if (job.ws->messages == WS_MESSAGES_AUTO)
		return gather_auto(&job, piece);
	if (is_text(job.ws, piece)) {
		job.type = WS_OPCODE_TEXT;
		if (!job.ws->replaces)
			return put_text(&job, piece);
		put_replaced(&job, piece);
		return CAUSE_NONE;
	}
	put_frame(&job, piece->data, piece->len, piece->is_last);
	return CAUSE_NONE;
}
