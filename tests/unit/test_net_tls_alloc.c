/* SPDX-License-Identifier: MIT */
/* Out of memory at every allocation of TLS: told, and nothing is left. */

#include "tls_fixture.h"

#include <openssl/crypto.h>

/* The linker puts this in front of the C library's (--wrap). */
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static long left = -1; /* allocations until one fails; -1: none does */

static bool fails(void)
{
	return left >= 0 && left-- == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

/* OpenSSL's own. */
static void *ssl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : malloc(size);
}

static void *ssl_realloc(void *memory, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : realloc(memory, size);
}

static void ssl_free(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

/* Every one of the first, then more and more apart: there are thousands. */
static long next(long n)
{
	return n + 1 + n / 100;
}

/* One connection, from its first allocation to a byte each way. */
static int talk(struct tls_fixture *f)
{
	char byte;
	int error = stream_tls_begin(&f->stream, tls_fixture_context(f));

	if (error)
		return error;
	for (int i = 0; i < 10; i++) {
		long rest = left;

		left = -1; /* the client has all it wants */
		SSL_do_handshake(f->client);
		ERR_clear_error();
		left = rest;
		error = stream_tls_handshake(&f->stream);
		if (error != -EAGAIN)
			break;
	}
	if (error)
		return error;
	if (stream_write(&f->stream, "x", 1) != 1)
		return -EPROTO;
	error = (int)stream_read(&f->stream, &byte, 1);
	return error == -EAGAIN ? 0 : error;
}

static void test_every_allocation_of_a_connection(void **unused)
{
	struct tls_fixture f = { .calls = 0 };
	int error = -ENOMEM;
	long n = 0;

	(void)unused;
	loop_begin(&f.loop);
	tls_fixture_load(&f);
	for (; error && n < 20000; n = next(n)) {
		tls_fixture_open(&f, 0);
		left = n;
		error = talk(&f);
		/* None was left to fail: then it counts. */
		if (!error && left < 0)
			error = -EAGAIN;
		left = -1;
		ERR_clear_error();
		tls_fixture_close(&f);
	}
	assert_int_equal(error, 0);
	assert_true(n > 50);
	tls_fixture_unload(&f);
	loop_end(&f.loop);
}

static int load(const struct config *config)
{
	struct config_errors errors = { .count = 0 };
	int error = tls_store_check(config, &errors);

	config_errors_done(&errors);
	return error;
}

/* It is refused, for lack of memory or as what cannot be read without. */
static void test_every_allocation_of_a_store(void **unused)
{
	char *pem = tls_self_signed_new();
	struct config *config = tls_fixture_config(pem);
	int error = -ENOMEM;
	long n = 0;

	(void)unused;
	for (; error && n < 20000; n = next(n)) {
		left = n;
		error = load(config);
		if (!error && left < 0)
			error = -EAGAIN;
		left = -1;
		ERR_clear_error();
	}
	assert_int_equal(error, 0);
	assert_true(n > 50);
	config_unref(&config);
	free(pem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation_of_a_connection),
		cmocka_unit_test(test_every_allocation_of_a_store),
	};

	/* Before its first allocation. */
	if (!CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
