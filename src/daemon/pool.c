/* SPDX-License-Identifier: MIT */
/* The workers together: who gets a connection, who is told what. */

#include "daemon/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/refuse.h"
#include "daemon/worker.h"
#include "net/tls_context.h"
#include "ops/admin_server.h"
#include "ops/session_log.h"

/*
 * Descriptors that are not for sessions: standard streams, the log, signals,
 * the supervisor's loop, its mailbox and the reserve (16), the control socket
 * and its connections (9), listeners, those who look at the admin pages, and of
 * each worker its loop, its mailbox and its resolver (4).
 */
#define POOL_FIXED_FDS 25
#define POOL_WORKER_FDS 4

/*
 * A refused connection has a descriptor too while its answer is read: these
 * are left for them, or an eighth of all if that is less.
 */
#define POOL_REFUSED_FDS 64

/* A session has two: the client's and the target's. */
#define POOL_SESSION_FDS 2

struct pool {
	struct config *config;
	struct resolver *resolver;
	struct admission *admission;
	struct worker **workers;
	unsigned count;
	uint32_t session_limit;
	uint64_t next_id;
	uint32_t pulse; /* how often the workers were asked for it */
	bool is_refusing;
	struct metrics_sheet sheet; /* of those turned away here */
};

static rlim_t refused_fds(rlim_t all)
{
	return all / 8 < POOL_REFUSED_FDS ? all / 8 : POOL_REFUSED_FDS;
}

static rlim_t reserved_fds(const struct config *config, rlim_t all)
{
	rlim_t admin = config_has_admin(config) ? ADMIN_FDS : 0;

	return POOL_FIXED_FDS + config->listener_count + admin +
	       (rlim_t)config->workers * POOL_WORKER_FDS + refused_fds(all);
}

uint32_t pool_session_limit(const struct config *config)
{
	struct rlimit files = { .rlim_cur = 1024 };
	rlim_t possible = 1;
	rlim_t reserved;

	(void)getrlimit(RLIMIT_NOFILE, &files);
	reserved = reserved_fds(config, files.rlim_cur);
	if (files.rlim_cur > reserved + POOL_SESSION_FDS)
		possible = (files.rlim_cur - reserved) / POOL_SESSION_FDS;
	if (config->limits.max_sessions &&
	    config->limits.max_sessions < possible)
		return config->limits.max_sessions;
	return possible < UINT32_MAX ? (uint32_t)possible : UINT32_MAX;
}

static int start_workers(struct pool *pool, struct config *config,
			 struct mailbox *answers)
{
	pool->workers = calloc(config->workers, sizeof(struct worker *));
	if (!pool->workers)
		return -ENOMEM;
	while (pool->count < config->workers) {
		struct worker_options options = {
			.resolver = pool->resolver,
			.admission = pool->admission,
			.number = pool->count,
			.config = config,
			.answers = answers,
		};
		int error = worker_start(&options, &pool->workers[pool->count]);

		if (error)
			return error;
		pool->count++;
	}
	return 0;
}

int pool_new(struct config *config, struct mailbox *answers,
	     struct pool **ret_pool)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	int error;

	if (!pool)
		return -ENOMEM;
	pool->config = config_ref(config);
	pool->next_id = 1;
	metrics_sheet_init(&pool->sheet);
	pool->session_limit = pool_session_limit(config);
	pool->admission = admission_new();
	error = pool->admission ? resolver_new(&pool->resolver) : -ENOMEM;
	if (!error)
		error = start_workers(pool, config, answers);
	if (error) {
		pool_free(&pool);
		return error;
	}
	*ret_pool = pool;
	return 0;
}

void pool_free(struct pool **pool)
{
	struct pool *gone = *pool;

	*pool = NULL;
	if (!gone)
		return;
	while (gone->count)
		worker_stop(&gone->workers[--gone->count]);
	free(gone->workers);
	resolver_free(&gone->resolver);
	admission_free(&gone->admission);
	config_unref(&gone->config);
	metrics_sheet_done(&gone->sheet);
	free(gone);
}

unsigned pool_worker_count(const struct pool *pool)
{
	return pool->count;
}

uint32_t pool_worker_sessions(const struct pool *pool, unsigned worker)
{
	return worker_session_count(pool->workers[worker]);
}

uint32_t pool_session_count(const struct pool *pool)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < pool->count; i++)
		sum += worker_session_count(pool->workers[i]);
	return sum;
}

uint32_t pool_connection_count(const struct pool *pool)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < pool->count; i++)
		sum += worker_connection_count(pool->workers[i]);
	return sum;
}

static struct worker *least_busy(const struct pool *pool)
{
	struct worker *best = pool->workers[0];
	uint32_t fewest = worker_session_count(best);

	for (unsigned i = 1; i < pool->count; i++) {
		uint32_t sessions = worker_session_count(pool->workers[i]);

		if (sessions < fewest) {
			fewest = sessions;
			best = pool->workers[i];
		}
	}
	return best;
}

static enum relay_cause cause_of_verdict(enum admission_verdict verdict)
{
	switch (verdict) {
	case ADMISSION_GRANTED:
		break;
	case ADMISSION_SESSIONS:
		return CAUSE_SESSIONS_PER_IP;
	case ADMISSION_RATE:
		return CAUSE_HANDSHAKE_RATE;
	case ADMISSION_NO_MEMORY:
		return CAUSE_NO_MEMORY;
	}
	return CAUSE_NONE;
}

