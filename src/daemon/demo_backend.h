/* SPDX-License-Identifier: MIT */
/* The servers behind --demo, on a thread of their own: an echo and a clock. */

#ifndef DAEMON_DEMO_BACKEND_H
#define DAEMON_DEMO_BACKEND_H

/* Two abstract Unix sockets that the kernel named, and who serves them. */
struct demo_backend;

/* Bytes of a name as "unix:@..." with its terminator: the kernel takes 5. */
#define DEMO_BACKEND_NAME_MAX 32

/* Where they are. */
struct demo_backend_names {
	char echo[DEMO_BACKEND_NAME_MAX];
	char clock[DEMO_BACKEND_NAME_MAX];
};

/* Starts the thread.  0 or -errno; then nothing is left behind. */
__attribute__((warn_unused_result))
int demo_backend_start(struct demo_backend **ret_backend,
		       struct demo_backend_names *ret_names);

/* Ends the thread and all connections.  Clears, takes null. */
void demo_backend_stop(struct demo_backend **backend);

#endif
