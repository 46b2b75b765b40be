/* SPDX-License-Identifier: MIT */
/* What this program is made of. */

#ifndef DAEMON_VERSION_H
#define DAEMON_VERSION_H

/* Prints version, libraries with their versions, and features on stdout. */
void version_print(void);

#endif
