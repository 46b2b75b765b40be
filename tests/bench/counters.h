/* SPDX-License-Identifier: MIT */
/* Counters a bench program shares with tools/bench through a mapped file. */
#ifndef BENCH_COUNTERS_H
#define BENCH_COUNTERS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Written last, once the program is ready to be measured. */
#define COUNTERS_MAGIC 0x77737265656e6368u

/*
 * A latency of t nanoseconds falls into a bucket 1/32 of a power of two wide
 * (3 % at worst). 38 powers reach 2^42 ns, over an hour.
 */
#define COUNTERS_SUB_BITS 5u
#define COUNTERS_SUB (1u << COUNTERS_SUB_BITS)
#define COUNTERS_BUCKETS (38u * COUNTERS_SUB)

/*
 * The file's content: tools/bench reads it at this layout while the program
 * runs, so a measurement needs no word from the program. One writer.
 */
struct counters {
	uint64_t magic;
	uint64_t messages;   /* echoes, messages or whole cycles done */
	uint64_t bytes;      /* payload bytes received (or sent: upload) */
	uint64_t sent;       /* backend: bytes its sources have sent */
	uint64_t opened;     /* connections ever usable */
	uint64_t open;       /* connections usable now */
	uint64_t errors;     /* connections that failed */
	uint64_t mismatches; /* payload that was not what was sent */
	uint64_t pings;      /* pings answered */
	uint64_t latency[COUNTERS_BUCKETS];
};

/*
 * Maps PATH (created, emptied) as counters, or private memory when PATH is
 * NULL. Returns NULL with errno set. Never unmapped: it lives as long as the
 * process.
 */
struct counters *counters_map(const char *path)
	__attribute__((warn_unused_result));

/* Adds one latency, in nanoseconds. */
void counters_add_latency(struct counters *c, uint64_t ns);

/* The latency in nanoseconds below which PART (0..1) of all lie; 0 if none. */
uint64_t counters_percentile(const struct counters *c, double part);

/* Writes all of it to OUT as one JSON object, empty buckets left out. */
void counters_print_json(const struct counters *c, double seconds, FILE *out);

/* The monotonic clock, in nanoseconds. */
uint64_t counters_now_ns(void);

#endif
