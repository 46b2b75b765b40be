/* SPDX-License-Identifier: MIT */
/* A connection to a Unix datagram socket that a log daemon reads. */

#include "base/log_datagram.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int log_datagram_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if (len >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;

	int error = -errno;

	(void)close(fd);
	return error;
}

static int reconnect(int *fd, const char *path)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;

	int connected = log_datagram_connect(path);

	if (connected < 0)
		return connected;
	*fd = connected;
	return 0;
}

static int send_once(int fd, const char *data, size_t len)
{
	ssize_t sent;

	do {
		sent = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Whether the reader has closed its socket, not only stopped reading. */
static bool is_gone(int error)
{
	return error == -ECONNREFUSED || error == -ENOTCONN ||
	       error == -ECONNRESET || error == -EPIPE;
}

int log_datagram_send(int *fd, const char *path, const char *data, size_t len)
{
	int error = *fd >= 0 ? send_once(*fd, data, len) : -ENOTCONN;

	if (!is_gone(error))
		return error;
	error = reconnect(fd, path);
	return error ? error : send_once(*fd, data, len);
}
