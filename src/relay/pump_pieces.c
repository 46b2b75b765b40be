/* SPDX-License-Identifier: MIT */
/* One direction of a relay, message by message. */

#include "relay/pump_pieces.h"

#include <assert.h>
#include <errno.h>

#include "relay/outlet.h"
#include "relay/workshop.h"

/*
 * Bytes sent in one run: a little that came may stand for very much.
 */
#define WORK_MAX (256 * 1024)

static struct pump_result moved(void)
{
	return (struct pump_result){ .outcome = PUMP_MOVED };
}

static struct pump_result fault(enum relay_cause cause)
{
	return (struct pump_result){ .outcome = PUMP_FAULT, .cause = cause };
}

static struct outlet outlet_to(struct endpoint *to,
			       const struct pump_scratch *scratch)
{
	size_t share = workshop_share(scratch->route);

	/* A worker that was out of memory at a reload may have less. */
	if (scratch->shop->batch_size < share)
		share = scratch->shop->batch_size;
	return (struct outlet){ .end = to,
				.data = scratch->shop->batch,
				.size = share };
}

static struct pump_result on_news(struct endpoint *from,
				  enum endpoint_news news)
{
	switch (news) {
	case ENDPOINT_PIECE:
	case ENDPOINT_GOES_ON:
		break;
	case ENDPOINT_ENDED:
		from->ended = true;
		return (struct pump_result){ .outcome = PUMP_ENDED };
	case ENDPOINT_FAULT:
		from->ended = true;
		return fault(from->fault);
	}
	return moved();
}

/*
 * Moves pieces until there are none, or `to` owes bytes and has to take them
 * first, or it is another session's turn.
 */
static struct pump_result move_pieces(struct endpoint *from,
				      struct outlet *outlet,
				      const struct pump_scratch *scratch,
				      struct chunk *input)
{
	struct endpoint *to = outlet->end;

	while (!endpoint_owes(to) && outlet->work < WORK_MAX) {
		struct piece piece;
		enum endpoint_news news =
			from->ops->next(from, input, scratch, &piece);
		enum relay_cause cause;

		if (news != ENDPOINT_PIECE)
			return on_news(from, news);
		from->bytes += piece.len;
		cause = to->ops->put(to, &piece, scratch, outlet);
		if (cause)
			return fault(cause);
	}
	return moved();
}

/* What was put there has been sent, or the sink failed. */
static struct pump_result after(const struct outlet *outlet)
{
	if (!outlet->error)
		return moved();
	return (struct pump_result){ .outcome = PUMP_SINK_ERROR,
				     .error = outlet->error };
}

/* A sink that failed is told even when the source ended too. */
static struct pump_result move(struct endpoint *from, struct endpoint *to,
			       const struct pump_scratch *scratch,
			       struct chunk *input)
{
	struct outlet outlet = outlet_to(to, scratch);
	struct pump_result result =
		move_pieces(from, &outlet, scratch, input);

	outlet_flush(&outlet);
	if (!outlet.error || result.outcome == PUMP_FAULT)
		return result;
	return after(&outlet);
}

/* Nobody will look at what is held any more. */
static void forget_held(struct endpoint *from)
{
	from->is_pending = false;
	stash_free(&from->held, from->pool);
}

/* Goes on with what is held. */
static struct pump_result move_held(struct endpoint *from, struct endpoint *to,
				    const struct pump_scratch *scratch)
{
	struct stash *held = from->held;
	struct chunk input = { .data = scratch->data };
	struct pump_result result;

	if (held)
		input = (struct chunk){ .data = held->data + held->begin,
					.len = held->len };
	result = move(from, to, scratch, &input);
	if (from->ended)
		forget_held(from);
	else if (held)
		stash_keep_last(&from->held, from->pool, input.len);
	return result;
}

struct pump_result pump_pieces_feed(struct endpoint *from, struct endpoint *to,
				    const struct pump_scratch *scratch,
				    size_t len)
{
	struct chunk input = { .data = scratch->data, .len = len };
	struct pump_result result = move(from, to, scratch, &input);

	if (from->ended)
		forget_held(from);
	else if (input.len &&
		 stash_add(&from->held, from->pool, input.data, input.len))
		return fault(CAUSE_NO_MEMORY);
	return result;
}

/* A datagram without bytes: nothing to look into, yet it is a message. */
static struct pump_result move_empty(struct endpoint *to,
				     const struct pump_scratch *scratch)
{
	const struct piece piece = { .data = scratch->data,
				     .is_first = true,
				     .is_last = true };
	struct outlet outlet = outlet_to(to, scratch);
	enum relay_cause cause = to->ops->put(to, &piece, scratch, &outlet);

	outlet_flush(&outlet);
	return cause ? fault(cause) : after(&outlet);
}

static struct pump_result stop(struct endpoint *from, ssize_t n)
{
	if (n == -EAGAIN && from->is_draining) {
		from->ended = true;
		return (struct pump_result){ .outcome = PUMP_ENDED };
	}
	if (n == -EAGAIN)
		return (struct pump_result){ .outcome = PUMP_NOTHING };
	from->ended = true;
	if (n == -EMSGSIZE)
		return fault(CAUSE_RECORD_SIZE);
	from->is_eof = true;
	if (n == 0)
		return (struct pump_result){ .outcome = PUMP_EOF };
	return (struct pump_result){ .outcome = PUMP_SOURCE_ERROR,
				     .error = (int)n };
}

static struct pump_result read_and_move(struct endpoint *from,
					struct endpoint *to,
					const struct pump_scratch *scratch)
{
	size_t size = scratch->size;
	ssize_t n;

	if (from->is_draining && from->take_left < size)
		size = from->take_left;
	n = stream_read(&from->stream, scratch->data, size);
	if (n == -ENOMSG)
		return move_empty(to, scratch);
	if (n <= 0)
		return stop(from, n);
	if (from->is_draining)
		from->take_left -= (uint32_t)n;
	if (from->is_draining && stream_is_dry(&from->stream))
		from->take_left = 0;
	return pump_pieces_feed(from, to, scratch, (size_t)n);
}

struct pump_result pump_pieces_run(struct endpoint *from, struct endpoint *to,
				   const struct pump_scratch *scratch)
{
	struct pump_result result;

	assert(!endpoint_owes(to));
	if (endpoint_has_more(from))
		result = move_held(from, to, scratch);
	else
		result = read_and_move(from, to, scratch);
	if (!from->is_draining || from->take_left || endpoint_has_more(from))
		return result;
	/* All that had come when it was told to end is through. */
	from->ended = true;
	if (result.outcome == PUMP_MOVED)
		result.outcome = PUMP_ENDED;
	return result;
}
