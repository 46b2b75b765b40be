/* SPDX-License-Identifier: MIT */
/* SHA-1 against the published vectors. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define OPENSSL_SUPPRESS_DEPRECATED

#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/digest.h"
#include "guard.h"

static void assert_sha1(const char *text, const char *hex)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = strlen(text);
	uint8_t *data = guard_copy_end(text, len);
	uint8_t *digest = guard_alloc_end(DIGEST_SHA1_SIZE);
	char got[2 * DIGEST_SHA1_SIZE + 1] = "";

	assert_int_equal(digest_sha1(data, len, digest), 0);
	for (size_t i = 0; i < DIGEST_SHA1_SIZE; i++) {
		got[2 * i] = digits[digest[i] >> 4];
		got[2 * i + 1] = digits[digest[i] & 15];
	}
	assert_string_equal(got, hex);
	guard_free_end(data, len);
	guard_free_end(digest, DIGEST_SHA1_SIZE);
}

/* FIPS 180-4's examples, and RFC 6455 section 1.3's. */
static void test_sha1_vectors(void **state)
{
	(void)state;
	assert_sha1("", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	assert_sha1("abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
	assert_sha1("dGhlIHNhbXBsZSBub25jZQ=="
		    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
		    "b37a4f2cc0624f1690f64606cf385945b2bec4ea");
}

/*
 * The library's functions in front of its own, so that each can be made to
 * fail.  Which one does: 1, 2, 3; 0: none.
 */
static int failing;

/* A symbol as a function, which C does not let a cast do. */
union function {
	void *symbol;
	int (*init)(SHA_CTX *);
	int (*update)(SHA_CTX *, const void *, size_t);
	int (*final)(unsigned char *, SHA_CTX *);
};

static union function library(const char *name)
{
	return (union function){.symbol = dlsym(RTLD_NEXT, name)};
}

int SHA1_Init(SHA_CTX *c)
{
	return failing == 1 ? 0 : library("SHA1_Init").init(c);
}

int SHA1_Update(SHA_CTX *c, const void *data, size_t len)
{
	return failing == 2 ? 0 : library("SHA1_Update").update(c, data, len);
}

int SHA1_Final(unsigned char *md, SHA_CTX *c)
{
	return failing == 3 ? 0 : library("SHA1_Final").final(md, c);
}

/* Around the limits of a block, against the library's other interface. */
static void test_sha1_of_every_short_length(void **state)
{
	uint8_t data[200];
	uint8_t want[EVP_MAX_MD_SIZE];
	uint8_t got[DIGEST_SHA1_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= sizeof(data); len++) {
		assert_true(
			EVP_Digest(data, len, want, NULL, EVP_sha1(), NULL));
		assert_int_equal(digest_sha1(data, len, got), 0);
		assert_memory_equal(got, want, sizeof(got));
	}
}

static void test_sha1_tells_failure(void **state)
{
	uint8_t digest[DIGEST_SHA1_SIZE] = {0x5a};

	(void)state;
	for (failing = 1; failing <= 3; failing++) {
		assert_int_equal(digest_sha1("abc", 3, digest), -1);
		assert_int_equal(digest[0], 0x5a);
	}
	failing = 0;
	assert_int_equal(digest_sha1("abc", 3, digest), 0);
	assert_int_equal(digest[0], 0xa9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha1_vectors),
		cmocka_unit_test(test_sha1_of_every_short_length),
		cmocka_unit_test(test_sha1_tells_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
