/* SPDX-License-Identifier: MIT */
/* The main thread: accepts, hands out, reloads, stops. */

#include "daemon/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config_errors.h"
#include "daemon/acceptor.h"
#include "daemon/admin.h"
#include "daemon/log_setup.h"
#include "daemon/pool.h"
#include "daemon/recorder.h"
#include "ops/operations.h"

/* How often it is asked, while stopping, whether all sessions have ended. */
#define STOP_POLL_MS 10

enum { SIGNAL_COUNT = 4 };

/* How far a stop has come. */
enum stop_phase { STOP_NOT, STOP_DRAINING, STOP_CLOSING };

struct supervisor {
	const struct supervisor_options *options;
	struct event_base *base;
	struct config *config;
	struct acceptor *acceptor;
	struct pool *pool;
	struct event *signals[SIGNAL_COUNT];
	struct event *stop_poll;
	struct operations operations;
	uint64_t begun_wall_s;
	uint64_t begun_ms;
	uint64_t reloads_done;
	uint64_t reloads_refused;
	uint64_t reload_wall_s; /* of the last; 0: none yet */
	bool reload_is_done;
	struct recorder *recorder;
	struct admin *admin;
	enum stop_phase phase;
	uint64_t phase_ends_ms;
};

static const struct config *current_config(void *arg)
{
	const struct supervisor *sv = arg;

	return sv->config;
}

static void report(void *arg, struct operations_report *ret_report)
{
	const struct supervisor *sv = arg;

	*ret_report = (struct operations_report){
		.state = sv->phase == STOP_NOT ? OPERATIONS_RUNNING :
						 OPERATIONS_STOPPING,
		.begun_wall_s = sv->begun_wall_s,
		.begun_ms = sv->begun_ms,
		.sessions = pool_session_count(sv->pool),
		.connections = pool_connection_count(sv->pool),
		.session_limit = pool_session_limit(sv->config),
		.workers = pool_worker_count(sv->pool),
		.reloads_done = sv->reloads_done,
		.reloads_refused = sv->reloads_refused,
		.reload_wall_s = sv->reload_wall_s,
		.reload_is_done = sv->reload_is_done,
	};
}

static uint32_t worker_sessions(void *arg, unsigned worker)
{
	const struct supervisor *sv = arg;

	return pool_worker_sessions(sv->pool, worker);
}

static void measure(void *arg, struct metrics_totals *ret_totals)
{
	const struct supervisor *sv = arg;
	struct counter *refused;

	metrics_totals_init(ret_totals, sv->config);
	pool_measure(sv->pool, ret_totals);
	refused = ret_totals->sheet.refused_by_cause;
	counter_add(&refused[CAUSE_NO_DESCRIPTORS],
		    acceptor_refused_count(sv->acceptor));
}

static void each_listener(void *arg,
			  void (*visit)(void *visit_arg,
					const struct operations_listener *),
			  void *visit_arg)
{
	const struct supervisor *sv = arg;

	acceptor_each(sv->acceptor, visit, visit_arg);
}

static const struct history *history(void *arg)
{
	const struct supervisor *sv = arg;

	return sv->recorder ? recorder_history(sv->recorder) : NULL;
}

static void on_connection(void *arg, int fd, const struct sockaddr_any *peer,
			  const struct config_listener *listener)
{
	struct supervisor *sv = arg;

	pool_take(sv->pool, fd, peer, listener);
}

static void log_failure(const struct acceptor_failure *failure)
{
	log_printf(LOG_LEVEL_ERROR, "%s: cannot listen on %s: %s",
		   failure->listener->place, failure->listener->listen,
		   strerror(-failure->error));
}

/* The log's part of a configuration, checked last as it cannot be undone. */
static int take_log(const struct config *config)
{
	int error = log_setup_change(&config->log);

	if (error)
		log_printf(LOG_LEVEL_ERROR, "cannot log to %s: %s",
			   config->log.target, strerror(-error));
	return error;
}

