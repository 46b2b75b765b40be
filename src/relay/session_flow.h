/* SPDX-License-Identifier: MIT */
/* How the two flows of a session run, the same in OPEN and in CLOSING. */

#ifndef RELAY_SESSION_FLOW_H
#define RELAY_SESSION_FLOW_H

#include <stddef.h>

#include "relay/session.h"

/* For struct session_handlers. */
void session_flow_on_client(struct session *session, unsigned met);
void session_flow_on_target(struct session *session, unsigned met);
unsigned session_flow_client_interest(const struct session *session);
unsigned session_flow_target_interest(const struct session *session);
void session_flow_resume(struct session *session);
bool session_flow_may_resume(const struct session *session);

/* Relays `len` bytes of the client that are at the worker's scratch memory. */
void session_flow_feed(struct session *session, size_t len);

#endif
