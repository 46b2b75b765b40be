/* SPDX-License-Identifier: MIT */
/* An event loop that a test steps until something is so. */

#ifndef TESTS_UNIT_LOOP_FIXTURE_H
#define TESTS_UNIT_LOOP_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/address.h"
#include "base/clock.h"

/* Nothing takes longer unless it is broken. */
#define LOOP_PATIENCE_US 20000000

struct loop {
	struct event_base *base;
	struct event *tick;
};

/* Steps the loop until `condition` holds. */
#define LOOP_UNTIL(loop, condition)                                 \
	do {                                                        \
		uint64_t begun_us = clock_now_us();                 \
                                                                    \
		while (!(condition)) {                              \
			assert_true(clock_now_us() - begun_us <     \
				    LOOP_PATIENCE_US);              \
			event_base_loop((loop)->base, EVLOOP_ONCE); \
		}                                                   \
	} while (0)

static inline void loop_on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static inline void loop_begin(struct loop *loop)
{
	const struct timeval tick = { .tv_usec = 2000 };

	loop->base = event_base_new();
	assert_non_null(loop->base);
	loop->tick = event_new(loop->base, -1, EV_PERSIST, loop_on_tick, NULL);
	assert_int_equal(event_add(loop->tick, &tick), 0);
}

static inline void loop_end(struct loop *loop)
{
	event_free(loop->tick);
	event_base_free(loop->base);
}

/* A few turns, for what is ready. */
static inline void loop_step(struct loop *loop)
{
	for (int i = 0; i < 3; i++)
		event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* A listening socket on an address the kernel picks: its text to connect to. */
static inline int loop_listen(const char *where, int backlog,
			      char ret_text[ADDRESS_TEXT_MAX])
{
	struct sockaddr_any any = { .len = sizeof(any.un) };
	struct address address;
	int fd;

	assert_int_equal(address_parse_listen(slice_of(where), &address), 0);
	fd = socket(address.socket.sa.sa_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, &address.socket.sa, address.socket.len), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, &any.sa, &any.len), 0);
	address_format(&any, ret_text);
	return fd;
}

#endif
