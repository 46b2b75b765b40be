/* SPDX-License-Identifier: MIT */
/* Message digests; the one place of the daemon that asks OpenSSL for them. */

#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SHA1_SIZE 20 /* FIPS 180-4: 160 bits */

/*
 * SHA-1 of `len` bytes, for the opening handshake of RFC 6455 section 1.3,
 * where nothing depends on its strength.  Any thread; allocates nothing and
 * takes no lock.  0, or -1 if the library refuses; `ret` then is untouched.
 */
int digest_sha1(const void *data, size_t len, uint8_t ret[DIGEST_SHA1_SIZE])
	__attribute__((warn_unused_result));

/* "OpenSSL 3.0.19 ...": the library that runs, constant text. */
const char *digest_library_version(void);

#endif
