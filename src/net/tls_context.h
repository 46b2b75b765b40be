/* SPDX-License-Identifier: MIT */
/* How one listener speaks TLS: immutable once made, counted, of all threads. */

#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "config/config.h"
#include "net/tls_certificate.h"
#include "net/tls_tickets.h"

struct tls_context;

/* What all contexts of the process share and outlives them. */
struct tls_shared {
	BIO_METHOD *bio_method;
	struct tls_tickets *tickets;
};

/* What a context is made of. */
struct tls_context_options {
	const struct tls_shared *shared;
	const struct config_listener *listener; /* for this call only */
	/* Moved into the context, whatever comes of it; at least one. */
	struct tls_certificate *certificates;
	size_t certificate_count;
	STACK_OF(X509) *client_ca; /* borrowed; null: no client is asked */
};

/* Which option a context could not be made of. */
enum tls_context_fault {
	TLS_CONTEXT_FINE,
	TLS_CONTEXT_CERTIFICATE, /* the one of number `certificate` */
	TLS_CONTEXT_CIPHERS,
	TLS_CONTEXT_CIPHERSUITES,
	TLS_CONTEXT_CLIENT_CA,
	TLS_CONTEXT_MEMORY,
};

struct tls_context_failure {
	enum tls_context_fault fault;
	size_t certificate;
	const char *text; /* constant: OpenSSL's reason */
};

/*
 * One reference in `ret_context` and true, or false with `ret_failure`.  Only
 * the supervisor's thread makes contexts.
 */
__attribute__((warn_unused_result))
bool tls_context_new(struct tls_context_options *options,
		     struct tls_context **ret_context,
		     struct tls_context_failure *ret_failure);

/* One more reference; returns `context`.  Any thread. */
struct tls_context *tls_context_ref(struct tls_context *context);

/* Drops a reference, the last frees; clears the pointer, takes null. */
void tls_context_unref(struct tls_context **context);

/* What a connection begins with; borrowed. */
SSL_CTX *tls_context_ssl(const struct tls_context *context);

/* What its BIO is made with; borrowed.  Null: the kernel may encrypt. */
const BIO_METHOD *tls_context_bio_method(const struct tls_context *context);

/* The certificates it was made of, borrowed; their number. */
size_t tls_context_certificates(const struct tls_context *context,
				const struct tls_certificate **ret_first);

/* Whether OpenSSL and the kernel can have the kernel encrypt. */
bool tls_context_has_ktls(void);

#endif
