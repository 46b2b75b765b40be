/* SPDX-License-Identifier: MIT */
/* One-shot timers of an event loop, and calls put off to its turn's end. */

#ifndef NET_TIMER_H
#define NET_TIMER_H

#include <stdint.h>

#include <event2/event_struct.h>

typedef void (*timer_callback)(void *arg);

/* Lives inside its owner and on one event loop; holds no memory of its own. */
struct timer {
	struct event event;
	timer_callback callback;
	void *arg;
};

/* Prepares a timer that is not armed. */
void timer_init(struct timer *timer, struct event_base *base,
		timer_callback callback, void *arg);

/*
 * Calls back once in `delay_ms`; arming again replaces the moment.  0 or
 * -ENOMEM.
 */
__attribute__((warn_unused_result))
int timer_arm(struct timer *timer, uint64_t delay_ms);

/* Calls back once in this turn of the loop, after what is due already. */
void timer_fire(struct timer *timer);

/* Does not call back, whatever was asked for. */
void timer_cancel(struct timer *timer);

#endif
