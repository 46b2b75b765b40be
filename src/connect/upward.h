/* SPDX-License-Identifier: MIT */
/* From stdin to the server: bytes into masked frames, one buffer each. */

#ifndef CONNECT_UPWARD_H
#define CONNECT_UPWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/stream.h"
#include "ws/conn.h"
#include "ws/frame.h"

/* Most bytes read at once: the longer length of a frame is never needed. */
#define UPWARD_INPUT_MAX 65500

/* A read as one frame, a pong, a ping and a Close; room before the first. */
#define UPWARD_OUTPUT_MAX                                    \
	(2 * WS_FRAME_CLIENT_HEADER_MAX + UPWARD_INPUT_MAX + \
	 3 * WS_CLIENT_CONTROL_FRAME_MAX)

/*
 * Bytes of `input` are those of stdin that are not in frames yet, those of
 * `output` the frames that are not sent yet.  Nothing is read as long as there
 * is any of the latter.
 */
struct upward {
	bool is_text;
	bool is_lines;
	bool is_ended;     /* stdin is at its end */
	bool is_fragment;  /* a line was begun that is not all sent */
	uint8_t keys_left; /* of `keys` */
	size_t input_at, input_end;
	size_t output_at, output_end;
	uint64_t sent; /* bytes of payload, in frames */
	uint8_t keys[64][WS_MASK_KEY_SIZE];
	uint8_t input[UPWARD_INPUT_MAX];
	uint8_t output[UPWARD_OUTPUT_MAX];
};

/* The memory is zero but for is_text and is_lines. */

/* Whether frames wait to be sent. */
static inline bool upward_owes(const struct upward *up)
{
	return up->output_at < up->output_end;
}

/* Whether there is room for another read, and a use of it. */
bool upward_wants_input(const struct upward *up);

/*
 * Reads stdin once: 0, also when there is nothing or it ends (is_ended), or
 * -errno.
 */
__attribute__((warn_unused_result)) int upward_read(struct upward *up);

/*
 * Makes frames of what was read, as long as there is room.  Without --lines a
 * read is a message; text is cut between characters.  With it a line is one,
 * and one that is longer than the buffer goes out as fragments.  False if what
 * is to be text is not UTF-8: nothing from there on is sent.
 */
__attribute__((warn_unused_result)) bool upward_encode(struct upward *up);

/* Whether all of stdin is in frames. */
bool upward_is_finished(const struct upward *up);

/* Adds the pong that waits, if one does. */
void upward_put_pong(struct upward *up, struct ws_conn *conn);

/* Adds a ping. */
void upward_put_ping(struct upward *up, struct ws_conn *conn);

/* Adds a Close with `code` of ws_close_code_is_wire(), or 1005 for none. */
void upward_put_close(struct upward *up, uint16_t code, struct slice reason);

/*
 * Sends what it can: 0, or -errno of a stream that takes no more.  Sets
 * `*ret_progress` if a byte went out.
 */
__attribute__((warn_unused_result)) int
upward_send(struct upward *up, struct stream *stream, bool *ret_progress);

#endif
