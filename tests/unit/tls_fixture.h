/* SPDX-License-Identifier: MIT */
/* Certificates, contexts and a client of OpenSSL at the end of a socketpair. */

#ifndef TESTS_UNIT_TLS_FIXTURE_H
#define TESTS_UNIT_TLS_FIXTURE_H

#include "loop_fixture.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "config/config.h"
#include "net/stream_tls.h"
#include "net/tls_context.h"
#include "net/tls_self_signed.h"
#include "net/tls_store.h"

/* A configuration of one listener, its certificate in memory. */
static inline struct config *tls_fixture_config(const char *pem)
{
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;

	assert_int_equal(
		config_parse_text("t",
				  "listeners = ( { name = \"n\"; "
				  "listen = \"127.0.0.1:0\"; tls = { "
				  "certificates = ( { certificate = \"/c\"; } "
				  "); }; } );",
				  &errors, &config),
		0);
	assert_int_equal(config_set_certificate(config, pem), 0);
	return config;
}

/* Both ends of a connection that speaks TLS. */
struct tls_fixture {
	struct loop loop;
	char *pem;
	struct config *config;
	struct tls_shared *shared;
	struct tls_store *store;
	struct stream stream;
	SSL_CTX *client_context;
	SSL *client;
	int client_fd;
	unsigned met;
	unsigned calls;
};

static inline void tls_fixture_on_met(void *arg, unsigned met)
{
	struct tls_fixture *f = arg;

	f->met |= met;
	f->calls++;
}

static inline void tls_fixture_load(struct tls_fixture *f)
{
	struct config_errors errors = { .count = 0 };

	f->pem = tls_self_signed_new();
	assert_non_null(f->pem);
	f->config = tls_fixture_config(f->pem);
	f->shared = tls_shared_new();
	assert_non_null(f->shared);
	assert_int_equal(
		tls_store_load(f->config, f->shared, NULL, &errors, &f->store),
		0);
}

static inline struct tls_context *tls_fixture_context(struct tls_fixture *f)
{
	return tls_store_context(f->store, &f->config->listeners[0]);
}

/* A connection whose sockets hold `buffer` bytes each way, or 0: as usual. */
static inline void tls_fixture_open(struct tls_fixture *f, int buffer)
{
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	if (buffer)
		for (int i = 0; i < 2; i++)
			setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &buffer,
				   sizeof(buffer));
	f->client_fd = pair[1];
	stream_init(&f->stream);
	stream_open(&f->stream, f->loop.base, pair[0], tls_fixture_on_met, f);
	f->client_context = SSL_CTX_new(TLS_client_method());
	assert_non_null(f->client_context);
	SSL_CTX_set_mode(f->client_context,
			 SSL_MODE_ENABLE_PARTIAL_WRITE |
				 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	f->client = SSL_new(f->client_context);
	assert_non_null(f->client);
	assert_true(SSL_set_fd(f->client, f->client_fd));
	SSL_set_connect_state(f->client);
}

/* Both ends' handshakes, in turn: what the server's came to. */
static inline int tls_fixture_shake(struct tls_fixture *f)
{
	int error = -EAGAIN;

	for (int i = 0; i < 100 && error == -EAGAIN; i++) {
		SSL_do_handshake(f->client);
		ERR_clear_error();
		error = stream_tls_handshake(&f->stream);
	}
	return error;
}

static inline void tls_fixture_close(struct tls_fixture *f)
{
	stream_close(&f->stream);
	SSL_free(f->client);
	SSL_CTX_free(f->client_context);
	close(f->client_fd);
}

static inline void tls_fixture_unload(struct tls_fixture *f)
{
	tls_store_free(&f->store);
	tls_shared_free(&f->shared);
	config_unref(&f->config);
	free(f->pem);
}

#endif
