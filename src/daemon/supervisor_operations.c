/* SPDX-License-Identifier: MIT */
/* What operators may ask of the main thread: the functions of their table. */

#include <errno.h>

#include "daemon/supervisor_state.h"

/*
 * How long workers may take to tell of their sessions.  A loop that stands
 * still for so long is stuck; 9,000 sessions take some 50 ms.
 */
#define SURVEY_TIMEOUT_MS 5000

static const struct config *current_config(void *arg)
{
	const struct supervisor *sv = arg;

	return sv->config;
}

static enum operations_state state_of(const struct supervisor *sv)
{
	if (sv->phase != STOP_NOT)
		return OPERATIONS_STOPPING;
	return sv->is_draining ? OPERATIONS_DRAINING : OPERATIONS_RUNNING;
}

static void report(void *arg, struct operations_report *ret_report)
{
	const struct supervisor *sv = arg;

	*ret_report = (struct operations_report){
		.state = state_of(sv),
		.begun_wall_s = sv->begun_wall_s,
		.begun_ms = sv->begun_ms,
		.sessions = pool_session_count(sv->pool),
		.connections = pool_connection_count(sv->pool),
		.session_limit = pool_session_limit(sv->config),
		.workers = pool_worker_count(sv->pool),
		.reloads_done = sv->reloads.done,
		.reloads_refused = sv->reloads.refused,
		.reload_wall_s = sv->reloads.wall_s,
		.reload_is_done = sv->reloads.is_done,
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

static void each_certificate(void *arg,
			     void (*visit)(void *visit_arg,
					   const struct certificate_report *),
			     void *visit_arg)
{
	const struct supervisor *sv = arg;
	size_t count = tls_service_certificate_count(sv->tls);

	for (size_t i = 0; i < count; i++) {
		struct certificate_report certificate;

		tls_service_report(sv->tls, i, &certificate);
		visit(visit_arg, &certificate);
	}
}

static const struct history *history(void *arg)
{
	const struct supervisor *sv = arg;

	return sv->recorder ? recorder_history(sv->recorder) : NULL;
}

static int ask(void *arg, const struct operations_question *question,
	       uint64_t *ret_ticket)
{
	struct supervisor *sv = arg;

	return survey_ask(sv->survey, sv->pool, question, SURVEY_TIMEOUT_MS,
			  ret_ticket);
}

static void cancel(void *arg, uint64_t ticket)
{
	struct supervisor *sv = arg;

	survey_cancel(sv->survey, ticket);
}

static int set_draining(void *arg, bool is_draining)
{
	return supervisor_set_draining(arg, is_draining);
}

static int reload(void *arg, struct config_errors *errors)
{
	return supervisor_reload(arg, errors);
}

struct operations supervisor_operations(struct supervisor *sv)
{
	return (struct operations){
		.arg = sv,
		.config = current_config,
		.report = report,
		.worker_sessions = worker_sessions,
		.measure = measure,
		.each_listener = each_listener,
		.each_certificate = each_certificate,
		.history = history,
		.ask = ask,
		.cancel = cancel,
		.set_draining = set_draining,
		.reload = reload,
	};
}
