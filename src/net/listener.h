/* SPDX-License-Identifier: MIT */
/* Listening sockets: opened on an address, closed without traces. */

#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* What to listen on. */
struct listener_options {
	const struct address *address; /* INET or UNIX */
	uint32_t mode;                 /* permission bits of a Unix socket */
	bool v6_only;                  /* IPv6: take no IPv4 connections */
};

/*
 * Opens a non-blocking listening socket.  A Unix socket left behind by a
 * daemon that is gone is replaced; one that somebody serves is -EADDRINUSE.
 * Returns 0 with the descriptor, which the caller closes, or -errno.
 */
__attribute__((warn_unused_result))
int listener_open(const struct listener_options *options, int *ret_fd);

/* The address `fd` really has: a port 0 asked for is the kernel's choice. */
void listener_address(int fd, struct sockaddr_any *ret_address);

/* Changes the permissions of a Unix socket with a path.  0 or -errno. */
__attribute__((warn_unused_result))
int listener_set_mode(int fd, uint32_t mode);

/* Gives the path of a Unix socket to a user and group.  0 or -errno. */
__attribute__((warn_unused_result))
int listener_set_owner(int fd, uint32_t uid, uint32_t gid);

/* Closes `fd` and removes the path of its Unix socket, if it is still its. */
void listener_close(int fd);

/*
 * Takes one connection: its non-blocking descriptor with the peer's address,
 * or -EAGAIN if none waits, -EMFILE and -ENFILE when descriptors are out,
 * else -errno of a connection that failed before it was taken.
 */
__attribute__((warn_unused_result))
int listener_accept(int fd, struct sockaddr_any *ret_peer);

#endif
