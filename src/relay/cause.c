/* SPDX-License-Identifier: MIT */
/* Why a session ended or never began: the one table of causes. */

#include "relay/cause.h"

#include <assert.h>
#include <stddef.h>

static const struct cause_info causes[CAUSE_COUNT] = {
#define CAUSE(name, label_, code, status_, ending_, text_) \
	[CAUSE_##name] = { .label = label_,                \
			   .text = text_,                  \
			   .close_code = code,             \
			   .status = status_,              \
			   .ending = ENDING_##ending_ },
	RELAY_CAUSES(CAUSE)
#undef CAUSE
};

const struct cause_info *cause_info(enum relay_cause cause)
{
	assert(cause > CAUSE_NONE && cause < CAUSE_COUNT);
	return &causes[cause];
}

const char *cause_side_name(enum relay_side side)
{
	static const char *const names[] = {
		[SIDE_RELAY] = "relay",
		[SIDE_CLIENT] = "client",
		[SIDE_TARGET] = "target",
	};

	return names[side];
}
