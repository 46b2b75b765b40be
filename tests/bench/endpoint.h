/* SPDX-License-Identifier: MIT */
/* Where a bench program listens or connects: IPv4 or a Unix socket. */
#ifndef BENCH_ENDPOINT_H
#define BENCH_ENDPOINT_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

struct endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_un un;
	} addr;
	socklen_t len;
};

/*
 * Reads "127.0.0.1:80" or "unix:/path". Returns 0, or -1 when TEXT is neither;
 * RET_ENDPOINT is then untouched.
 */
int endpoint_parse(const char *text, struct endpoint *ret_endpoint)
	__attribute__((warn_unused_result));

/* A non-blocking listening socket, or -1 with errno set. */
int endpoint_listen(const struct endpoint *e)
	__attribute__((warn_unused_result));

/*
 * Begins a non-blocking connection. SOURCE, an IPv4 address in host order or 0,
 * is bound first, its port left to the kernel. Returns the socket, connected
 * or still connecting, or -1 with errno set.
 */
int endpoint_connect(const struct endpoint *e, in_addr_t source)
	__attribute__((warn_unused_result));

/* Sets TCP_NODELAY where the socket knows it. */
void endpoint_set_nodelay(int fd);

#endif