/*
 * Listeners first: what waits at those that go is still taken under the old
 * configuration, to which they belong.
 */
static void commit(struct supervisor *sv, struct config *config)
{
	struct config *old = sv->config;

	acceptor_commit(sv->acceptor);
	admin_commit(sv->admin);
	pool_configure(sv->pool, config);
	sv->config = config;
	if (config->workers != pool_worker_count(sv->pool))
		log_printf(LOG_LEVEL_WARNING,
			   "the number of workers changes at the next start");
	config_unref(&old);
}

static int prepare(struct supervisor *sv, const struct config *config)
{
	struct acceptor_failure failure;
	int error = acceptor_prepare(sv->acceptor, config, &failure);

	if (error) {
		log_failure(&failure);
		return error;
	}
	error = admin_prepare(sv->admin, config);
	if (!error)
		error = take_log(config);
	if (error) {
		admin_discard(sv->admin);
		acceptor_discard(sv->acceptor);
	}
	return error;
}

static void log_errors(const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		log_printf(LOG_LEVEL_ERROR, "%s", errors->lines[i]);
	if (errors->more)
		log_printf(LOG_LEVEL_ERROR, "and %zu more errors",
			   errors->more);
}

static void count_reload(struct supervisor *sv, bool is_done)
{
	sv->reload_wall_s = (uint64_t)time(NULL);
	sv->reload_is_done = is_done;
	if (is_done)
		sv->reloads_done++;
	else
		sv->reloads_refused++;
}

static void reload(struct supervisor *sv)
{
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;
	int error;

	if (!sv->options->config_path || sv->phase != STOP_NOT) {
		log_printf(LOG_LEVEL_WARNING, "nothing to reload");
		return;
	}
	error = config_load(sv->options->config_path, &errors, &config);
	log_errors(&errors);
	config_errors_done(&errors);
	if (!error)
		error = prepare(sv, config);
	count_reload(sv, !error);
	if (error) {
		config_unref(&config);
		log_printf(LOG_LEVEL_ERROR,
			   "configuration refused, the old one runs on");
		return;
	}
	commit(sv, config);
	log_printf(LOG_LEVEL_NOTICE, "configuration reloaded");
}

static void begin_closing(struct supervisor *sv)
{
	const struct config_timeouts *timeouts = &sv->config->timeouts;

	sv->phase = STOP_CLOSING;
	sv->phase_ends_ms = clock_coarse_ms() + timeouts->close_spread_ms +
			    timeouts->close_ms;
	pool_close_all(sv->pool, timeouts->close_spread_ms);
}

static void on_stop_poll(evutil_socket_t fd, short what, void *arg)
{
	struct supervisor *sv = arg;
	bool is_over = clock_coarse_ms() >= sv->phase_ends_ms;

	(void)fd;
	(void)what;
	if (!pool_connection_count(sv->pool))
		event_base_loopbreak(sv->base);
	else if (is_over && sv->phase == STOP_CLOSING)
		event_base_loopbreak(sv->base);
	else if (is_over)
		begin_closing(sv);
}

static void stop(struct supervisor *sv)
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
	pool_refuse_all(sv->pool);
	event_add(sv->stop_poll, &interval);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct supervisor *sv = arg;

	(void)what;
	switch (number) {
	case SIGHUP:
		reload(sv);
		break;
	case SIGUSR1:
		if (log_reopen() == -EINVAL)
			log_printf(LOG_LEVEL_NOTICE, "no log file to reopen");
		break;
	default:
		stop(sv);
		break;
	}
}