/* Counts the peer's address where a limit asks for it. */
static enum relay_cause admit_peer(struct pool *pool,
				   struct relay_connection *connection)
{
	const struct config_limits *config = &pool->config->limits;
	struct admission_limits limits = {
		.sessions = config->max_sessions_per_ip,
		.per_second = config->handshakes_per_second_per_ip,
	};
	struct admission_key key;
	enum admission_verdict verdict;

	if (!limits.sessions && !limits.per_second)
		return CAUSE_NONE;
	if (!admission_key_of_peer(&connection->peer, &key))
		return CAUSE_NONE;
	verdict =
		admission_enter(pool->admission, &key, &limits, clock_now_us());
	connection->is_counted = verdict == ADMISSION_GRANTED;
	return cause_of_verdict(verdict);
}

static enum relay_cause admit(struct pool *pool,
			      struct relay_connection *connection)
{
	if (pool->is_refusing)
		return CAUSE_DRAINING;
	if (pool_session_count(pool) >= pool->session_limit)
		return CAUSE_MAX_SESSIONS;
	return admit_peer(pool, connection);
}

/* Out of memory: the connection goes the way it came. */
static void drop(struct pool *pool, struct relay_connection *connection)
{
	if (connection->is_counted)
		admission_leave_peer(pool->admission, &connection->peer);
	config_unref(&connection->config);
	tls_context_unref(&connection->tls);
	close(connection->fd);
}

/* Whether as many refused connections linger as there are descriptors for. */
static bool is_crowded(const struct pool *pool)
{
	struct rlimit files = { .rlim_cur = 1024 };
	uint32_t refused =
		pool_connection_count(pool) - pool_session_count(pool);

	(void)getrlimit(RLIMIT_NOFILE, &files);
	return refused >= refused_fds(files.rlim_cur);
}

/* A storm of connections to refuse: no worker waits for their requests. */
static void turn_away(struct pool *pool,
		      const struct relay_connection *connection)
{
	const struct cause_info *info = cause_info(connection->refusal);
	struct session_log_record record = {
		.id = connection->id,
		.client = connection->peer,
		.listener = connection->listener->name,
		.cause_number = connection->refusal,
		.cause = info->label,
	};

	session_log_refused(&record, info->status);
	metrics_sheet_refused(&pool->sheet, connection->refusal);
	refuse_at_once(connection->fd, connection->refusal,
		       config_listener_has_tls(connection->listener));
}

void pool_take(struct pool *pool, int fd, const struct sockaddr_any *peer,
	       const struct config_listener *listener, struct tls_context *tls)
{
	struct mail mail = {
		.type = MAIL_CONNECTION,
		.connection = { .id = pool->next_id++,
				.fd = fd,
				.peer = *peer,
				.listener = listener,
				.accepted_ms = clock_coarse_ms(),
				.accepted_us = clock_now_us() },
	};

	mail.connection.refusal = admit(pool, &mail.connection);
	if (mail.connection.refusal && is_crowded(pool)) {
		turn_away(pool, &mail.connection);
		return;
	}
	mail.connection.config = config_ref(pool->config);
	if (tls)
		mail.connection.tls = tls_context_ref(tls);
	if (worker_post(least_busy(pool), &mail))
		drop(pool, &mail.connection);
}

/* Tells every worker; out of memory, the log hears which did not get it. */
static void tell_all(struct pool *pool, const struct mail *mail)
{
	for (unsigned i = 0; i < pool->count; i++) {
		struct mail copy = *mail;

		if (copy.type == MAIL_CONFIG)
			config_ref(copy.config);
		if (!worker_post(pool->workers[i], &copy))
			continue;
		if (copy.type == MAIL_CONFIG)
			config_unref(&copy.config);
		log_printf(LOG_LEVEL_ERROR, "worker %u: out of memory", i);
	}
}

void pool_measure(const struct pool *pool, struct metrics_totals *totals)
{
	metrics_totals_add_sheet(totals, &pool->sheet);
	for (unsigned i = 0; i < pool->count; i++)
		worker_measure(pool->workers[i], totals);
}

void pool_configure(struct pool *pool, struct config *config)
{
	struct mail mail = { .type = MAIL_CONFIG, .config = config };

	config_unref(&pool->config);
	pool->config = config_ref(config);
	pool->session_limit = pool_session_limit(config);
	tell_all(pool, &mail);
}

int pool_ask_pulse(struct pool *pool)
{
	struct mail mail = { .type = MAIL_PULSE, .pulse = ++pool->pulse };

	for (unsigned i = 0; i < pool->count; i++) {
		int error = worker_post(pool->workers[i], &mail);

		if (error)
			return error;
	}
	return 0;
}

bool pool_has_pulse(const struct pool *pool)
{
	for (unsigned i = 0; i < pool->count; i++)
		if (worker_pulse(pool->workers[i]) != pool->pulse)
			return false;
	return true;
}

void pool_set_refusing(struct pool *pool, bool is_refusing)
{
	struct mail mail = { .type = MAIL_STOPPING,
			     .is_stopping = is_refusing };

	pool->is_refusing = is_refusing;
	tell_all(pool, &mail);
}

int pool_ask(struct pool *pool, unsigned worker,
	     const struct session_query *query)
{
	struct mail mail = { .type = MAIL_QUERY, .query = *query };

	return worker_post(pool->workers[worker], &mail);
}

void pool_close_all(struct pool *pool, uint32_t spread_ms)
{
	struct mail mail = { .type = MAIL_CLOSE_ALL, .spread_ms = spread_ms };

	tell_all(pool, &mail);
}
