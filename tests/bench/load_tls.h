/* SPDX-License-Identifier: MIT */
/* TLS of the load generator: calls that look like those of a socket. */
#ifndef BENCH_LOAD_TLS_H
#define BENCH_LOAD_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct load_tls;         /* of the program */
struct load_tls_session; /* of a connection */

/*
 * TLS 1.3, any certificate, a full handshake each time.  Null when memory is
 * out.
 */
struct load_tls *load_tls_new(void) __attribute__((warn_unused_result));

/* On a connected socket, which stays the caller's.  Null: out of memory. */
struct load_tls_session *load_tls_open(struct load_tls *tls, int fd)
	__attribute__((warn_unused_result));

/* Takes null. */
void load_tls_close(struct load_tls_session *s);

/* 1 when the handshake is done, 0 if it goes on, -1 when it failed. */
int load_tls_handshake(struct load_tls_session *s)
	__attribute__((warn_unused_result));

/* As send(2), and recv(2) with its flag MSG_PEEK or 0. */
ssize_t load_tls_send(struct load_tls_session *s, const void *p, size_t len);
ssize_t load_tls_recv(struct load_tls_session *s, void *ret, size_t size,
		      int flags);

/* Says that nothing more will be sent. */
void load_tls_shutdown(struct load_tls_session *s);

#endif
