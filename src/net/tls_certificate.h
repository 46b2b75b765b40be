/* SPDX-License-Identifier: MIT */
/* One certificate with its key, as read from PEM and checked. */

#ifndef NET_TLS_CERTIFICATE_H
#define NET_TLS_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#define TLS_FINGERPRINT_SIZE 32 /* SHA-256 */

struct tls_certificate {
	X509 *leaf;
	STACK_OF(X509) *chain; /* those behind it; perhaps none */
	EVP_PKEY *key;
	int key_type; /* EVP_PKEY_EC, EVP_PKEY_RSA ... */
	char **names; /* host names it is for, lower case, perhaps "*.…" */
	size_t name_count;
	uint64_t not_before_s; /* Unix time */
	uint64_t not_after_s;
	uint8_t fingerprint[TLS_FINGERPRINT_SIZE];
};

/* What is wrong with a certificate: constant texts, null if all is well. */
struct tls_certificate_fault {
	const char *text;
	bool is_of_key; /* the key's file, not the certificate's */
};

/* Bytes of a PEM file. */
struct tls_pem {
	const char *data;
	size_t len;
};

/*
 * Reads a chain and a key, both borrowed, and checks that they belong together.
 * True, then tls_certificate_done() is due; or false with `ret_fault` saying
 * why not.
 */
__attribute__((warn_unused_result))
bool tls_certificate_init(struct tls_certificate *certificate,
			  const struct tls_pem *chain,
			  const struct tls_pem *key,
			  struct tls_certificate_fault *ret_fault);

/* Why it is not valid at `now_s` (Unix time), constant text; null if it is. */
const char *
tls_certificate_time_fault(const struct tls_certificate *certificate,
			   uint64_t now_s);

/* Whom a certificate is of (RFC 2253), cut to `size` bytes, terminated. */
void tls_certificate_subject(X509 *leaf, char *ret_text, size_t size);

/* Frees all of it; a zeroed one too. */
void tls_certificate_done(struct tls_certificate *certificate);

/*
 * Whether the last attempt to read from PEM failed because nothing more is
 * there, not because what is there is damaged.
 */
bool tls_is_end_of_pem(void);

/* The reason of OpenSSL's last error, constant text; clears the errors. */
const char *tls_error_text(void);

#endif
