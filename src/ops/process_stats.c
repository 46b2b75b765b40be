/* SPDX-License-Identifier: MIT */
/* What the kernel says of this process. */

#include "ops/process_stats.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t microseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

/* proc(5): fields 20, 23 and 24 of "stat", behind the name in parentheses. */
static void read_stat(struct process_stats *stats)
{
	char text[1024] = "";
	FILE *file = fopen("/proc/self/stat", "re");
	const char *rest;
	uint64_t pages = 0;

	if (!file)
		return;
	rest = fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;
	fclose(file);
	if (!rest ||
	    sscanf(rest + 1,
		   " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		   "%*s %*s %*s %" SCNu64 " %*s %*s %" SCNu64 " %" SCNu64,
		   &stats->threads, &stats->virtual_bytes, &pages) != 3)
		return;
	stats->resident_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Newer kernels tell the number at once; else it is counted. */
static uint64_t count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	struct stat status;
	uint64_t count = 0;

	if (!directory)
		return 0;
	if (!fstat(dirfd(directory), &status) && status.st_size > 0) {
		count = (uint64_t)status.st_size;
	} else {
		while (readdir(directory))
			count++;
		count -= 2; /* "." and ".." */
	}
	closedir(directory);
	return count - 1; /* the directory's own */
}

struct process_stats process_stats_read(void)
{
	struct process_stats stats = { .cpu_us = 0 };
	struct rusage usage;
	struct rlimit files;

	if (!getrusage(RUSAGE_SELF, &usage))
		stats.cpu_us = microseconds(usage.ru_utime) +
			       microseconds(usage.ru_stime);
	if (!getrlimit(RLIMIT_NOFILE, &files))
		stats.max_fds = files.rlim_cur;
	read_stat(&stats);
	stats.open_fds = count_descriptors();
	return stats;
}
