/* SPDX-License-Identifier: MIT */
/* SHA-1 by OpenSSL's stateless functions. */

/*
 * Measured with OpenSSL 3.0 on the 60 bytes of a handshake: the EVP one-shots
 * and SHA1() fetch the algorithm on every call, 500 to 600 ns and a lock that
 * all workers share; EVP with an algorithm fetched once, 260 ns and a mutable
 * static; the functions below 110 ns and neither.  They are marked deprecated
 * because they bypass provider policy, which does not matter here: the digest
 * protects nothing, and a policy without SHA-1 must not end WebSocket.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

_Static_assert(DIGEST_SHA1_SIZE == SHA_DIGEST_LENGTH, "size of SHA-1");

int digest_sha1(const void *data, size_t len, uint8_t ret[DIGEST_SHA1_SIZE])
{
	SHA_CTX sha;
	uint8_t digest[DIGEST_SHA1_SIZE];

	if (!SHA1_Init(&sha) || !SHA1_Update(&sha, data, len) ||
	    !SHA1_Final(digest, &sha))
		return -1;
	memcpy(ret, digest, sizeof(digest));
	return 0;
}

const char *digest_library_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}
