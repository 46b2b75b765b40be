/* SPDX-License-Identifier: MIT */
/* The target's end: records on the wire, messages inside. */

#include "relay/endpoint_record.h"

#include <errno.h>
#include <stdlib.h>

#include "relay/endpoint_raw.h"
#include "relay/framings.h"
#include "relay/outlet.h"
#include "relay/pump.h"

static struct endpoint_record *record_of(struct endpoint *end)
{
	return (struct endpoint_record *)(void *)end;
}

/* What may become longer here is told in shorter pieces. */
static size_t step_of(const struct framing *framing, const struct chunk *input,
		      const struct pump_scratch *scratch)
{
	if (framing->is_datagram || !scratch->piece ||
	    input->len < scratch->piece)
		return input->len;
	return scratch->piece;
}

/* Takes a step in the target's bytes. */
static enum framing_status step(struct endpoint_record *record,
				struct chunk *input,
				const struct pump_scratch *scratch,
				struct framing_piece *ret_piece)
{
	const struct framing *framing = framing_of_route(scratch->route);
	struct framing_reader none = { .left = 0 };
	const uint8_t *in = input->data;
	enum framing_status status =
		framing->next(record->reader ? record->reader : &none, &in,
			      in + step_of(framing, input, scratch),
			      ret_piece);

	input->len -= (size_t)(in - input->data);
	input->data += in - input->data;
	return status;
}

static enum endpoint_news record_next(struct endpoint *end,
				      struct chunk *input,
				      const struct pump_scratch *scratch,
				      struct piece *ret_piece)
{
	struct framing_piece got = { .data = NULL };
	enum framing_status status;

	do {
		status = step(record_of(end), input, scratch, &got);
	} while (status == FRAMING_MORE && input->len);
	switch (status) {
	case FRAMING_PIECE:
		break;
	case FRAMING_MORE:
		return ENDPOINT_GOES_ON;
	case FRAMING_BAD_TYPE:
		end->fault = CAUSE_RECORD_TYPE;
		return ENDPOINT_FAULT;
	}
	*ret_piece = (struct piece){ .data = got.data,
				     .len = got.len,
				     .type = got.type,
				     .is_first = got.is_first,
				     .is_last = got.is_last };
	return ENDPOINT_PIECE;
}

/* Puts a record of a message whose payload is `len` bytes at `data`. */
static enum relay_cause put_whole(const struct framing *framing,
				  enum framing_type type, const uint8_t *data,
				  size_t len, struct outlet *outlet)
{
	struct framing_text head;

	if (framing->may_carry && !framing->may_carry(data, len))
		return CAUSE_MESSAGE_CONTENT;
	if (framing->is_datagram) {
		outlet_send_alone(outlet, data, len);
		return CAUSE_NONE;
	}
	if (framing->head) {
		framing->head(type, len, &head);
		outlet_put(outlet, head.data, head.len);
	}
	outlet_put(outlet, data, len);
	outlet_put(outlet, framing->tail.data, framing->tail.len);
	return CAUSE_NONE;
}

/* Puts a piece of a message whose record has begun, or does with it. */
static void put_piece(const struct framing *framing, const struct piece *piece,
		      struct outlet *outlet)
{
	struct framing_text head;

	if (piece->is_first && framing->head) {
		framing->head(piece->type, piece->message_len, &head);
		outlet_put(outlet, head.data, head.len);
	}
	outlet_put(outlet, piece->data, piece->len);
	if (piece->is_last)
		outlet_put(outlet, framing->tail.data, framing->tail.len);
}

/* Whether a record can begin with the message's first piece. */
static bool may_begin(const struct framing *framing, const struct piece *piece)
{
	if (framing->may_carry)
		return false;
	return !framing->head || piece->is_len_known;
}

/* Keeps a piece of a message that is not whole, as far as a record may go. */
static enum relay_cause keep(struct endpoint *end, const struct piece *piece)
{
	if (stash_add(&end->gather, end->pool, piece->data, piece->len))
		return CAUSE_NO_MEMORY;
	return CAUSE_NONE;
}

/* The gathered message is whole. */
static enum relay_cause put_gathered(struct endpoint *end,
				     const struct framing *framing,
				     enum framing_type type,
				     struct outlet *outlet)
{
	struct stash *whole = end->gather;
	enum relay_cause cause;

	end->gather = NULL;
	cause = put_whole(framing, type, whole->data, whole->len, outlet);
	stash_free(&whole, end->pool);
	return cause;
}

/* A message that must be whole first: its pieces are gathered. */
static enum relay_cause put_late(struct endpoint *end,
				 const struct framing *framing,
				 const struct piece *piece, size_t limit,
				 struct outlet *outlet)
{
	size_t have = stash_len(end->gather);
	enum relay_cause cause;

	if (piece->len > limit - have)
		return CAUSE_MESSAGE_SIZE;
	if (piece->is_first && piece->is_last)
		return put_whole(framing, piece->type, piece->data, piece->len,
				 outlet);
	cause = keep(end, piece);
	if (cause || !piece->is_last)
		return cause;
	return put_gathered(end, framing, piece->type, outlet);
}

/* The longest message there can be a record of. */
static uint64_t longest(const struct framing *framing, bool is_gathered,
			const struct config_route *route)
{
	uint64_t limit = framing->payload_max;

	if (is_gathered && route->limits.message < limit)
		limit = route->limits.message;
	return limit;
}

static enum relay_cause record_put(struct endpoint *end,
				   const struct piece *piece,
				   const struct pump_scratch *scratch,
				   struct outlet *outlet)
{
	const struct framing *framing = framing_of_route(scratch->route);
	uint64_t limit;

	if (framing->is_stream) {
		outlet_put(outlet, piece->data, piece->len);
		return CAUSE_NONE;
	}
	if (piece->is_first)
		end->is_gathering = !may_begin(framing, piece);
	limit = longest(framing, end->is_gathering, scratch->route);
	if (piece->is_first && piece->is_len_known &&
	    piece->message_len > limit)
		return CAUSE_MESSAGE_SIZE;
	if (end->is_gathering)
		return put_late(end, framing, piece, (size_t)limit, outlet);
	put_piece(framing, piece, outlet);
	return CAUSE_NONE;
}

static enum relay_cause record_encode_end(struct endpoint *end)
{
	(void)end;
	return CAUSE_NONE;
}

static enum relay_cause record_decode_end(struct endpoint *end)
{
	return endpoint_record_open_bytes(record_of(end)) ?
		       CAUSE_RECORD_TRUNCATED :
		       CAUSE_NONE;
}

static const struct endpoint_ops record_ops = {
	.encode_end = record_encode_end,
	.decode_end = record_decode_end,
	.next = record_next,
	.put = record_put,
};

void endpoint_record_init(struct endpoint_record *record,
			  struct buffer_pool *pool)
{
	endpoint_init(&record->end, &endpoint_raw_ops, pool);
	record->reader = NULL;
}

int endpoint_record_begin(struct endpoint_record *record,
			  const struct framing *framing)
{
	record->end.ops = &record_ops;
	record->end.by_piece = true;
	if (framing->is_stream || framing->is_datagram)
		return 0;
	record->reader = calloc(1, sizeof(*record->reader));
	return record->reader ? 0 : -ENOMEM;
}

uint64_t endpoint_record_open_bytes(const struct endpoint_record *record)
{
	return record->reader ? framing_open_bytes(record->reader) : 0;
}

void endpoint_record_done(struct endpoint_record *record)
{
	endpoint_done(&record->end);
	free(record->reader);
	record->reader = NULL;
}
