/* SPDX-License-Identifier: MIT */
/* TLS of the load generator: calls that look like those of a socket. */
#include "load_tls.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

/* A record: what is read at once leaves none of it behind. */
#define RECORD_MAX 16384u

static SSL_CTX *context_of(struct load_tls *tls)
{
	return (SSL_CTX *)(void *)tls;
}

static SSL *ssl_of(struct load_tls_session *s)
{
	return (SSL *)(void *)s;
}

struct load_tls *load_tls_new(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (!context)
		return NULL;
	SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_RELEASE_BUFFERS);
	return (struct load_tls *)(void *)context;
}

struct load_tls_session *load_tls_open(struct load_tls *tls, int fd)
{
	SSL *ssl = SSL_new(context_of(tls));

	if (!ssl || !SSL_set_fd(ssl, fd)) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_connect_state(ssl);
	return (struct load_tls_session *)(void *)ssl;
}

void load_tls_close(struct load_tls_session *s)
{
	SSL_free(ssl_of(s));
}

/* As errno of a socket has it; 0 at the end of the stream. */
static ssize_t explain(SSL *ssl, int status)
{
	switch (SSL_get_error(ssl, status)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		ERR_clear_error();
		errno = EPROTO;
		return -1;
	}
}

int load_tls_handshake(struct load_tls_session *s)
{
	int status = SSL_do_handshake(ssl_of(s));

	if (status == 1)
		return 1;
	return explain(ssl_of(s), status) < 0 && errno == EAGAIN ? 0 : -1;
}

ssize_t load_tls_send(struct load_tls_session *s, const void *p, size_t len)
{
	size_t n;
	int status = SSL_write_ex(ssl_of(s), p, len, &n);

	return status == 1 ? (ssize_t)n : explain(ssl_of(s), status);
}

/* As many whole records as there are and fit. */
ssize_t load_tls_recv(struct load_tls_session *s, void *ret, size_t size,
		      int flags)
{
	uint8_t *p = ret;
	size_t got = 0;
	size_t n;
	int status = 1;

	if (flags & MSG_PEEK)
		status = SSL_peek_ex(ssl_of(s), ret, size, &got);
	else if (size < RECORD_MAX)
		status = SSL_read_ex(ssl_of(s), ret, size, &got);
	else
		while (size - got >= RECORD_MAX && status == 1) {
			status = SSL_read_ex(ssl_of(s), p + got, size - got,
					     &n);
			got += status == 1 ? n : 0;
		}
	if (got)
		return (ssize_t)got;
	return explain(ssl_of(s), status);
}

void load_tls_shutdown(struct load_tls_session *s)
{
	SSL_shutdown(ssl_of(s));
}
