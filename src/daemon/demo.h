/* SPDX-License-Identifier: MIT */
/* wsrelayd --demo: a page, an echo and a clock, with no file needed. */

#ifndef DAEMON_DEMO_H
#define DAEMON_DEMO_H

#include <stdbool.h>
#include <stdint.h>

/* The port when none is given. */
#define DEMO_PORT 8080

/*
 * Runs on 127.0.0.1 until told to stop, the backends included; prints the
 * page's address on stdout first.  `port` 0: the kernel picks one.  With
 * `has_tls` it is https, by a certificate made for it.  Returns an exit code as
 * supervisor_run().
 */
int demo_run(uint16_t port, bool has_tls);

#endif
