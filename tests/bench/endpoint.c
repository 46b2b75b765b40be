/* SPDX-License-Identifier: MIT */
/* Where a bench program listens or connects: IPv4 or a Unix socket. */
#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int parse_unix(const char *path, struct endpoint *ret_endpoint)
{
	struct endpoint e = { .addr.un.sun_family = AF_UNIX,
			      .len = sizeof(struct sockaddr_un) };

	if (strlen(path) >= sizeof(e.addr.un.sun_path))
		return -1;
	strcpy(e.addr.un.sun_path, path);
	*ret_endpoint = e;
	return 0;
}

int endpoint_parse(const char *text, struct endpoint *ret_endpoint)
{
	struct endpoint e = { .addr.in.sin_family = AF_INET,
			      .len = sizeof(struct sockaddr_in) };
	char host[INET_ADDRSTRLEN];
	const char *colon = strrchr(text, ':');

	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(text + 5, ret_endpoint);
	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return -1;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	e.addr.in.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, host, &e.addr.in.sin_addr) != 1)
		return -1;
	*ret_endpoint = e;
	return 0;
}

/* Closes FD and gives -1 with the errno of what went wrong before. */
static int fail(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

static int open_socket(const struct endpoint *e)
{
	return socket(e->addr.any.sa_family,
		      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int endpoint_listen(const struct endpoint *e)
{
	int one = 1;
	int fd = open_socket(e);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (e->addr.any.sa_family == AF_UNIX)
		unlink(e->addr.un.sun_path);
	if (bind(fd, &e->addr.any, e->len) < 0 || listen(fd, SOMAXCONN) < 0)
		return fail(fd);
	return fd;
}

static int bind_source(int fd, in_addr_t source)
{
	int one = 1;
	struct sockaddr_in from = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(source) };

	/* Else bind() takes a port that no other target may use then. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, (const struct sockaddr *)&from, sizeof(from));
}

int endpoint_connect(const struct endpoint *e, in_addr_t source)
{
	int fd = open_socket(e);

	if (fd < 0)
		return -1;
	if (e->addr.any.sa_family == AF_INET) {
		endpoint_set_nodelay(fd);
		if (source && bind_source(fd, source) < 0)
			return fail(fd);
	}
	if (connect(fd, &e->addr.any, e->len) < 0 && errno != EINPROGRESS)
		return fail(fd);
	return fd;
}

void endpoint_set_nodelay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}
