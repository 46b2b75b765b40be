/* SPDX-License-Identifier: MIT */
/* SHA-1 against the published vectors. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha1_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
