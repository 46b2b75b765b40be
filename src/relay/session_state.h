/* SPDX-License-Identifier: MIT */
/* The states of a session and which may follow which. */

#ifndef RELAY_SESSION_STATE_H
#define RELAY_SESSION_STATE_H

#include <stdbool.h>

/* In the order of a life; ARCHITECTURE.md has the diagram. */
enum session_state {
	SESSION_ACCEPTED,  /* a socket, nothing done with it yet */
	SESSION_TLS,       /* the handshake of TLS */
	SESSION_HEAD,      /* the request head is being read */
	SESSION_DIALING,   /* the target is being connected to */
	SESSION_OPEN,      /* bytes are relayed both ways */
	SESSION_CLOSING,   /* an end has begun: flows are run out */
	SESSION_LINGERING, /* all is said: the peers' last bytes are awaited */
	SESSION_DEAD,      /* waits for the end of the loop's turn */
	SESSION_STATE_COUNT
};

/* "head", "dialing" ...: constant text. */
const char *session_state_name(enum session_state state);

/* Whether a session may go from `from` to `to`. */
bool session_state_may_follow(enum session_state from, enum session_state to);

#endif
