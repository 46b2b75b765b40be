/* SPDX-License-Identifier: MIT */
/* One end of a session: a stream, what its bytes mean, what it is owed. */

#ifndef RELAY_ENDPOINT_H
#define RELAY_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "framing/framing.h"
#include "net/stream.h"
#include "relay/buffer_pool.h"
#include "relay/cause.h"
#include "relay/stash.h"

/*
 * Bytes of room that must be free below what is encoded: a frame header and
 * the bytes of a character that was cut.
 */
#define ENDPOINT_HEADROOM 16

/*
 * Bytes an endpoint may owe on top of one read: a frame header with a cut
 * character (16), and a ping and a Close behind it (127 each).  So a read is
 * limits.buffer less this.
 */
#define ENDPOINT_OVERHEAD 320

/* Bytes in a worker's scratch memory, decoded or encoded where they lie. */
struct chunk {
	uint8_t *data;
	size_t len;
};

/* What came with the bytes of a read. */
enum endpoint_news {
	ENDPOINT_GOES_ON,
	ENDPOINT_ENDED, /* the peer said that nothing more comes (Close) */
	ENDPOINT_FAULT, /* the peer broke the rules: see `fault` */
	ENDPOINT_PIECE, /* a piece of a message: of `next` only */
};

/*
 * A piece of a message, on its way from one end to the other where the bounds
 * of messages matter, or what it is made of is not the bytes that came.
 */
struct piece {
	const uint8_t *data; /* valid until its end is asked for the next */
	size_t len;
	uint64_t message_len;   /* of the whole message, if known */
	enum framing_type type; /* of the message, if it is told */
	bool is_first;          /* a message begins with it */
	bool is_last;           /* its message ends with it */
	bool is_len_known;      /* first: `message_len` is set */
};

struct endpoint;
struct outlet;
struct pump_scratch;

/* How bytes on the wire and payload become each other. */
struct endpoint_ops {
	/* Turns received bytes into payload, in place; all are consumed. */
	enum endpoint_news (*decode)(struct endpoint *end,
				     struct chunk *chunk);
	/*
	 * Turns payload into bytes to send, in place, with ENDPOINT_HEADROOM
	 * to grow downwards.  CAUSE_NONE, or why the payload cannot go here;
	 * what precedes the offence is in the chunk all the same.
	 */
	enum relay_cause (*encode)(struct endpoint *end, struct chunk *chunk);
	/*
	 * No more payload will be sent.  CAUSE_NONE, or what is wrong with a
	 * flow that ends here.
	 */
	enum relay_cause (*encode_end)(struct endpoint *end);
	/*
	 * No more bytes will come.  CAUSE_NONE, or what is wrong with a flow
	 * that ends here.
	 */
	enum relay_cause (*decode_end)(struct endpoint *end);

	/* Instead of decode() and encode(), of an end that is `by_piece`. */

	/*
	 * Takes received bytes off `input`, up to a piece: ENDPOINT_PIECE; or
	 * all of them: ENDPOINT_GOES_ON.
	 */
	enum endpoint_news (*next)(struct endpoint *end, struct chunk *input,
				   const struct pump_scratch *scratch,
				   struct piece *ret_piece);
	/* Puts what a piece is here into the outlet; as encode(). */
	enum relay_cause (*put)(struct endpoint *end, const struct piece *piece,
				const struct pump_scratch *scratch,
				struct outlet *outlet);
};

/* Bytes that a peer did not take yet; no block while there are none. */
struct outbuf {
	uint8_t *block;
	uint32_t size;  /* of the block */
	uint32_t begin; /* first byte owed */
	uint32_t len;   /* bytes owed */
};

struct endpoint {
	const struct endpoint_ops *ops;
	struct buffer_pool *pool;
	struct stream stream;
	struct outbuf out;
	struct stash *held;    /* received, not looked at yet */
	struct stash *gather;  /* of a message for this end that is not whole */
	uint64_t bytes;        /* payload that came from this end */
	uint64_t messages;     /* messages sent to this end, if it has any */
	uint64_t undelivered;  /* bytes meant for this end that were dropped */
	uint64_t progress_ms;  /* when it last took or was first owed bytes */
	size_t in_flight;      /* bytes on the way to it at that moment */
	uint32_t take_left;    /* bytes still to be read, if `is_draining` */
	enum relay_cause fault; /* of ENDPOINT_FAULT */
	bool owes_empty : 1;   /* a datagram of no bytes */
	bool by_piece : 1;     /* its bytes become pieces, pieces its bytes */
	bool is_gathering : 1; /* the open message for it has to be whole */
	bool is_pending : 1;   /* it can give pieces without further bytes */
	bool is_draining : 1;  /* ends after `take_left` more bytes */
	bool ended : 1;        /* its flow is over: nothing more is relayed */
	bool finished : 1;     /* it was told that nothing more comes to it */
	bool is_eof : 1;       /* its stream has nothing more to read */
	bool is_broken : 1;    /* it takes no more bytes */
	bool is_shut : 1;      /* the write side of its stream is */
};

/* Makes an endpoint without a stream; `ops` and `pool` outlive it. */
void endpoint_init(struct endpoint *end, const struct endpoint_ops *ops,
		   struct buffer_pool *pool);

/* Closes the stream and gives the block back. */
void endpoint_done(struct endpoint *end);

/* Whether bytes, or a datagram of none, wait for the peer to take them. */
static inline bool endpoint_owes(const struct endpoint *end)
{
	return end->out.len != 0 || end->owes_empty;
}

/* Whether it can give payload without a read. */
static inline bool endpoint_has_more(const struct endpoint *end)
{
	return end->held || end->is_pending;
}

/*
 * Sends `len` bytes as they are; what the peer does not take now is kept
 * behind what is owed already.  0, or -errno: then the end is broken and all
 * it is owed is counted as undelivered.  A broken end drops and counts.
 */
__attribute__((warn_unused_result))
int endpoint_send(struct endpoint *end, const uint8_t *data, size_t len);

/* Sends a datagram of no bytes, to an end that owes nothing; likewise. */
__attribute__((warn_unused_result))
int endpoint_send_empty(struct endpoint *end);

/* As endpoint_send(), but leaves it to endpoint_flush(). */
__attribute__((warn_unused_result))
int endpoint_queue(struct endpoint *end, const uint8_t *data, size_t len);

/* Sends of what is owed as much as the peer takes; as endpoint_send(). */
__attribute__((warn_unused_result))
int endpoint_flush(struct endpoint *end);

/* The end takes no more bytes; what it was owed is dropped and counted. */
void endpoint_break(struct endpoint *end);

/*
 * From now on only what has already arrived in the socket is relayed, then
 * the flow ends; it has ended on return when nothing has.
 */
void endpoint_drain(struct endpoint *end);

/*
 * Whether an end that is owed bytes has fewer on their way than at its last
 * progress: its kernel took some, though there was no room yet for a write.
 * Then this is its last progress.
 */
bool endpoint_has_progress(struct endpoint *end, uint64_t now_ms);

/* Bytes on the way to the peer: owed, and sent but not acknowledged. */
size_t endpoint_in_flight(const struct endpoint *end);

/* Bytes meant for this end that it will not have if it is closed now. */
uint64_t endpoint_lost(const struct endpoint *end);

#endif
