/* SPDX-License-Identifier: MIT */
/* Which certificates serve which host name. */

#ifndef NET_TLS_NAMES_H
#define NET_TLS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/tls_certificate.h"

/* Longest host name (RFC 1035 section 2.3.4), its end included. */
#define TLS_NAME_SIZE 256

/* One certificate for each type of key, by its number; TLS_NAMES_NONE. */
#define TLS_NAMES_TYPES 4
#define TLS_NAMES_NONE SIZE_MAX

struct tls_names_set {
	size_t certificates[TLS_NAMES_TYPES];
};

/* A host name, or "*." and one, and the set for it. */
struct tls_names_entry {
	const char *name; /* a certificate's */
	size_t set;
};

/* Immutable once it is made; any thread may look names up. */
struct tls_names {
	struct tls_names_set *sets; /* the first is for all other names */
	size_t set_count;
	struct tls_names_entry *entries; /* by name */
	size_t entry_count;
};

/*
 * Sorts out `count` certificates, at least one, which outlive the result.  For
 * a name every type of key has the first certificate that names it, or else the
 * first with a wildcard for it.  0, or -ENOMEM with nothing left behind.
 */
__attribute__((warn_unused_result))
int tls_names_init(struct tls_names *names,
		   const struct tls_certificate *certificates, size_t count);

/* Frees it; a zeroed one too. */
void tls_names_done(struct tls_names *names);

/*
 * The number of the set for the name a client asks for, in any case; 0 when no
 * certificate has it.
 */
size_t tls_names_find(const struct tls_names *names, const char *host);

#endif
