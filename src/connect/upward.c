/* SPDX-License-Identifier: MIT */
/* From stdin to the server: bytes into masked frames, one buffer each. */

#include "connect/upward.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/utf8.h"
#include "connect/stdio.h"

/* Header of a frame below 65536 bytes: 2, 2 of length, a key. */
#define HEADER_MAX (2 + 2 + WS_MASK_KEY_SIZE)

_Static_assert(UPWARD_INPUT_MAX <= UINT16_MAX, "a longer header");
_Static_assert(sizeof(((struct upward *)NULL)->keys) <= 256,
	       "getrandom() gives no more at once");

/*
 * RFC 6455 section 10.3: nobody may foretell a key.  What cannot be had from
 * the kernel once it has booted cannot be had at all.
 */
static const uint8_t *next_key(struct upward *up)
{
	if (!up->keys_left) {
		ssize_t n = getrandom(up->keys, sizeof(up->keys), 0);

		assert(n == sizeof(up->keys));
		(void)n;
		up->keys_left = sizeof(up->keys) / WS_MASK_KEY_SIZE;
	}
	return up->keys[--up->keys_left];
}

/* Frames begin behind room for the longest header, as its writer wants it. */
static void rewind_output(struct upward *up)
{
	if (!upward_owes(up))
		up->output_at = up->output_end = WS_FRAME_CLIENT_HEADER_MAX;
}

static size_t room(const struct upward *up)
{
	return sizeof(up->output) - up->output_end;
}

bool upward_wants_input(const struct upward *up)
{
	return !up->is_ended && !upward_owes(up) &&
	       up->input_end - up->input_at < sizeof(up->input);
}

int upward_read(struct upward *up)
{
	ssize_t n;

	memmove(up->input, up->input + up->input_at,
		up->input_end - up->input_at);
	up->input_end -= up->input_at;
	up->input_at = 0;
	n = input_read(up->input + up->input_end,
		       sizeof(up->input) - up->input_end);
	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return (int)n;
	up->is_ended = n == 0;
	up->input_end += (size_t)n;
	return 0;
}

/* A frame of the next `len` bytes of the input. */
static void put_frame(struct upward *up, size_t len, bool fin)
{
	size_t header = len < 126 ? HEADER_MAX - 2 : HEADER_MAX;
	uint8_t *payload = up->output + up->output_end + header;
	enum ws_opcode opcode = up->is_text ? WS_OPCODE_TEXT : WS_OPCODE_BINARY;

	if (up->is_fragment)
		opcode = WS_OPCODE_CONTINUATION;
	memcpy(payload, up->input + up->input_at, len);
	(void)ws_frame_mask_before(payload, len, opcode, fin, next_key(up));
	up->output_end += header + len;
	up->input_at += len;
	up->sent += len;
	up->is_fragment = !fin;
}

/* How much of `len` bytes can be sent; false if they are not UTF-8. */
static bool cut_text(const struct upward *up, size_t *len)
{
	if (!up->is_text)
		return true;
	return utf8_split(up->input + up->input_at, *len, len) !=
	       UTF8_REST_INVALID;
}

/* A read is a message, but for a character that it cuts. */
static bool encode_stream(struct upward *up)
{
	size_t len = up->input_end - up->input_at;
	size_t whole = len;

	if (!cut_text(up, &whole) || (up->is_ended && whole < len))
		return false;
	if (whole > 0)
		put_frame(up, whole, true);
	return true;
}

/* The next line, or the piece of one that fills the buffer. */
static bool encode_line(struct upward *up, bool *ret_more)
{
	const uint8_t *begin = up->input + up->input_at;
	size_t len = up->input_end - up->input_at;
	const uint8_t *end = memchr(begin, '\n', len);
	size_t line = end ? (size_t)(end - begin) : len;
	size_t whole = line;
	bool fin = end || up->is_ended;

	*ret_more = false;
	if (!fin && len < sizeof(up->input))
		return true; /* the rest of it is still to come */
	if (!end && len == 0 && !up->is_fragment)
		return true;
	if (room(up) < HEADER_MAX + line + WS_CLIENT_CONTROL_FRAME_MAX)
		return true;
	if (!cut_text(up, &whole) || (fin && whole < line))
		return false;
	put_frame(up, whole, fin);
	up->input_at += end ? 1 : 0;
	*ret_more = end != NULL;
	return true;
}

bool upward_encode(struct upward *up)
{
	bool has_more = true;

	rewind_output(up);
	if (!up->is_lines)
		return encode_stream(up);
	while (has_more) {
		if (!encode_line(up, &has_more))
			return false;
	}
	return true;
}

bool upward_is_finished(const struct upward *up)
{
	return up->is_ended && up->input_at == up->input_end &&
	       !up->is_fragment;
}

/* Masks the control frame that was written at the end of the output. */
static void add_control(struct upward *up, size_t size)
{
	uint8_t *frame = up->output + up->output_end;

	if (size > 0)
		up->output_end += ws_frame_mask_control(frame, next_key(up));
}

/* Where a control frame is to be written. */
static uint8_t *control_place(struct upward *up)
{
	rewind_output(up);
	assert(room(up) >= WS_CLIENT_CONTROL_FRAME_MAX);
	return up->output + up->output_end;
}

void upward_put_pong(struct upward *up, struct ws_conn *conn)
{
	add_control(up, ws_conn_take_reply(conn, control_place(up)));
}

void upward_put_ping(struct upward *up, struct ws_conn *conn)
{
	add_control(up, ws_conn_make_ping(conn, control_place(up)));
}

void upward_put_close(struct upward *up, uint16_t code, struct slice reason)
{
	add_control(up, ws_frame_make_close(code, reason, control_place(up)));
}

int upward_send(struct upward *up, struct stream *stream, bool *ret_progress)
{
	while (upward_owes(up)) {
		ssize_t n = stream_write(stream, up->output + up->output_at,
					 up->output_end - up->output_at);

		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		up->output_at += (size_t)n;
		*ret_progress = true;
	}
	return 0;
}
