/* SPDX-License-Identifier: MIT */
/* Where the control socket is: opened, kept or closed over reloads. */

#include "daemon/control_socket.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "net/listener.h"
#include "ops/control.h"

struct control_socket {
	struct control *control;
	int fd;                      /* -1: none */
	int prepared_fd;             /* likewise */
	bool is_kept;                /* prepared: the open one stays */
	struct sockaddr_any address; /* of `fd` */
};

struct control_socket *control_socket_new(struct event_base *base,
					  const struct operations *operations)
{
	struct control_socket *cs = calloc(1, sizeof(*cs));

	if (!cs)
		return NULL;
	cs->fd = -1;
	cs->prepared_fd = -1;
	cs->control = control_new(base, operations);
	if (!cs->control)
		control_socket_free(&cs);
	return cs;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		listener_close(*fd);
	*fd = -1;
}

void control_socket_free(struct control_socket **control_socket)
{
	struct control_socket *gone = *control_socket;

	*control_socket = NULL;
	if (!gone)
		return;
	control_free(&gone->control);
	close_one(&gone->prepared_fd);
	close_one(&gone->fd);
	free(gone);
}

/* Whether the open socket is still the one at that path. */
static bool is_open_at(const struct control_socket *cs,
		       const struct address *address)
{
	struct stat file;

	return cs->fd >= 0 &&
	       !strcmp(cs->address.un.sun_path, address->socket.un.sun_path) &&
	       !stat(cs->address.un.sun_path, &file) && S_ISSOCK(file.st_mode);
}

static int fail(const struct config_control *config, int error,
		struct config_errors *errors)
{
	struct config_place place = { .file = config->place };

	if (config->place) {
		config_errors_add(errors, place, NULL,
				  "cannot listen on %s: %s", config->socket,
				  strerror(-error));
		return error;
	}
	log_printf(LOG_LEVEL_NOTICE,
		   "no control socket: cannot listen on %s: %s", config->socket,
		   strerror(-error));
	return 0;
}

int control_socket_prepare(struct control_socket *cs,
			   const struct config *config,
			   struct config_errors *errors)
{
	struct listener_options options = {
		.address = &config->control.address,
		.mode = config->control.mode,
	};
	int error;

	cs->is_kept = false;
	if (!config->control.socket[0])
		return 0;
	if (is_open_at(cs, options.address)) {
		cs->is_kept = true;
		return 0;
	}
	error = listener_open(&options, &cs->prepared_fd);
	return error ? fail(&config->control, error, errors) : 0;
}

static void serve(struct control_socket *cs,
		  const struct config_control *config)
{
	struct control_access access = { .mode = config->mode,
					 .gid = getegid() };
	struct stat file;

	if (!stat(config->socket, &file))
		access.gid = file.st_gid;
	if (control_listen(cs->control, cs->fd, &access))
		log_printf(LOG_LEVEL_ERROR, "no control socket: out of memory");
}

void control_socket_commit(struct control_socket *cs,
			   const struct config *config)
{
	if (cs->is_kept) {
		int error = listener_set_mode(cs->fd, config->control.mode);

		if (error)
			log_printf(LOG_LEVEL_WARNING,
				   "the control socket keeps its mode: %s",
				   strerror(-error));
	} else {
		control_deafen(cs->control);
		close_one(&cs->fd);
		cs->fd = cs->prepared_fd;
		cs->prepared_fd = -1;
		cs->address = config->control.address.socket;
	}
	if (cs->fd >= 0)
		serve(cs, &config->control);
}

void control_socket_give(struct control_socket *cs, const struct config *config)
{
	const struct config_identity *identity = &config->identity;
	int error;

	if (cs->fd < 0)
		return;
	error = listener_set_owner(cs->fd, identity->uid, identity->gid);
	if (error)
		log_printf(LOG_LEVEL_WARNING,
			   "control.socket: cannot give %s to its user: %s",
			   config->control.socket, strerror(-error));
	serve(cs, &config->control);
}

void control_socket_discard(struct control_socket *cs)
{
	close_one(&cs->prepared_fd);
}
