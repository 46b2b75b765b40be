/* SPDX-License-Identifier: MIT */
/* A refusal that costs no session and no time. */

#ifndef DAEMON_REFUSE_H
#define DAEMON_REFUSE_H

#include <stdbool.h>

#include "relay/cause.h"

/*
 * Answers the connection `fd` with the status of `cause`, which has one, and
 * closes it.  Nothing is waited for: a request that comes later may reset the
 * answer away.  One that expects TLS is closed only: it could not read it.
 */
void refuse_at_once(int fd, enum relay_cause cause, bool expects_tls);

#endif
