/* SPDX-License-Identifier: MIT */
/* Connecting to a backend: each server in turn, each of its addresses. */

#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "base/address.h"
#include "config/config.h"
#include "net/resolve.h"

/* An attempt under way; belongs to one event loop. */
struct dial;

/* What came of it. */
struct dial_result {
	/*
	 * 0, then `fd` is a connected non-blocking socket that now belongs to
	 * the callee.  Otherwise what the last server tried gave: -ETIMEDOUT if
	 * any of them did not answer in time, -EMFILE or -ENFILE when
	 * descriptors are out, -ENOENT for a name that has no address, else
	 * -errno of connect().
	 */
	int error;
	int fd;
	const struct config_server *server; /* the one connected to */
	const struct sockaddr_any *address; /* likewise; during the call only */
};

/* On the loop; the dial is gone. */
typedef void (*dial_callback)(void *arg, const struct dial_result *result);

/* What a dial needs of the loop it runs on. */
struct dial_context {
	struct event_base *base;
	struct resolve_client *resolver;
};

/*
 * Connects to the first server of `backend` that answers; resolving a name
 * and each of its addresses may take `timeout_ms` each.  `context` and
 * `backend` outlive the dial.  Returns 0, then `callback` comes later, once,
 * or -ENOMEM, then never.
 */
__attribute__((warn_unused_result))
int dial_start(const struct dial_context *context,
	       const struct config_backend *backend, uint32_t timeout_ms,
	       dial_callback callback, void *arg, struct dial **ret_dial);

/* Gives up; the callback does not come.  Clears the pointer, takes null. */
void dial_cancel(struct dial **dial);

#endif
