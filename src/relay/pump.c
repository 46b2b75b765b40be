/* SPDX-License-Identifier: MIT */
/* One direction of a relay: a read here becomes a write there. */

#include "relay/pump.h"

#include <assert.h>
#include <errno.h>

#include "relay/pump_pieces.h"

static struct pump_result outcome(enum pump_outcome what)
{
	return (struct pump_result){ .outcome = what };
}

static struct pump_result fault(enum relay_cause cause)
{
	return (struct pump_result){ .outcome = PUMP_FAULT, .cause = cause };
}

/* Sends the payload in `chunk`; PUMP_MOVED if all is well. */
static struct pump_result deliver(struct endpoint *from, struct endpoint *to,
				  struct chunk *chunk)
{
	struct pump_result result = outcome(PUMP_MOVED);

	if (!chunk->len)
		return result;
	from->bytes += chunk->len;
	result.cause = to->ops->encode(to, chunk);
	if (result.cause)
		result.outcome = PUMP_FAULT;
	if (!chunk->len)
		return result;
	result.error = endpoint_send(to, chunk->data, chunk->len);
	if (result.error)
		result.outcome = PUMP_SINK_ERROR;
	return result;
}

/*
 * The payload goes out first, then what the source said at its end counts;
 * a sink that failed is told even when the source ended too.
 */
struct pump_result pump_feed(struct endpoint *from, struct endpoint *to,
			     const struct pump_scratch *scratch, size_t len)
{
	struct chunk chunk = { .data = scratch->data, .len = len };
	enum endpoint_news news;
	struct pump_result result;

	if (from->by_piece)
		return pump_pieces_feed(from, to, scratch, len);
	news = from->ops->decode(from, &chunk);
	result = deliver(from, to, &chunk);
	if (news != ENDPOINT_GOES_ON)
		from->ended = true;
	if (result.outcome != PUMP_MOVED)
		return result;
	switch (news) {
	case ENDPOINT_GOES_ON:
	case ENDPOINT_PIECE:
		return result;
	case ENDPOINT_ENDED:
		return outcome(PUMP_ENDED);
	case ENDPOINT_FAULT:
		return fault(from->fault);
	}
	return result;
}

static struct pump_result stop(struct endpoint *from, ssize_t n)
{
	/* What is left of a draining end came in part: no more is awaited. */
	if (n == -EAGAIN && from->is_draining) {
		from->ended = true;
		return outcome(PUMP_ENDED);
	}
	if (n == -EAGAIN)
		return outcome(PUMP_NOTHING);
	from->ended = true;
	from->is_eof = true;
	if (n == 0)
		return outcome(PUMP_EOF);
	return (struct pump_result){ .outcome = PUMP_SOURCE_ERROR,
				     .error = (int)n };
}

/* Counts what a draining end has left; it ends when all of it is relayed. */
static void count_drained(struct endpoint *from, size_t n)
{
	if (!from->is_draining)
		return;
	from->take_left -= (uint32_t)n;
	if (!from->take_left || stream_is_dry(&from->stream))
		from->ended = true;
}

struct pump_result pump_run(struct endpoint *from, struct endpoint *to,
			    const struct pump_scratch *scratch)
{
	struct pump_result result;
	size_t size = scratch->size;
	ssize_t n;

	if (from->by_piece)
		return pump_pieces_run(from, to, scratch);
	assert(!endpoint_owes(to));
	if (from->is_draining && from->take_left < size)
		size = from->take_left;
	n = stream_read(&from->stream, scratch->data, size);
	if (n <= 0)
		return stop(from, n);
	count_drained(from, (size_t)n);
	result = pump_feed(from, to, scratch, (size_t)n);
	if (result.outcome == PUMP_MOVED && from->ended)
		result.outcome = PUMP_ENDED;
	return result;
}

ssize_t pump_discard(struct endpoint *from, const struct pump_scratch *scratch)
{
	ssize_t n = stream_read(&from->stream, scratch->data, scratch->size);

	if (n > 0 || n == -EAGAIN)
		return n;
	/* A datagram without bytes, or of more than there is room for. */
	if (n == -ENOMSG || n == -EMSGSIZE)
		return -EAGAIN;
	from->ended = true;
	from->is_eof = true;
	return 0;
}
