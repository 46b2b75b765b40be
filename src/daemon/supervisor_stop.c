/* SPDX-License-Identifier: MIT */
/* Refuses, waits, closes: how the daemon comes to its end, or only drains. */

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/supervisor_state.h"

/* How often it is asked, while stopping, whether all sessions have ended. */
#define STOP_POLL_MS 10

int supervisor_set_draining(struct supervisor *sv, bool is_draining)
{
	if (sv->phase != STOP_NOT)
		return -EBUSY;
	if (sv->is_draining == is_draining)
		return 0;
	sv->is_draining = is_draining;
	pool_set_refusing(sv->pool, is_draining);
	log_printf(LOG_LEVEL_NOTICE,
		   is_draining ? "draining" : "draining no longer");
	return 0;
}

static void begin_closing(struct supervisor *sv)
{
	const struct config_timeouts *timeouts = &sv->config->timeouts;

	sv->phase = STOP_CLOSING;
	sv->phase_ends_ms = clock_coarse_ms() + timeouts->close_spread_ms +
			    timeouts->close_ms;
	acceptor_leave_inherited(sv->acceptor);
	pool_close_all(sv->pool, timeouts->close_spread_ms);
}

/*
 * The refused may still read their answers, but nobody comes after them:
 * clients that try again and again would keep the daemon for as long as a
 * session may.
 */
static void begin_ending(struct supervisor *sv)
{
	uint64_t ends_ms = clock_coarse_ms() + sv->config->timeouts.close_ms;

	if (sv->phase == STOP_DRAINING || ends_ms < sv->phase_ends_ms)
		sv->phase_ends_ms = ends_ms;
	sv->phase = STOP_ENDING;
	acceptor_end(sv->acceptor);
}

static void on_stop_poll(evutil_socket_t fd, short what, void *arg)
{
	struct supervisor *sv = arg;
	bool is_over = clock_coarse_ms() >= sv->phase_ends_ms;

	(void)fd;
	(void)what;
	if (!pool_connection_count(sv->pool))
		event_base_loopbreak(sv->base);
	else if (is_over && sv->phase != STOP_DRAINING)
		event_base_loopbreak(sv->base);
	else if (sv->phase != STOP_ENDING && !pool_session_count(sv->pool))
		begin_ending(sv);
	else if (is_over)
		begin_closing(sv);
}

int supervisor_prepare_stop(struct supervisor *sv)
{
	sv->stop_poll = event_new(sv->base, -1, EV_PERSIST, on_stop_poll, sv);
	return sv->stop_poll ? 0 : -ENOMEM;
}

void supervisor_stop(struct supervisor *sv)
{
	struct timeval interval = { .tv_usec = STOP_POLL_MS * 1000 };
	struct log_field field = { .key = "sessions", .type = LOG_FIELD_U64 };

	if (sv->phase != STOP_NOT) {
		log_printf(LOG_LEVEL_NOTICE, "stopping at once");
		event_base_loopbreak(sv->base);
		return;
	}
	field.u64 = pool_session_count(sv->pool);
	log_event(LOG_LEVEL_NOTICE, "stopping", &field, 1);
	sv->phase = STOP_DRAINING;
	sv->phase_ends_ms = clock_coarse_ms() + sv->config->timeouts.drain_ms;
	pool_set_refusing(sv->pool, true);
	service_tell_stopping(sv->service);
	if (!sv->config->timeouts.drain_ms)
		acceptor_leave_inherited(sv->acceptor);
	event_add(sv->stop_poll, &interval);
}
