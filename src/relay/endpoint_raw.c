/* SPDX-License-Identifier: MIT */
/* An endpoint whose bytes are the payload: the target of framing "stream". */

#include "relay/endpoint_raw.h"

static enum endpoint_news raw_decode(struct endpoint *end, struct chunk *chunk)
{
	(void)end;
	(void)chunk;
	return ENDPOINT_GOES_ON;
}

static enum relay_cause raw_encode(struct endpoint *end, struct chunk *chunk)
{
	(void)end;
	(void)chunk;
	return CAUSE_NONE;
}

static enum relay_cause raw_encode_end(struct endpoint *end)
{
	(void)end;
	return CAUSE_NONE;
}

static enum relay_cause raw_decode_end(struct endpoint *end)
{
	(void)end;
	return CAUSE_NONE;
}

const struct endpoint_ops endpoint_raw_ops = {
	.decode = raw_decode,
	.encode = raw_encode,
	.encode_end = raw_encode_end,
	.decode_end = raw_decode_end,
};
