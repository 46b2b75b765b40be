/* SPDX-License-Identifier: MIT */
/* The parts of the daemon that a configuration concerns, in their order. */

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/log.h"
#include "daemon/log_setup.h"
#include "daemon/reload.h"
#include "daemon/supervisor_state.h"

static int prepare_tls(void *arg, struct config *config,
		       struct config_errors *errors)
{
	struct supervisor *sv = arg;

	return tls_service_prepare(sv->tls, config, errors);
}

static void commit_tls(void *arg, struct config *config)
{
	struct supervisor *sv = arg;

	(void)config;
	tls_service_commit(sv->tls);
}

static void discard_tls(void *arg)
{
	struct supervisor *sv = arg;

	tls_service_discard(sv->tls);
}

static int prepare_listeners(void *arg, struct config *config,
			     struct config_errors *errors)
{
	struct supervisor *sv = arg;
	struct acceptor_failure failure;
	int error = acceptor_prepare(sv->acceptor, config, &failure);

	if (error) {
		struct config_place place = { .file = failure.listener->place };

		config_errors_add(errors, place, NULL,
				  "cannot listen on %s: %s",
				  failure.listener->listen, failure.reason);
	}
	return error;
}

static void commit_listeners(void *arg, struct config *config)
{
	struct supervisor *sv = arg;

	(void)config;
	acceptor_commit(sv->acceptor);
}

static void discard_listeners(void *arg)
{
	struct supervisor *sv = arg;

	acceptor_discard(sv->acceptor);
}

static int prepare_control(void *arg, struct config *config,
			   struct config_errors *errors)
{
	struct supervisor *sv = arg;

	return control_socket_prepare(sv->control, config, errors);
}

static void commit_control(void *arg, struct config *config)
{
	struct supervisor *sv = arg;

	control_socket_commit(sv->control, config);
}

static void discard_control(void *arg)
{
	struct supervisor *sv = arg;

	control_socket_discard(sv->control);
}

static int prepare_admin(void *arg, struct config *config,
			 struct config_errors *errors)
{
	struct supervisor *sv = arg;
	int error = admin_prepare(sv->admin, config);

	if (error) {
		struct config_place place = { .file = config->admin.place };

		config_errors_add(errors, place, NULL,
				  "cannot listen on %s: %s",
				  config->admin.listen, strerror(-error));
	}
	return error;
}

static void commit_admin(void *arg, struct config *config)
{
	struct supervisor *sv = arg;

	(void)config;
	admin_commit(sv->admin);
}

static void discard_admin(void *arg)
{
	struct supervisor *sv = arg;

	admin_discard(sv->admin);
}

static void commit_workers(void *arg, struct config *config)
{
	struct supervisor *sv = arg;

	if (strcmp(config->user, sv->config->user) ||
	    strcmp(config->group, sv->config->group))
		log_printf(LOG_LEVEL_WARNING,
			   "user and group change at the next start");
	pool_configure(sv->pool, config);
	config_unref(&sv->config);
	sv->config = config_ref(config);
	if (config->workers != pool_worker_count(sv->pool))
		log_printf(LOG_LEVEL_WARNING,
			   "the number of workers changes at the next start");
}

/* The log's part of a configuration, prepared last as it cannot be undone. */
static int prepare_log(void *arg, struct config *config,
		       struct config_errors *errors)
{
	struct supervisor *sv = arg;
	struct config_place place = { .file = config->log.place };
	int error = log_setup_change(&config->log);

	if (!place.file)
		place.file = sv->options->config_path;
	if (error)
		config_errors_add(errors, place, NULL, "cannot log to %s: %s",
				  config->log.target, strerror(-error));
	return error;
}

/*
 * Listeners are committed first: what waits at those that go is still taken
 * under the old configuration and its certificates, to which they belong.
 * Workers and log are there at the start already.
 */
enum { PARTS_AT_START = 5 };
static const struct reload_part parts[] = {
	{ prepare_tls, NULL, discard_tls },
	{ prepare_listeners, commit_listeners, discard_listeners },
	{ NULL, commit_tls, NULL },
	{ prepare_control, commit_control, discard_control },
	{ prepare_admin, commit_admin, discard_admin },
	{ NULL, commit_workers, NULL },
	{ prepare_log, NULL, NULL },
};

int supervisor_open_sockets(struct supervisor *sv)
{
	/* Without the first: what it says has an exit code of its own. */
	struct reload_plan plan = { parts + 1, PARTS_AT_START - 1, sv };
	struct config_errors errors = { .count = 0 };
	int code = EX_OK;

	if (prepare_tls(sv, sv->config, &errors))
		code = EX_CONFIG;
	else if (reload_take(&plan, sv->config, &errors))
		code = EX_UNAVAILABLE;
	reload_log_errors(&errors);
	config_errors_done(&errors);
	return code;
}

static void count(struct supervisor_reloads *reloads, bool is_done)
{
	reloads->wall_s = (uint64_t)time(NULL);
	reloads->is_done = is_done;
	if (is_done)
		reloads->done++;
	else
		reloads->refused++;
}

/* For who wants a line; null when nothing was refused. */
static const char *refusal(int error, const struct config_errors *errors)
{
	if (!error)
		return NULL;
	return errors->count ? errors->lines[0] : "the log says why";
}

static int run(struct supervisor *sv, struct config_errors *errors)
{
	struct reload_plan plan = { parts, sizeof(parts) / sizeof(*parts), sv };
	int error;

	service_tell_reloading(sv->service);
	error = reload_run(&plan, sv->options->config_path, errors);
	service_tell_reloaded(sv->service, refusal(error, errors));
	return error;
}

int supervisor_reload(struct supervisor *sv, struct config_errors *errors)
{
	struct config_place nowhere = { .file = "wsrelayd" };
	int error = -EBUSY;

	if (sv->options->config_path && sv->phase == STOP_NOT)
		error = run(sv, errors);
	else
		config_errors_add(errors, nowhere, NULL, "%s",
				  sv->phase == STOP_NOT ?
					  "there is no file to reload" :
					  "it is stopping");
	reload_log_errors(errors);
	count(&sv->reloads, !error);
	if (error)
		log_printf(LOG_LEVEL_ERROR,
			   "configuration refused, the old one runs on");
	else
		log_printf(LOG_LEVEL_NOTICE, "configuration reloaded");
	return error;
}
