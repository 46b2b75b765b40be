/* SPDX-License-Identifier: MIT */
/* The listening sockets systemd opened before we were there. */

#ifndef DAEMON_INHERITED_H
#define DAEMON_INHERITED_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/sd.h"

/*
 * They are named by FileDescriptorName=, several may have one name, and they
 * stay open for as long as the daemon runs, also while no configuration asks
 * for them: systemd holds them as well, and a later reload may ask.  Nothing
 * is changed about them, and no path is removed.  For the supervisor's thread.
 */
struct inherited {
	struct sd_socket *sockets; /* a descriptor of -1 was closed */
	size_t count;
};

/* Room for the phrase of inherited_check(). */
#define INHERITED_REASON_MAX 512

/* Takes over what there is, made non-blocking.  0 or -errno. */
__attribute__((warn_unused_result))
int inherited_init(struct inherited *inherited);

/* Closes all that are left. */
void inherited_done(struct inherited *inherited);

/*
 * The next socket of that name, from position `*at` on, which is moved behind
 * it: begin with 0.  Returns a descriptor, which stays open until
 * inherited_done(), or -ENOENT when there are no more.
 */
__attribute__((warn_unused_result))
int inherited_next(const struct inherited *inherited, const char *name,
		   size_t *at);

/*
 * Whether there are sockets of that name and all of them listen for streams.
 * 0, or -ENOENT or -EINVAL with a phrase that says what is wrong and which
 * names there are.
 */
__attribute__((warn_unused_result))
int inherited_check(const struct inherited *inherited, const char *name,
		    char ret_reason[INHERITED_REASON_MAX]);

/*
 * Closes those whose name `is_wanted` does not know, with a warning each: a
 * client that found them would wait for ever.
 */
void inherited_close_others(struct inherited *inherited,
			    bool (*is_wanted)(void *arg, const char *name),
			    void *arg);

#endif
