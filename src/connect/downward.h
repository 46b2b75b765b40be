/* SPDX-License-Identifier: MIT */
/* From the server to stdout: frames to bytes, in one buffer. */

#ifndef CONNECT_DOWNWARD_H
#define CONNECT_DOWNWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connect/stdio.h"
#include "net/stream.h"
#include "ws/conn.h"

#define DOWNWARD_INPUT_MAX 65536

/*
 * In front of what is read: --lines puts the end of a line that began in an
 * earlier read where no header made room for it.
 */
#define DOWNWARD_GAP 1

/*
 * Bytes from `at` to `end` are those stdout has not taken yet.  Nothing is
 * read as long as there are any.  All zero is the beginning.
 */
struct downward {
	bool is_lines;
	bool is_discarded; /* stdout takes no more: payload goes nowhere */
	size_t at, end;
	uint64_t received; /* bytes of payload */
	uint8_t data[DOWNWARD_GAP + DOWNWARD_INPUT_MAX];
};

/* Whether bytes wait for stdout. */
static inline bool downward_owes(const struct downward *down)
{
	return down->at < down->end;
}

/* Where bytes of the server are to be read to: DOWNWARD_INPUT_MAX of them. */
static inline uint8_t *downward_input(struct downward *down)
{
	return down->data + DOWNWARD_GAP;
}

/*
 * Takes the `len` bytes at `offset` of downward_input(), frames of the server,
 * and makes payload of them.  Returns WS_EVENT_CLOSE, WS_EVENT_FAIL or, for
 * all else, WS_EVENT_NONE.
 */
__attribute__((warn_unused_result)) enum ws_event
downward_decode(struct downward *down, struct ws_conn *conn, size_t offset,
		size_t len);

/* Writes what stdout takes: 0 or -errno. */
__attribute__((warn_unused_result)) int
downward_write(struct downward *down, const struct output *output);

#endif
