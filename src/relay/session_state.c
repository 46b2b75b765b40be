/* SPDX-License-Identifier: MIT */
/* The states of a session and which may follow which. */

#include "relay/session_state.h"

#define TO(state) (1u << SESSION_##state)

static const struct {
	const char *name;
	unsigned successors;
} states[SESSION_STATE_COUNT] = {
	[SESSION_ACCEPTED] = { "accepted",
			       TO(TLS) | TO(HEAD) | TO(LINGERING) | TO(DEAD) },
	[SESSION_TLS] = { "tls", TO(HEAD) | TO(LINGERING) | TO(DEAD) },
	[SESSION_HEAD] = { "head", TO(DIALING) | TO(LINGERING) | TO(DEAD) },
	[SESSION_DIALING] = { "dialing", TO(OPEN) | TO(LINGERING) | TO(DEAD) },
	[SESSION_OPEN] = { "open", TO(CLOSING) | TO(DEAD) },
	[SESSION_CLOSING] = { "closing", TO(LINGERING) | TO(DEAD) },
	[SESSION_LINGERING] = { "lingering", TO(DEAD) },
	[SESSION_DEAD] = { "dead", 0 },
};

const char *session_state_name(enum session_state state)
{
	return states[state].name;
}

bool session_state_may_follow(enum session_state from, enum session_state to)
{
	return states[from].successors & 1u << to;
}
