/* SPDX-License-Identifier: MIT */
/* The listening sockets systemd opened before we were there. */

#include "daemon/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

int inherited_init(struct inherited *inherited)
{
	int count = sd_take_sockets(&inherited->sockets);

	inherited->count = count > 0 ? (size_t)count : 0;
	for (size_t i = 0; i < inherited->count; i++) {
		int fd = inherited->sockets[i].fd;
		int flags = fcntl(fd, F_GETFL);

		if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
			return -errno;
	}
	return count < 0 ? count : 0;
}

void inherited_done(struct inherited *inherited)
{
	for (size_t i = 0; i < inherited->count; i++) {
		if (inherited->sockets[i].fd >= 0)
			close(inherited->sockets[i].fd);
		free(inherited->sockets[i].name);
	}
	free(inherited->sockets);
	*inherited = (struct inherited){ .count = 0 };
}

int inherited_next(const struct inherited *inherited, const char *name,
		   size_t *at)
{
	while (*at < inherited->count) {
		const struct sd_socket *socket = &inherited->sockets[(*at)++];

		if (socket->fd >= 0 && !strcmp(socket->name, name))
			return socket->fd;
	}
	return -ENOENT;
}

/* Such as a socket unit makes that has no Accept=yes and no datagrams. */
static bool is_listening_stream(int fd)
{
	socklen_t len = sizeof(int);
	int type = 0;
	int listens = 0;

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
	       type == SOCK_STREAM &&
	       !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) &&
	       listens;
}

/* As many names as there is room for. */
static void explain_absence(const struct inherited *inherited,
			    char ret_reason[INHERITED_REASON_MAX])
{
	const char *joint = "no socket of that name came from systemd, only: ";
	size_t len = 0;

	snprintf(ret_reason, INHERITED_REASON_MAX,
		 "no sockets came from systemd: is the socket unit started?");
	for (size_t i = 0; i < inherited->count; i++) {
		if (inherited->sockets[i].fd < 0 || len >= INHERITED_REASON_MAX)
			continue;
		len += (size_t)snprintf(ret_reason + len,
					INHERITED_REASON_MAX - len, "%s\"%s\"",
					joint, inherited->sockets[i].name);
		joint = ", ";
	}
}

int inherited_check(const struct inherited *inherited, const char *name,
		    char ret_reason[INHERITED_REASON_MAX])
{
	size_t at = 0;
	int fd = inherited_next(inherited, name, &at);

	if (fd < 0) {
		explain_absence(inherited, ret_reason);
		return fd;
	}
	for (; fd >= 0; fd = inherited_next(inherited, name, &at)) {
		if (is_listening_stream(fd))
			continue;
		snprintf(ret_reason, INHERITED_REASON_MAX,
			 "not a listening stream socket: the socket unit needs "
			 "ListenStream= and Accept=no");
		return -EINVAL;
	}
	return 0;
}

void inherited_close_others(struct inherited *inherited,
			    bool (*is_wanted)(void *arg, const char *name),
			    void *arg)
{
	for (size_t i = 0; i < inherited->count; i++) {
		struct sd_socket *socket = &inherited->sockets[i];

		if (socket->fd < 0 || is_wanted(arg, socket->name))
			continue;
		log_printf(LOG_LEVEL_WARNING,
			   "closed a socket of systemd that no listener asks "
			   "for: \"%s\"",
			   socket->name);
		close(socket->fd);
		socket->fd = -1;
	}
}
