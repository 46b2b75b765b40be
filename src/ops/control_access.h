/* SPDX-License-Identifier: MIT */
/* Who may say something over the control socket. */

#ifndef OPS_CONTROL_ACCESS_H
#define OPS_CONTROL_ACCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the socket's permissions are meant to be. */
struct control_access {
	uint32_t mode;
	gid_t gid; /* the socket's */
};

/* Who is at the other end. */
struct control_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

/*
 * Asks the kernel who connected `fd` (SO_PEERCRED) and tells whether they may:
 * root, the daemon's own user, members of the group if `mode` lets it write,
 * anybody if it lets others write.  The permissions of the path say the same,
 * but a path can be changed by hand and a socket be passed on.
 */
bool control_access_allows(const struct control_access *access, int fd,
			   struct control_peer *ret_peer);

#endif
