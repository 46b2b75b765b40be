/* SPDX-License-Identifier: MIT */
/* Listening sockets: opened on an address, closed without traces. */

#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/socket.h"

/*
 * Connections the kernel holds ready for accept(); cut to net.core.somaxconn.
 */
#define LISTENER_BACKLOG 4096

/* Whether `address` is a socket in the file system, not an abstract name. */
static bool is_path(const struct sockaddr_any *address)
{
	return address->sa.sa_family == AF_UNIX &&
	       address->len > offsetof(struct sockaddr_un, sun_path) &&
	       address->un.sun_path[0] != '\0';
}

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno :
								      0;
}

/* Removes the path of `address` if it is a socket that nobody serves. */
static void remove_stale(const struct sockaddr_any *address)
{
	struct stat file;
	int fd;

	if (lstat(address->un.sun_path, &file) || !S_ISSOCK(file.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, &address->sa, address->len) && errno == ECONNREFUSED)
		(void)unlink(address->un.sun_path);
	close(fd);
}

static int prepare_inet(int fd, const struct listener_options *options)
{
	int error = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (!error && options->address->socket.sa.sa_family == AF_INET6)
		error = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY,
				options->v6_only);
	return error;
}

/*
 * The mode is set before bind(): Linux gives the path the mode of the socket's
 * own inode, less the umask, so no moment exists in which it is wider; what
 * the umask takes away is given back by chmod().
 */
static int bind_path(int fd, const struct listener_options *options)
{
	const struct sockaddr_any *address = &options->address->socket;

	remove_stale(address);
	if (fchmod(fd, options->mode))
		return -errno;
	if (bind(fd, &address->sa, address->len))
		return -errno;
	if (!chmod(address->un.sun_path, options->mode))
		return 0;

	int error = -errno;

	(void)unlink(address->un.sun_path);
	return error;
}

static int bind_and_listen(int fd, const struct listener_options *options)
{
	const struct sockaddr_any *address = &options->address->socket;
	int error = 0;

	if (address->sa.sa_family != AF_UNIX)
		error = prepare_inet(fd, options);
	if (error)
		return error;
	if (is_path(address))
		error = bind_path(fd, options);
	else if (bind(fd, &address->sa, address->len))
		error = -errno;
	if (error)
		return error;
	if (!listen(fd, LISTENER_BACKLOG))
		return 0;
	error = -errno;
	if (is_path(address))
		(void)unlink(address->un.sun_path);
	return error;
}

int listener_open(const struct listener_options *options, int *ret_fd)
{
	int family = options->address->socket.sa.sa_family;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return -errno;
	error = bind_and_listen(fd, options);
	if (error) {
		close(fd);
		return error;
	}
	*ret_fd = fd;
	return 0;
}

void listener_address(int fd, struct sockaddr_any *ret_address)
{
	*ret_address = (struct sockaddr_any){ .len = sizeof(ret_address->un) };
	if (getsockname(fd, &ret_address->sa, &ret_address->len))
		*ret_address = (struct sockaddr_any){ .len = 0 };
}

int listener_set_mode(int fd, uint32_t mode)
{
	struct sockaddr_any address;

	listener_address(fd, &address);
	if (!is_path(&address))
		return 0;
	return chmod(address.un.sun_path, mode) ? -errno : 0;
}

int listener_set_owner(int fd, uint32_t uid, uint32_t gid)
{
	struct sockaddr_any address;

	listener_address(fd, &address);
	if (!is_path(&address))
		return 0;
	return lchown(address.un.sun_path, uid, gid) ? -errno : 0;
}

/*
 * The socket's own inode is not that of its path, so that a path replaced by
 * another daemon is told apart by asking whether somebody else serves it once
 * this socket no longer does.
 */
void listener_close(int fd)
{
	struct sockaddr_any address;

	listener_address(fd, &address);
	close(fd);
	if (is_path(&address))
		remove_stale(&address);
}

int listener_accept(int fd, struct sockaddr_any *ret_peer)
{
	struct sockaddr_any peer = { .len = sizeof(peer.un) };
	int taken =
		accept4(fd, &peer.sa, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (taken < 0)
		return -errno;
	if (peer.sa.sa_family != AF_UNIX)
		socket_set_nodelay(taken);
	*ret_peer = peer;
	return taken;
}
