/* SPDX-License-Identifier: MIT */
/* The socket of the admin pages: opened, kept or moved over reloads. */

#include "daemon/admin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/listener.h"
#include "ops/admin_server.h"

/* A socket with its server; without one while the pages are off. */
struct door {
	struct admin_server *server;
	int fd;
	uint32_t mode;
	char *listen; /* as written */
};

struct admin {
	struct event_base *base;
	const struct operations *operations;
	struct door serving;
	struct door prepared;
	bool is_kept; /* what serves goes on after the commit */
	uint32_t kept_mode;
};

static void door_close(struct door *door)
{
	admin_server_free(&door->server);
	if (door->fd >= 0)
		listener_close(door->fd);
	free(door->listen);
	*door = (struct door){ .fd = -1 };
}

struct admin *admin_new(struct event_base *base,
			const struct operations *operations)
{
	struct admin *admin = calloc(1, sizeof(*admin));

	if (!admin)
		return NULL;
	admin->base = base;
	admin->operations = operations;
	admin->serving.fd = -1;
	admin->prepared.fd = -1;
	return admin;
}

void admin_free(struct admin **admin)
{
	struct admin *gone = *admin;

	*admin = NULL;
	if (!gone)
		return;
	door_close(&gone->prepared);
	door_close(&gone->serving);
	free(gone);
}

static bool is_loopback(const struct address *address)
{
	const struct sockaddr_any *socket = &address->socket;

	if (socket->sa.sa_family == AF_INET)
		return ntohl(socket->in.sin_addr.s_addr) >> 24 == 127;
	return socket->sa.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&socket->in6.sin6_addr);
}

static int door_open(struct admin *admin, const struct config_listener *config,
		     struct door *door)
{
	struct listener_options socket = { .address = &config->address,
					   .mode = config->mode };
	struct admin_server_options server = {
		.base = admin->base,
		.operations = admin->operations,
		.wants_local_host = is_loopback(&config->address),
	};
	int error = listener_open(&socket, &door->fd);

	if (error)
		return error;
	server.fd = door->fd;
	door->mode = config->mode;
	door->listen = strdup(config->listen);
	door->server = door->listen ? admin_server_new(&server) : NULL;
	if (door->server)
		return 0;
	door_close(door);
	return -ENOMEM;
}

int admin_prepare(struct admin *admin, const struct config *config)
{
	const struct config_listener *wanted = &config->admin;

	admin->is_kept = false;
	if (!config_has_admin(config))
		return 0;
	admin->kept_mode = wanted->mode;
	admin->is_kept = admin->serving.server &&
			 !strcmp(admin->serving.listen, wanted->listen);
	if (admin->is_kept)
		return 0;
	return door_open(admin, wanted, &admin->prepared);
}

static void log_serving(const struct door *door)
{
	struct sockaddr_any bound;
	char address[ADDRESS_TEXT_MAX];
	struct log_field fields[] = {
		{ .key = "listener", .text = slice_of("admin") },
		{ .key = "address" },
	};

	listener_address(door->fd, &bound);
	address_format(&bound, address);
	fields[1].text = slice_of(address);
	log_event(LOG_LEVEL_NOTICE, "listening", fields, 2);
}

/* A Unix socket stays open when its mode changes. */
static void take_mode(struct admin *admin)
{
	struct door *door = &admin->serving;
	int error = 0;

	if (door->mode != admin->kept_mode)
		error = listener_set_mode(door->fd, admin->kept_mode);
	if (error)
		log_printf(LOG_LEVEL_ERROR,
			   "admin.mode: cannot change the mode: %s",
			   strerror(-error));
	door->mode = admin->kept_mode;
}

void admin_commit(struct admin *admin)
{
	if (admin->is_kept) {
		take_mode(admin);
		return;
	}
	door_close(&admin->serving);
	admin->serving = admin->prepared;
	admin->prepared = (struct door){ .fd = -1 };
	if (!admin->serving.server)
		return;
	admin_server_start(admin->serving.server);
	log_serving(&admin->serving);
}

void admin_give(struct admin *admin, const struct config_identity *identity)
{
	int error = 0;

	if (admin->serving.server)
		error = listener_set_owner(admin->serving.fd, identity->uid,
					   identity->gid);
	if (error)
		log_printf(LOG_LEVEL_WARNING,
			   "admin.listen: cannot give %s to its user: %s",
			   admin->serving.listen, strerror(-error));
}

void admin_discard(struct admin *admin)
{
	door_close(&admin->prepared);
}
