/* SPDX-License-Identifier: MIT */
/* Bytes on their way to an end, collected to be sent at once. */

#include "relay/outlet.h"

#include <assert.h>
#include <string.h>

/* What one more write costs, in bytes. */
#define SEND_WORK 512

/* `len` bytes were sent; the first failure is the one that is told. */
static void note(struct outlet *outlet, int error, size_t len)
{
	outlet->work += len + SEND_WORK;
	if (!outlet->error)
		outlet->error = error;
}

/* What an end that failed does not get, it counts. */
static void send_bytes(struct outlet *outlet, const uint8_t *data, size_t len)
{
	note(outlet, endpoint_send(outlet->end, data, len), len);
}

void outlet_flush(struct outlet *outlet)
{
	if (outlet->len)
		send_bytes(outlet, outlet->data, outlet->len);
	outlet->len = 0;
}

void outlet_put(struct outlet *outlet, const void *data, size_t len)
{
	if (len > outlet->size - outlet->len)
		outlet_flush(outlet);
	if (len > outlet->size) {
		send_bytes(outlet, data, len);
		return;
	}
	if (len)
		memcpy(outlet->data + outlet->len, data, len);
	outlet->len += len;
}

void outlet_send_alone(struct outlet *outlet, const uint8_t *data, size_t len)
{
	outlet_flush(outlet);
	if (len)
		send_bytes(outlet, data, len);
	else
		note(outlet, endpoint_send_empty(outlet->end), 0);
}

uint8_t *outlet_reserve(struct outlet *outlet, size_t len)
{
	assert(len <= outlet->size);
	if (len > outlet->size - outlet->len)
		outlet_flush(outlet);
	return outlet->data + outlet->len;
}

void outlet_advance(struct outlet *outlet, size_t len)
{
	assert(len <= outlet->size - outlet->len);
	outlet->len += len;
}
