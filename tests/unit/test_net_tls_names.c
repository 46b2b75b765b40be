/* SPDX-License-Identifier: MIT */
/* Which certificates serve which host name. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/tls_names.h"

#define EC EVP_PKEY_EC
#define RSA EVP_PKEY_RSA
#define NONE TLS_NAMES_NONE

/* A certificate of a key's type and up to three names. */
struct sample {
	int type;
	const char *names[3];
};

static void make(const struct sample *samples, size_t count,
		 struct tls_certificate *ret_all)
{
	for (size_t i = 0; i < count; i++) {
		ret_all[i] = (struct tls_certificate){
			.key_type = samples[i].type,
			.names = (char **)(uintptr_t)samples[i].names,
		};
		while (ret_all[i].name_count < 3 &&
		       samples[i].names[ret_all[i].name_count])
			ret_all[i].name_count++;
	}
}

/* The set for `host` has these certificates, by ECDSA and RSA. */
static void check(const struct tls_names *names, const char *host, size_t ec,
		  size_t rsa)
{
	const struct tls_names_set *set =
		&names->sets[tls_names_find(names, host)];

	assert_int_equal(set->certificates[0], ec);
	assert_int_equal(set->certificates[1], rsa);
}

static void test_names(void **unused)
{
	static const struct sample samples[] = {
		{ EC, { "default.test" } },
		{ EC, { "*.b.test", "b.test" } },
		{ EC, { "www.b.test" } },
		{ RSA, { "*.b.test" } },
		{ RSA, { "mail.b.test", "default.test" } },
		{ RSA, { "mail.b.test", "www.b.test" } },
		{ EC, { "*.test", "c.test" } },
	};
	struct tls_certificate all[7];
	struct tls_names names;

	(void)unused;
	make(samples, 7, all);
	assert_int_equal(tls_names_init(&names, all, 7), 0);
	check(&names, "default.test", 0, 4);
	check(&names, "DEFAULT.test", 0, 4);
	check(&names, "default.test.", 0, 4);
	check(&names, "unknown.example", 0, 4);
	check(&names, "", 0, 4);
	check(&names, ".", 0, 4);
	check(&names, "b.test", 1, NONE);
	check(&names, "www.b.test", 2, 5);
	check(&names, "mail.b.test", 1, 4);
	check(&names, "other.b.test", 1, 3);
	check(&names, "a.other.b.test", 0, 4);
	check(&names, ".b.test", 1, 3);
	check(&names, "c.test", 6, NONE);
	check(&names, "d.test", 6, NONE);
	check(&names, "test", 0, 4);
	tls_names_done(&names);
}

static void test_certificate_without_names(void **unused)
{
	static const struct sample samples[] = { { RSA, { NULL } },
						 { EC, { "a.test" } } };
	struct tls_certificate all[2];
	struct tls_names names;

	(void)unused;
	make(samples, 2, all);
	assert_int_equal(tls_names_init(&names, all, 2), 0);
	check(&names, "x.test", NONE, 0);
	check(&names, "a.test", 1, NONE);
	tls_names_done(&names);
	tls_names_done(&names);
}

static void test_long_names(void **unused)
{
	static const struct sample samples[] = { { EC, { "a.test" } },
						 { RSA, { "*.b" } } };
	struct tls_certificate all[2];
	struct tls_names names;
	char host[2 * TLS_NAME_SIZE];

	(void)unused;
	make(samples, 2, all);
	assert_int_equal(tls_names_init(&names, all, 2), 0);
	for (size_t len = TLS_NAME_SIZE - 4; len < TLS_NAME_SIZE + 4; len++) {
		memset(host, 'x', sizeof(host));
		strcpy(host + len - 2, ".b");
		if (len < TLS_NAME_SIZE)
			check(&names, host, NONE, 1);
		else
			check(&names, host, 0, NONE);
	}
	tls_names_done(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_certificate_without_names),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
