/* SPDX-License-Identifier: MIT */
/* How a client speaks TLS: whom it trusts, who it says it is. */

#ifndef NET_TLS_CLIENT_H
#define NET_TLS_CLIENT_H

#include <stdbool.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

/* Immutable once made; outlives the streams that were begun with it. */
struct tls_client;

/* Names of PEM files; each may be null. */
struct tls_client_options {
	const char *ca; /* who is trusted; null: whom the system does */
	const char *certificate; /* ours and its chain */
	const char *key;         /* of it; null: in the same file */
	bool is_insecure;        /* any certificate will do, for any name */
};

/* Which of its options a client could not be made of. */
enum tls_client_fault {
	TLS_CLIENT_FINE,
	TLS_CLIENT_CA,
	TLS_CLIENT_CERTIFICATE,
	TLS_CLIENT_KEY,
	TLS_CLIENT_MEMORY,
};

/*
 * `*ret_client` is to be freed with tls_client_free(); or what is at fault, and
 * OpenSSL's constant text for it in `*ret_text`.  A key that is encrypted has
 * OpenSSL ask for its passphrase on the terminal.
 */
__attribute__((warn_unused_result)) enum tls_client_fault
tls_client_new(const struct tls_client_options *options,
	       struct tls_client **ret_client, const char **ret_text);

/* Clears the pointer, takes null. */
void tls_client_free(struct tls_client **client);

/*
 * What a connection to `host` begins with: a name, which is told to the server
 * (SNI, RFC 6066 section 3) and must be the certificate's, or an address
 * without brackets, which must be.  The callee's to free; null: no memory, or a
 * name of more than 255 bytes.
 */
__attribute__((warn_unused_result)) SSL *
tls_client_ssl_new(const struct tls_client *client, const char *host);

/* What its BIO is made with; borrowed, never null. */
const BIO_METHOD *tls_client_bio_method(const struct tls_client *client);

#endif
