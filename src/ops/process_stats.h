/* SPDX-License-Identifier: MIT */
/* What the kernel says of this process. */

#ifndef OPS_PROCESS_STATS_H
#define OPS_PROCESS_STATS_H

#include <stdint.h>

struct process_stats {
	uint64_t cpu_us; /* user and system */
	uint64_t resident_bytes;
	uint64_t virtual_bytes;
	uint64_t threads;
	uint64_t open_fds;
	uint64_t max_fds;
};

/* Reads /proc/self; what cannot be read is 0. */
struct process_stats process_stats_read(void);

#endif
