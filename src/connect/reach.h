/* SPDX-License-Identifier: MIT */
/* Connects to the first address of a host that answers. */

#ifndef CONNECT_REACH_H
#define CONNECT_REACH_H

#include <stdint.h>

#include <event2/event.h>

#include "base/address.h"
#include "net/resolve.h"

/* An attempt under way; belongs to one event loop. */
struct reach;

/* What came of it. */
struct reach_result {
	/* 0, or -ENOENT, -EAGAIN for the name, or connect()'s -errno. */
	int error;
	int fd;                             /* connected; the callee's */
	const struct sockaddr_any *address; /* of it; for the call only */
};

/* On the loop, after reach_start() returned; the attempt is gone. */
typedef void (*reach_callback)(void *arg, const struct reach_result *result);

struct reach_options {
	struct event_base *base;
	struct resolve_client *resolver;
	const char *host; /* a name or an address without brackets */
	uint16_t port;
	int family; /* AF_UNSPEC: of any */
	reach_callback callback;
	void *arg;
};

/*
 * Looks up the host and begins with its addresses in their order, one each
 * quarter of a second (RFC 8305 section 5) or as soon as one fails, so that
 * one that does not answer keeps nobody waiting.  0 or -errno.
 */
__attribute__((warn_unused_result)) int
reach_start(const struct reach_options *options, struct reach **ret_reach);

/* Gives up; the callback does not come.  Clears the pointer, takes null. */
void reach_cancel(struct reach **reach);

#endif
