/* SPDX-License-Identifier: MIT */
/* Bytes on their way to an end, collected to be sent at once. */

#ifndef RELAY_OUTLET_H
#define RELAY_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/endpoint.h"

/*
 * Lives for one run of a pump, on memory of the worker.  Once the end failed
 * (`error`), all that comes is dropped and counted as undelivered there.
 */
struct outlet {
	struct endpoint *end;
	uint8_t *data;
	size_t size;
	size_t len;    /* bytes collected */
	size_t work;   /* bytes sent, with a charge for each time */
	int error;     /* -errno of the end, or 0 */
};

/* Sends what is collected. */
void outlet_flush(struct outlet *outlet);

/* Collects `len` bytes, and sends when they are too many to collect. */
void outlet_put(struct outlet *outlet, const void *data, size_t len);

/* Sends `len` bytes by themselves, in one write. */
void outlet_send_alone(struct outlet *outlet, const uint8_t *data, size_t len);

/*
 * Memory for `len` bytes behind those collected, at most the outlet's size.
 * What is written there counts once outlet_advance() says how much it is.
 */
__attribute__((warn_unused_result))
uint8_t *outlet_reserve(struct outlet *outlet, size_t len);

/* See outlet_reserve(). */
void outlet_advance(struct outlet *outlet, size_t len);

#endif
