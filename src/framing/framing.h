/* SPDX-License-Identifier: MIT */
/* Records: how messages stand on a target's connection. */

#ifndef FRAMING_FRAMING_H
#define FRAMING_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Codecs without I/O, in both directions: a message of the client becomes a
 * record (head, payload, tail), bytes of the target become pieces of records.
 * They own no memory, copy no payload and gather none.  A `struct framing` is
 * constant and shared by all threads, a `struct framing_reader` belongs to one
 * connection.
 */

/* The type of a message, as typed-length32 has it on the wire. */
enum framing_type {
	FRAMING_UNTYPED = 0, /* the record does not tell */
	FRAMING_TEXT = 1,
	FRAMING_BINARY = 2,
};

/* Most bytes before a payload, and most behind it. */
#define FRAMING_HEAD_MAX 5
#define FRAMING_TAIL_MAX 2

/* Bytes of a record that are not of its message. */
struct framing_text {
	uint8_t len;
	uint8_t data[FRAMING_HEAD_MAX];
};

/* What the next bytes of a target are. */
enum framing_status {
	FRAMING_PIECE,    /* a piece of a record's payload, perhaps empty */
	FRAMING_MORE,     /* all input is taken, there is nothing to tell */
	FRAMING_BAD_TYPE, /* a record of a type that does not exist */
};

/* A piece of a record's payload: a record has one or more. */
struct framing_piece {
	const uint8_t *data; /* in the input, or constant memory */
	size_t len;
	enum framing_type type;
	bool is_first; /* its record begins with it */
	bool is_last;  /* its record ends with it */
};

/* Where a target's bytes stand.  All zero is before the first of them. */
struct framing_reader {
	uint64_t taken; /* bytes of the open record so far, its head's too */
	uint64_t left;  /* private, as all below: payload still to come */
	uint8_t head[FRAMING_HEAD_MAX];
	uint8_t head_len; /* bytes of a head that is not whole yet */
	bool has_begun;   /* the record's first piece was told */
	bool has_cr;      /* a CR waits for what follows it */
};

struct framing {
	const char *name; /* as in a configuration */
	/*
	 * Null: a record can begin before its message is whole.  Else the
	 * message has to be gathered, and this tells whether it can be a
	 * record, which is for its bytes to say; its length is checked apart.
	 */
	bool (*may_carry)(const uint8_t *payload, size_t len);
	/*
	 * Writes what stands before a payload of `len` bytes, at most
	 * `payload_max`; `type` is told where `is_typed`.  Null: nothing does,
	 * and the length need not be known when the record begins.
	 */
	void (*head)(enum framing_type type, uint64_t len,
		     struct framing_text *ret_head);
	/* What stands behind it, FRAMING_TAIL_MAX at most. */
	struct framing_text tail;
	/* Longest payload a record can have; UINT64_MAX: any. */
	uint64_t payload_max;
	/* Records tell the type of their message. */
	bool is_typed;
	/* A record is whatever one read gives: there are no bounds to keep. */
	bool is_stream;
	/* A record is a datagram: one read, one write. */
	bool is_datagram;
	/*
	 * Takes bytes of [*in, end), at most up to the end of a record, and
	 * moves `*in` behind them.
	 *   FRAMING_PIECE     `ret_piece` is set, valid as long as the input;
	 *                     it is empty only as the last of its record
	 *   FRAMING_MORE      `*in` is `end`; `ret_piece` is not defined
	 *   FRAMING_BAD_TYPE  for good; `*in` is at the type
	 * What is told is the same in whatever pieces the input comes, but for
	 * where the pieces of a record part.  `*in` need not have moved: a CR
	 * of earlier input is told once it is known to be payload.  A datagram
	 * is given whole and in one call; one without bytes is a record as
	 * well, but not for this to tell.
	 */
	enum framing_status (*next)(struct framing_reader *reader,
				    const uint8_t **in, const uint8_t *end,
				    struct framing_piece *ret_piece);
};

/* The end of a line that is written; LF ends one that is read. */
extern const struct framing framing_lines;
extern const struct framing framing_lines_crlf;

extern const struct framing framing_stream;
extern const struct framing framing_nul;
extern const struct framing framing_length8; /* for "length8-le" too */
extern const struct framing framing_length16;
extern const struct framing framing_length32;
extern const struct framing framing_length16_le;
extern const struct framing framing_length32_le;
extern const struct framing framing_typed_length32;
extern const struct framing framing_seqpacket;

/* Bytes of a record that is not whole, 0 between records. */
static inline uint64_t framing_open_bytes(const struct framing_reader *reader)
{
	return reader->taken;
}

#endif
