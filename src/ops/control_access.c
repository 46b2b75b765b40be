/* SPDX-License-Identifier: MIT */
/* Who may say something over the control socket. */

#include "ops/control_access.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Supplementary groups looked at; of a longer list the kernel tells none. */
#define GROUPS_MAX 1024

static bool has_group(int fd, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (size_t i = 0; i < len / sizeof(*groups); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

bool control_access_allows(const struct control_access *access, int fd,
			   struct control_peer *ret_peer)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	*ret_peer = (struct control_peer){ .uid = peer.uid,
					   .gid = peer.gid,
					   .pid = peer.pid };
	if (peer.uid == 0 || peer.uid == geteuid())
		return true;
	if (access->mode & S_IWOTH)
		return true;
	return (access->mode & S_IWGRP) &&
	       (peer.gid == access->gid || has_group(fd, access->gid));
}
