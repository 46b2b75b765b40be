/* SPDX-License-Identifier: MIT */
/* One-shot timers of an event loop, and calls put off to its turn's end. */

#include "net/timer.h"

#include <errno.h>

#include <event2/event.h>

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct timer *timer = arg;

	(void)fd;
	(void)what;
	timer->callback(timer->arg);
}

void timer_init(struct timer *timer, struct event_base *base,
		timer_callback callback, void *arg)
{
	timer->callback = callback;
	timer->arg = arg;
	event_assign(&timer->event, base, -1, 0, on_event, timer);
}

int timer_arm(struct timer *timer, uint64_t delay_ms)
{
	struct timeval delay = {
		.tv_sec = (time_t)(delay_ms / 1000),
		.tv_usec = (suseconds_t)(delay_ms % 1000) * 1000,
	};

	return event_add(&timer->event, &delay) ? -ENOMEM : 0;
}

void timer_fire(struct timer *timer)
{
	event_active(&timer->event, EV_TIMEOUT, 0);
}

void timer_cancel(struct timer *timer)
{
	event_del(&timer->event);
}