static int catch_signals(struct supervisor *sv)
{
	static const int numbers[SIGNAL_COUNT] = { SIGTERM, SIGINT, SIGHUP,
						   SIGUSR1 };

	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		/* What libevent restores: a late one must not kill us. */
		signal(numbers[i], SIG_IGN);
		sv->signals[i] =
			evsignal_new(sv->base, numbers[i], on_signal, sv);
		if (!sv->signals[i] || event_add(sv->signals[i], NULL))
			return -ENOMEM;
	}
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* As many descriptors as we may have: sessions are limited by them. */
static void raise_descriptor_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static void log_ready(const struct supervisor *sv)
{
	uint32_t limit = pool_session_limit(sv->config);
	struct log_field fields[] = {
		{ .key = "workers",
		  .type = LOG_FIELD_U64,
		  .u64 = pool_worker_count(sv->pool) },
		{ .key = "max_sessions", .type = LOG_FIELD_U64, .u64 = limit },
	};

	log_event(LOG_LEVEL_NOTICE, "ready", fields, 2);
	if (sv->config->limits.max_sessions > limit)
		log_printf(LOG_LEVEL_WARNING,
			   "the limit of file descriptors allows no more than "
			   "%u sessions",
			   limit);
}

static int open_core(struct supervisor *sv)
{
	int error;

	raise_descriptor_limit();
	sv->base = event_base_new();
	if (!sv->base)
		return -ENOMEM;
	error = catch_signals(sv);
	if (error)
		return error;
	sv->stop_poll = event_new(sv->base, -1, EV_PERSIST, on_stop_poll, sv);
	sv->acceptor = acceptor_new(sv->base, on_connection, sv);
	if (!sv->stop_poll || !sv->acceptor)
		return -ENOMEM;
	error = pool_new(sv->config, &sv->pool);
	if (error)
		return error;
	sv->recorder = recorder_new(sv->base, &sv->operations);
	sv->admin = admin_new(sv->base, &sv->operations);
	return sv->recorder && sv->admin ? 0 : -ENOMEM;
}

static int open_listeners(struct supervisor *sv)
{
	struct acceptor_failure failure;
	int error = acceptor_prepare(sv->acceptor, sv->config, &failure);

	if (error) {
		log_failure(&failure);
		return error;
	}
	error = admin_prepare(sv->admin, sv->config);
	if (error)
		return error;
	acceptor_commit(sv->acceptor);
	admin_commit(sv->admin);
	return 0;
}

static void close_all(struct supervisor *sv)
{
	admin_free(&sv->admin);
	recorder_free(&sv->recorder);
	pool_free(&sv->pool);
	acceptor_free(&sv->acceptor);
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		if (sv->signals[i])
			event_free(sv->signals[i]);
	if (sv->stop_poll)
		event_free(sv->stop_poll);
	if (sv->base)
		event_base_free(sv->base);
	config_unref(&sv->config);
}

static void tell_ready(const struct supervisor *sv)
{
	char address[ADDRESS_TEXT_MAX];

	log_ready(sv);
	if (!sv->options->on_ready)
		return;
	acceptor_first_address(sv->acceptor, address);
	sv->options->on_ready(address);
}

static int run(struct supervisor *sv)
{
	int error = open_core(sv);

	if (error) {
		log_printf(LOG_LEVEL_ERROR, "cannot start: %s",
			   strerror(-error));
		return EX_SOFTWARE;
	}
	if (open_listeners(sv))
		return EX_UNAVAILABLE;
	tell_ready(sv);
	if (event_base_dispatch(sv->base))
		return EX_SOFTWARE;
	log_printf(LOG_LEVEL_NOTICE, "stopped");
	return EXIT_SUCCESS;
}

int supervisor_run(const struct supervisor_options *options)
{
	struct supervisor sv = {
		.options = options,
		.config = config_ref(options->config),
		.operations = { .arg = &sv,
				.config = current_config,
				.report = report,
				.worker_sessions = worker_sessions,
				.measure = measure,
				.each_listener = each_listener,
				.history = history },
		.begun_wall_s = (uint64_t)time(NULL),
		.begun_ms = clock_coarse_ms(),
	};
	int code = run(&sv);

	close_all(&sv);
	return code;
}
