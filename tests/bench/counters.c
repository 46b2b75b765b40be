/* SPDX-License-Identifier: MIT */
/* Counters a bench program shares with tools/bench through a mapped file. */
#include "counters.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int open_sized(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd >= 0 && ftruncate(fd, sizeof(struct counters)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

struct counters *counters_map(const char *path)
{
	int fd = -1;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;

	if (path) {
		fd = open_sized(path);
		if (fd < 0)
			return NULL;
		flags = MAP_SHARED;
	}
	void *p = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE,
		       flags, fd, 0);
	if (fd >= 0)
		close(fd);
	return p == MAP_FAILED ? NULL : p;
}

static size_t bucket_of(uint64_t ns)
{
	if (ns < COUNTERS_SUB)
		return (size_t)ns;
	unsigned top = 63u - (unsigned)__builtin_clzll(ns);
	uint64_t sub = (ns >> (top - COUNTERS_SUB_BITS)) & (COUNTERS_SUB - 1);
	size_t i = (size_t)(top - COUNTERS_SUB_BITS + 1) * COUNTERS_SUB + sub;

	return i < COUNTERS_BUCKETS ? i : COUNTERS_BUCKETS - 1;
}

static uint64_t bucket_start(size_t i)
{
	if (i < COUNTERS_SUB)
		return i;
	uint64_t sub = i % COUNTERS_SUB;

	return (COUNTERS_SUB + sub) << (i / COUNTERS_SUB - 1);
}

void counters_add_latency(struct counters *c, uint64_t ns)
{
	c->latency[bucket_of(ns)]++;
}

uint64_t counters_percentile(const struct counters *c, double part)
{
	uint64_t all = 0;

	for (size_t i = 0; i < COUNTERS_BUCKETS; i++)
		all += c->latency[i];
	uint64_t want = (uint64_t)((double)all * part);
	uint64_t seen = 0;

	for (size_t i = 0; i < COUNTERS_BUCKETS; i++) {
		seen += c->latency[i];
		if (seen > want)
			return bucket_start(i);
	}
	return 0;
}

static void print_histogram(const struct counters *c, FILE *out)
{
	const char *comma = "";

	fputs("\"histogram_ns\": [", out);
	for (size_t i = 0; i < COUNTERS_BUCKETS; i++) {
		if (c->latency[i] == 0)
			continue;
		fprintf(out, "%s[%" PRIu64 ", %" PRIu64 "]", comma,
			bucket_start(i), c->latency[i]);
		comma = ", ";
	}
	fputs("]", out);
}

void counters_print_json(const struct counters *c, double seconds, FILE *out)
{
	fprintf(out,
		"{\"seconds\": %.6f, \"messages\": %" PRIu64
		", \"bytes\": %" PRIu64 ", \"opened\": %" PRIu64
		", \"open\": %" PRIu64 ", \"errors\": %" PRIu64
		", \"mismatches\": %" PRIu64 ", \"pings\": %" PRIu64 ", ",
		seconds, c->messages, c->bytes, c->opened, c->open, c->errors,
		c->mismatches, c->pings);
	fprintf(out, "\"p50_ns\": %" PRIu64 ", \"p99_ns\": %" PRIu64 ", ",
		counters_percentile(c, 0.5), counters_percentile(c, 0.99));
	print_histogram(c, out);
	fputs("}\n", out);
}

uint64_t counters_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
