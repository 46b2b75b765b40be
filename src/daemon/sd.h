/* SPDX-License-Identifier: MIT */
/* libsystemd: what the manager is told, and what it hands over. */

#ifndef DAEMON_SD_H
#define DAEMON_SD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The one file that knows libsystemd; built without it, and run without a
 * manager, all of this does nothing and says no.  For the supervisor's thread:
 * reads and changes the environment.
 */

/* Whether somebody listens: $NOTIFY_SOCKET. */
bool sd_is_notified(void);

/*
 * Sends the assignments of sd_notify(3), one a line: "READY=1\nSTATUS=...".
 * A manager that cannot be reached is none: nothing to be done about it.
 */
void sd_tell(const char *assignments);

/*
 * The time after which a manager that was not told WATCHDOG=1 restarts us, or
 * 0 when it does not watch this process.
 */
uint64_t sd_watchdog_usec(void);

/* A descriptor that was handed over; close-on-exec. */
struct sd_socket {
	char *name; /* of FileDescriptorName= */
	int fd;
};

/*
 * Takes what was handed over, to be called once: $LISTEN_FDS and its kin are
 * unset, so that nobody takes it twice.  Returns how many there are, at
 * `*ret_sockets`, which the caller frees, names and all; the descriptors are
 * the caller's.  0 when there are none, then null; -errno.
 */
__attribute__((warn_unused_result))
int sd_take_sockets(struct sd_socket **ret_sockets);

/* "libsystemd 252", constant text; null when built without. */
const char *sd_library_version(void);

#endif
