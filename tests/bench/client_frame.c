/* SPDX-License-Identifier: MIT */
/* The client's half of RFC 6455 framing, by views of what was received. */
#include "client_frame.h"

#include <string.h>

size_t client_frame_build(uint8_t *out, enum ws_opcode opcode, uint32_t key,
			  const uint8_t *payload, size_t len)
{
	uint8_t *place = out + WS_FRAME_CLIENT_HEADER_MAX;
	uint8_t mask[WS_MASK_KEY_SIZE];
	size_t header;

	memcpy(mask, &key, sizeof(mask));
	if (len > 0)
		memcpy(place, payload, len);
	header = ws_frame_mask_before(place, len, opcode, true, mask);
	memmove(out, place - header, header + len);
	return header + len;
}

static void advance(struct client_frame_bytes *in, const uint8_t *to)
{
	in->len -= (size_t)(to - in->p);
	in->p = to;
}

static enum ws_frame_status take_head(struct client_frame_decoder *d,
				      struct client_frame_bytes *in)
{
	const uint8_t *at = in->p;
	enum ws_frame_status status;

	d->header.from_server = true;
	status = ws_frame_decode(&d->header, &at, in->p + in->len);
	advance(in, at);
	if (status == WS_FRAME_COMPLETE) {
		d->in_payload = true;
		d->left = d->header.payload_len;
		d->control_len = 0;
	}
	return status;
}

/* The next bytes of the frame, as many as there are. */
static struct client_frame_bytes take(struct client_frame_decoder *d,
				      struct client_frame_bytes *in)
{
	size_t n = in->len < d->left ? in->len : (size_t)d->left;
	struct client_frame_bytes piece = { in->p, n };

	d->left -= n;
	d->in_payload = d->left > 0;
	advance(in, in->p + n);
	return piece;
}

static enum client_frame_result
take_control(struct client_frame_decoder *d, struct client_frame_bytes *in,
	     struct client_frame_bytes *ret_payload)
{
	struct client_frame_bytes piece = take(d, in);

	if (piece.len > 0)
		memcpy(d->control + d->control_len, piece.p, piece.len);
	d->control_len = (uint8_t)(d->control_len + piece.len);
	if (d->in_payload)
		return CLIENT_FRAME_MORE;
	*ret_payload = (struct client_frame_bytes){ d->control,
						    d->control_len };
	return CLIENT_FRAME_CONTROL;
}

enum client_frame_result
client_frame_next(struct client_frame_decoder *d, struct client_frame_bytes *in,
		  struct client_frame_bytes *ret_payload)
{
	if (!d->in_payload) {
		enum ws_frame_status status = take_head(d, in);

		if (status == WS_FRAME_INCOMPLETE)
			return CLIENT_FRAME_MORE;
		if (status != WS_FRAME_COMPLETE)
			return CLIENT_FRAME_INVALID;
	}
	if (ws_opcode_is_control(d->header.opcode))
		return take_control(d, in, ret_payload);
	if (in->len == 0 && d->left > 0)
		return CLIENT_FRAME_MORE;
	*ret_payload = take(d, in);
	return CLIENT_FRAME_DATA;
}
