/* SPDX-License-Identifier: MIT */
/* The client's half of RFC 6455 framing, as much as a load generator needs. */
#include "client_frame.h"

#include <stdbool.h>
#include <string.h>

static size_t put_length(uint8_t *out, size_t len)
{
	if (len < 126) {
		out[1] = (uint8_t)(0x80u | len);
		return 2;
	}
	if (len < 65536) {
		out[1] = 0x80u | 126u;
		out[2] = (uint8_t)(len >> 8);
		out[3] = (uint8_t)len;
		return 4;
	}
	out[1] = 0x80u | 127u;
	for (unsigned i = 0; i < 8; i++)
		out[2 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
	return 10;
}

size_t client_frame_build(uint8_t *out, enum client_frame_opcode opcode,
			  uint32_t key, const uint8_t *payload, size_t len)
{
	uint8_t mask[4];

	memcpy(mask, &key, sizeof(mask));
	out[0] = (uint8_t)(0x80u | (unsigned)opcode);
	size_t n = put_length(out, len);

	memcpy(out + n, mask, sizeof(mask));
	n += sizeof(mask);
	for (size_t i = 0; i < len; i++)
		out[n + i] = (uint8_t)(payload[i] ^ mask[i % 4]);
	return n + len;
}

/* How long the head is, as far as its first bytes tell. */
static size_t head_size(const struct client_frame_decoder *d)
{
	if (d->head_len < 2)
		return 2;
	if (d->head[1] == 126)
		return 4;
	return d->head[1] == 127 ? 10 : 2;
}

static uint64_t head_length(const struct client_frame_decoder *d)
{
	uint64_t n = 0;

	if (d->head[1] < 126)
		return d->head[1];
	for (size_t i = 2; i < d->head_len; i++)
		n = n << 8 | d->head[i];
	return n;
}

/* Servers neither mask nor, with no extension agreed, set reserved bits. */
static bool head_is_valid(const struct client_frame_decoder *d)
{
	unsigned op = d->head[0] & 0x0fu;
	bool control = op >= 8;

	if ((d->head[0] & 0x70u) || (d->head[1] & 0x80u))
		return false;
	if (control && (!(d->head[0] & 0x80u) || d->head[1] > 125))
		return false;
	return control ? op <= CLIENT_FRAME_PONG : op <= CLIENT_FRAME_BINARY;
}

/* Returns false while the head is not complete. */
static bool take_head(struct client_frame_decoder *d,
		      struct client_frame_bytes *in)
{
	while (d->head_len < head_size(d)) {
		if (in->len == 0)
			return false;
		d->head[d->head_len++] = *in->p++;
		in->len--;
	}
	return true;
}

static void frame_done(struct client_frame_decoder *d)
{
	d->head_len = 0;
	d->in_payload = 0;
}

static enum client_frame_result
take_control(struct client_frame_decoder *d, struct client_frame_bytes *in,
	     struct client_frame_bytes *ret_payload)
{
	size_t n = in->len < d->left ? in->len : (size_t)d->left;

	if (n > 0)
		memcpy(d->control + d->control_len, in->p, n);
	d->control_len = (uint8_t)(d->control_len + n);
	d->left -= n;
	in->p += n;
	in->len -= n;
	if (d->left > 0)
		return CLIENT_FRAME_MORE;
	ret_payload->p = d->control;
	ret_payload->len = d->control_len;
	frame_done(d);
	return CLIENT_FRAME_CONTROL;
}

static enum client_frame_result
take_data(struct client_frame_decoder *d, struct client_frame_bytes *in,
	  struct client_frame_bytes *ret_payload)
{
	size_t n = in->len < d->left ? in->len : (size_t)d->left;

	if (n == 0 && d->left > 0)
		return CLIENT_FRAME_MORE;
	ret_payload->p = in->p;
	ret_payload->len = n;
	d->left -= n;
	in->p += n;
	in->len -= n;
	if (d->left == 0)
		frame_done(d);
	return CLIENT_FRAME_DATA;
}

enum client_frame_result
client_frame_next(struct client_frame_decoder *d, struct client_frame_bytes *in,
		  struct client_frame_bytes *ret_payload)
{
	if (!d->in_payload) {
		if (!take_head(d, in))
			return CLIENT_FRAME_MORE;
		if (!head_is_valid(d))
			return CLIENT_FRAME_INVALID;
		d->opcode = d->head[0] & 0x0fu;
		d->left = head_length(d);
		d->control_len = 0;
		d->in_payload = 1;
	}
	if (d->opcode >= CLIENT_FRAME_CLOSE)
		return take_control(d, in, ret_payload);
	return take_data(d, in, ret_payload);
}
