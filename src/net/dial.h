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
	 * the callee.  Otherwise what says most of all that was tried:
	 * -EMFILE, -ENFILE or -ENOMEM when descriptors or memory are out, else
	 * -ETIMEDOUT if any did not answer in time, else what came of the
	 * first: -ENOENT or -EAGAIN for a name without an address, or -errno
	 * of connect().
	 */
	int error;
	int fd;
	/* The one connected to, or tried last; null when memory was out. */
	const struct config_server *server;
};

/* On the loop, after dial_start() returned; the dial is gone. */
typedef void (*dial_callback)(void *arg, const struct dial_result *result);

/* One server of a dial: what came of it. */
struct dial_attempt {
	const struct config_backend *backend;
	const struct config_server *server;
	int error;     /* 0: connected; else as in struct dial_result */
	uint64_t usec; /* how long that took, its name's addresses included */
};

/* What a dial needs of the loop it runs on. */
struct dial_context {
	struct event_base *base;
	struct resolve_client *resolver;
	/*
	 * Told of every server that was connected to or given up, before the
	 * dial's own result; not of one whose dial was cancelled.  Or null.
	 */
	void (*tried)(void *arg, const struct dial_attempt *attempt);
	void *arg;
};

/* What to connect to, and whom to tell; `context` and `backend` outlive it. */
struct dial_options {
	const struct dial_context *context;
	const struct config_backend *backend;
	uint32_t timeout_ms; /* for a name, and for each address of it */
	size_t datagram_max; /* bytes that servers of datagrams are to take */
	dial_callback callback;
	void *arg;
};

/* Whether dial_start() had its result at once. */
enum dial_progress {
	DIAL_DONE,  /* `*ret_result` has it, the callback does not come */
	DIAL_WAITS, /* `*ret_dial` is under way, the callback comes once */
};

/*
 * Connects to the first server of the backend that answers.  What is near
 * often answers at once, and so does what refuses: then no turn of the loop is
 * spent on it.
 */
__attribute__((warn_unused_result))
enum dial_progress dial_start(const struct dial_options *options,
			      struct dial **ret_dial,
			      struct dial_result *ret_result);

/* Gives up; the callback does not come.  Clears the pointer, takes null. */
void dial_cancel(struct dial **dial);

#endif
