/* SPDX-License-Identifier: MIT */
/* A descriptor kept aside, to refuse a connection when none is left. */

#ifndef DAEMON_DESCRIPTOR_RESERVE_H
#define DAEMON_DESCRIPTOR_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

struct descriptor_reserve {
	int fd;              /* of nothing in particular, or -1 */
	uint64_t refused;    /* since the last line in the log */
	uint64_t total;      /* since the process began */
	uint64_t logged_ms;  /* when that was */
};

/* Opens the reserve; without one descriptor_reserve_refuse() tries again. */
void descriptor_reserve_init(struct descriptor_reserve *reserve);

/* Closes it. */
void descriptor_reserve_done(struct descriptor_reserve *reserve);

/*
 * Gives the reserve up for a moment to take the next connection of the
 * listening socket `listen_fd`, answers it 503 unless it expects TLS, and
 * closes it.  0, -EAGAIN when none waited (accept() is out of descriptors even
 * then), -EMFILE or -ENFILE when there is no reserve.
 */
__attribute__((warn_unused_result))
int descriptor_reserve_refuse(struct descriptor_reserve *reserve, int listen_fd,
			      bool expects_tls);

#endif
