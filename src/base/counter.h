/* SPDX-License-Identifier: MIT */
/* A number one thread writes and any thread may read at any time. */

#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * All zero is a fresh one.  The writer's additions are a plain load and store
 * to the processor: no locked instruction, no waiting; a reader sees some value
 * it had.
 */
struct counter {
	_Atomic uint64_t value;
};

/* Any thread. */
static inline uint64_t counter_get(const struct counter *counter)
{
	return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

/* The writer's thread. */
static inline void counter_set(struct counter *counter, uint64_t value)
{
	atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

/* The writer's thread; a difference below 0 is added modulo 2^64. */
static inline void counter_add(struct counter *counter, uint64_t delta)
{
	counter_set(counter, counter_get(counter) + delta);
}

#endif
