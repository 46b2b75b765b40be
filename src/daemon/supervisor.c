/* SPDX-License-Identifier: MIT */
/* The main thread: accepts, hands out, listens to signals. */

#include "daemon/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/privileges.h"
#include "daemon/supervisor_state.h"

static void on_connection(void *arg, int fd, const struct sockaddr_any *peer,
			  const struct config_listener *listener)
{
	struct supervisor *sv = arg;

	pool_take(sv->pool, fd, peer, listener,
		  tls_service_context(sv->tls, listener));
}

static void reload_by_signal(struct supervisor *sv)
{
	struct config_errors errors = { .count = 0 };

	(void)!supervisor_reload(sv, &errors);
	config_errors_done(&errors);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct supervisor *sv = arg;

	(void)what;
	switch (number) {
	case SIGHUP:
		reload_by_signal(sv);
		break;
	case SIGUSR1:
		if (log_reopen() == -EINVAL)
			log_printf(LOG_LEVEL_NOTICE, "no log file to reopen");
		break;
	default:
		supervisor_stop(sv);
		break;
	}
}

static int catch_signals(struct supervisor *sv)
{
	static const int numbers[SUPERVISOR_SIGNALS] = { SIGTERM, SIGINT,
							 SIGHUP, SIGUSR1 };

	for (size_t i = 0; i < SUPERVISOR_SIGNALS; i++) {
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
	if (!error)
		error = supervisor_prepare_stop(sv);
	if (error)
		return error;
	sv->acceptor = acceptor_new(sv->base, on_connection, sv);
	sv->control = control_socket_new(sv->base, &sv->operations);
	sv->survey = survey_new(sv->base);
	sv->tls = tls_service_new(sv->base);
	return sv->acceptor && sv->control && sv->survey && sv->tls ? 0 :
								      -ENOMEM;
}

static int inherit(struct supervisor *sv)
{
	int error = acceptor_inherit(sv->acceptor);

	if (error)
		log_printf(LOG_LEVEL_ERROR,
			   "cannot start: the sockets that $LISTEN_FDS and "
			   "$LISTEN_FDNAMES tell of cannot be taken: %s",
			   strerror(-error));
	return error;
}

static int open_workers(struct supervisor *sv)
{
	int error = pool_new(sv->config, survey_mailbox(sv->survey), &sv->pool);

	if (error)
		return error;
	sv->recorder = recorder_new(sv->base, &sv->operations);
	sv->admin = admin_new(sv->base, &sv->operations);
	if (!sv->recorder || !sv->admin)
		return -ENOMEM;
	return service_new(sv->base, sv->pool, &sv->operations, &sv->service);
}

/* What needed privileges is done.  The demo asks for none, and for no user. */
static int drop_privileges(struct supervisor *sv)
{
	const struct config_identity *identity = &sv->config->identity;

	if (!sv->options->config_path)
		return 0;
	if (identity->uid && geteuid() == 0) {
		acceptor_give_paths(sv->acceptor, identity);
		control_socket_give(sv->control, sv->config);
		admin_give(sv->admin, identity);
	}
	return privileges_drop(sv->config);
}

static void close_all(struct supervisor *sv)
{
	service_free(&sv->service);
	admin_free(&sv->admin);
	control_socket_free(&sv->control);
	recorder_free(&sv->recorder);
	pool_free(&sv->pool);
	survey_free(&sv->survey);
	acceptor_free(&sv->acceptor);
	tls_service_free(&sv->tls);
	for (size_t i = 0; i < SUPERVISOR_SIGNALS; i++)
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
	service_tell_ready(sv->service);
	if (!sv->options->on_ready)
		return;
	acceptor_first_address(sv->acceptor, address);
	sv->options->on_ready(address);
}

static int run(struct supervisor *sv)
{
	int error = open_core(sv);
	int code;

	if (!error && inherit(sv))
		return EX_UNAVAILABLE;
	if (!error)
		error = open_workers(sv);
	if (error) {
		log_printf(LOG_LEVEL_ERROR, "cannot start: %s",
			   strerror(-error));
		return EX_SOFTWARE;
	}
	code = supervisor_open_sockets(sv);
	if (code)
		return code;
	acceptor_close_unwanted(sv->acceptor);
	if (drop_privileges(sv))
		return EX_SOFTWARE;
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
		.begun_wall_s = (uint64_t)time(NULL),
		.begun_ms = clock_coarse_ms(),
	};
	int code;

	sv.operations = supervisor_operations(&sv);
	code = run(&sv);
	close_all(&sv);
	return code;
}
