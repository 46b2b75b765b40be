/* SPDX-License-Identifier: MIT */
/* What the service manager hears: how far we are, and that all threads turn. */

#include "daemon/service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "base/utf8.h"
#include "daemon/pool.h"
#include "daemon/sd.h"
#include "ops/printable.h"

enum {
	STATUS_MAX = 256,
	REFUSAL_MAX = 160, /* longer ones are cut; the log has them whole */
	/* Its own and one of a line that was cut in it. */
	TELL_MAX = STATUS_MAX + 128,
	USEC_PER_SEC = 1000000,
	STATUS_USEC = 2 * USEC_PER_SEC,
	/* More than the time between two looks at the status. */
	PATIENCE_USEC = 5 * STATUS_USEC,
};

struct service {
	struct pool *pool;
	const struct operations *operations;
	struct event *status_timer;
	struct event *watchdog_timer; /* null: no watchdog */
	bool is_stopping;
	bool is_asked; /* the workers were, and have yet to answer */
	char refusal[REFUSAL_MAX];
	char status[STATUS_MAX]; /* as it was last sent */
};

static struct timeval timeval_of(uint64_t usec)
{
	return (struct timeval){
		.tv_sec = (time_t)(usec / USEC_PER_SEC),
		.tv_usec = (suseconds_t)(usec % USEC_PER_SEC),
	};
}

/* "1 session", "2 sessions" */
static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

static void describe(const struct service *service, char text[STATUS_MAX])
{
	struct operations_report report;
	uint32_t sessions;

	service->operations->report(service->operations->arg, &report);
	sessions = report.sessions;
	switch (report.state) {
	case OPERATIONS_RUNNING:
		snprintf(text, STATUS_MAX,
			 "relaying: %" PRIu32 " session%s%s%s", sessions,
			 plural(sessions),
			 service->refusal[0] ? "; reload refused: " : "",
			 service->refusal);
		return;
	case OPERATIONS_DRAINING:
	case OPERATIONS_STOPPING:
		snprintf(text, STATUS_MAX, "%s: %" PRIu32 " session%s left",
			 operations_state_name(report.state), sessions,
			 plural(sessions));
		return;
	}
}

/* Sends `assignments`, a line each with its newline, and the status. */
static void tell(struct service *service, const char *assignments)
{
	char text[TELL_MAX];

	describe(service, service->status);
	snprintf(text, sizeof(text), "%sSTATUS=%s", assignments,
		 service->status);
	sd_tell(text);
}

static void ask_for_time(void)
{
	char text[64];

	snprintf(text, sizeof(text), "EXTEND_TIMEOUT_USEC=%d", PATIENCE_USEC);
	sd_tell(text);
}

static void on_status(evutil_socket_t fd, short what, void *arg)
{
	struct service *service = arg;
	char status[STATUS_MAX];

	(void)fd;
	(void)what;
	describe(service, status);
	if (strcmp(status, service->status) != 0)
		tell(service, "");
	if (service->is_stopping)
		ask_for_time();
}

static void ask_workers(struct service *service)
{
	service->is_asked = !pool_ask_pulse(service->pool);
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	struct service *service = arg;

	(void)fd;
	(void)what;
	if (service->is_asked) {
		if (!pool_has_pulse(service->pool))
			return;
		sd_tell("WATCHDOG=1");
	}
	ask_workers(service);
}

static int start_watchdog(struct service *service, struct event_base *base,
			  uint64_t usec)
{
	struct timeval quarter = timeval_of(usec / 4);

	service->watchdog_timer =
		event_new(base, -1, EV_PERSIST, on_watchdog, service);
	if (!service->watchdog_timer ||
	    event_add(service->watchdog_timer, &quarter))
		return -ENOMEM;
	ask_workers(service);
	return 0;
}

static int start_timers(struct service *service, struct event_base *base)
{
	struct timeval often = timeval_of(STATUS_USEC);
	uint64_t watchdog = sd_watchdog_usec();

	service->status_timer =
		event_new(base, -1, EV_PERSIST, on_status, service);
	if (!service->status_timer || event_add(service->status_timer, &often))
		return -ENOMEM;
	return watchdog ? start_watchdog(service, base, watchdog) : 0;
}

int service_new(struct event_base *base, struct pool *pool,
		const struct operations *operations,
		struct service **ret_service)
{
	struct service *service;
	int error;

	*ret_service = NULL;
	if (!sd_is_notified())
		return 0;
	service = calloc(1, sizeof(*service));
	if (!service)
		return -ENOMEM;
	service->pool = pool;
	service->operations = operations;
	error = start_timers(service, base);
	if (error)
		service_free(&service);
	*ret_service = service;
	return error;
}

void service_free(struct service **service)
{
	struct service *gone = *service;

	*service = NULL;
	if (!gone)
		return;
	if (gone->status_timer)
		event_free(gone->status_timer);
	if (gone->watchdog_timer)
		event_free(gone->watchdog_timer);
	free(gone);
}

void service_tell_ready(struct service *service)
{
	if (service)
		tell(service, "READY=1\n");
}

void service_tell_reloading(struct service *service)
{
	struct timespec now;
	char text[64];

	if (!service)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld%06ld",
		 (long long)now.tv_sec, now.tv_nsec / 1000);
	sd_tell(text);
}

/* A status is one line of UTF-8, or systemd drops it. */
static void keep_refusal(struct service *service, const char *refusal)
{
	char text[PRINTABLE_MAX];
	size_t len;

	printable_copy(refusal, text);
	len = strcspn(text, "\n");
	if (len >= REFUSAL_MAX)
		len = REFUSAL_MAX - 1;
	(void)!utf8_split((const uint8_t *)text, len, &len);
	memcpy(service->refusal, text, len);
	service->refusal[len] = '\0';
}

void service_tell_reloaded(struct service *service, const char *refusal)
{
	if (!service)
		return;
	keep_refusal(service, refusal);
	tell(service, "READY=1\n");
}

void service_tell_stopping(struct service *service)
{
	if (!service)
		return;
	service->is_stopping = true;
	tell(service, "STOPPING=1\n");
	ask_for_time();
}
