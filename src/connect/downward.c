/* SPDX-License-Identifier: MIT */
/* From the server to stdout: frames to bytes, in one buffer. */

#include "connect/downward.h"

#include <errno.h>

/*
 * Up to the end of the input, or to an event that ends the connection.  A
 * message's frame header made room for the end of its line, or the gap did.
 */
static enum ws_event decode(const struct downward *down, struct ws_conn *conn,
			    struct ws_cursor *cursor)
{
	for (;;) {
		enum ws_event event = down->is_lines ?
					      ws_conn_next(conn, cursor) :
					      ws_conn_recv(conn, cursor);

		switch (event) {
		case WS_EVENT_NONE:
		case WS_EVENT_CLOSE:
		case WS_EVENT_FAIL:
			return event;
		case WS_EVENT_MESSAGE:
			*cursor->out++ = '\n';
			break;
		case WS_EVENT_FRAME:
		case WS_EVENT_FRAGMENT:
		case WS_EVENT_PING: /* its pong waits in the connection */
		case WS_EVENT_PONG: /* any byte is a sign of life */
			break;
		}
	}
}

enum ws_event downward_decode(struct downward *down, struct ws_conn *conn,
			      size_t offset, size_t len)
{
	struct ws_cursor cursor = {
		.in = downward_input(down) + offset,
		.in_end = downward_input(down) + offset + len,
		.out = down->data,
	};
	enum ws_event event = decode(down, conn, &cursor);

	down->at = 0;
	down->end = (size_t)(cursor.out - down->data);
	down->received += down->end;
	if (down->is_discarded)
		down->end = 0;
	return event;
}

int downward_write(struct downward *down, const struct output *output)
{
	ssize_t n;

	if (!downward_owes(down))
		return 0;
	n = output_write(output, down->data + down->at, down->end - down->at);
	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return (int)n;
	down->at += (size_t)n;
	return 0;
}
