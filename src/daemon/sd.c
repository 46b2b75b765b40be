/* SPDX-License-Identifier: MIT */
/* libsystemd: what the manager is told, and what it hands over. */

#include "daemon/sd.h"

#include <errno.h>
#include <stdlib.h>

#include <systemd/sd-daemon.h>

bool sd_is_notified(void)
{
	return getenv("NOTIFY_SOCKET");
}

void sd_tell(const char *assignments)
{
	(void)sd_notify(0, assignments);
}

uint64_t sd_watchdog_usec(void)
{
	uint64_t usec = 0;

	return sd_watchdog_enabled(0, &usec) > 0 ? usec : 0;
}

static void free_names(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

int sd_take_sockets(struct sd_socket **ret_sockets)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);
	struct sd_socket *sockets = NULL;

	*ret_sockets = NULL;
	if (count > 0)
		sockets = calloc((size_t)count, sizeof(*sockets));
	if (count > 0 && !sockets)
		count = -ENOMEM;
	if (count <= 0) {
		free_names(names);
		return count;
	}
	for (int i = 0; i < count; i++)
		sockets[i] = (struct sd_socket){
			.name = names[i],
			.fd = SD_LISTEN_FDS_START + i,
		};
	free(names);
	*ret_sockets = sockets;
	return count;
}

const char *sd_library_version(void)
{
	return "libsystemd " LIBSYSTEMD_VERSION;
}
