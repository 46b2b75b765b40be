/* SPDX-License-Identifier: MIT */
/* The contexts of all listeners of a configuration, made of their files. */

#include "net/tls_store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "config/config_disk.h"
#include "net/tls_context.h"
#include "net/tls_file.h"
#include "net/tls_io.h"

struct tls_store {
	const struct config *config;
	struct tls_context **contexts; /* by the listeners' numbers, or null */
	size_t certificate_count;
	unsigned char digest[EVP_MAX_MD_SIZE]; /* of all that was read */
};

/* A store in the making. */
struct loading {
	struct tls_store *store;
	const struct tls_shared *shared;
	const struct tls_store *serving; /* or null */
	struct config_errors *errors;
	EVP_MD_CTX *digest;
	uint64_t now_s;
	bool has_failed; /* it goes on, for further errors */
	bool out_of_memory;
};

/* A file that was read. */
struct content {
	char *data;
	size_t len;
};

__attribute__((format(printf, 5, 6))) static void
refuse(struct loading *loading, struct config_place place, const char *label,
       const char *option, const char *format, ...)
{
	char path[CONFIG_ERROR_TEXT_MAX];
	char text[CONFIG_ERROR_TEXT_MAX];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s.%s", label, option);
	config_errors_add(loading->errors, place, path, "%s",
			  len < 0 ? "" : text);
	loading->has_failed = true;
}

/* What a file is called in an error, without the quotes. */
static int read_file(struct loading *loading, const char *name,
		     struct content *ret_content)
{
	char path[PATH_MAX];
	int error = tls_file_path(name, path);

	if (!error && tls_file_is_pipe(path))
		error = -ESPIPE;
	if (!error)
		error = config_disk_read(path, TLS_FILE_MAX, &ret_content->data,
					 &ret_content->len);
	if (!error &&
	    (!EVP_DigestUpdate(loading->digest, &ret_content->len,
			       sizeof(ret_content->len)) ||
	     !EVP_DigestUpdate(loading->digest, ret_content->data,
			       ret_content->len))) {
		free(ret_content->data);
		error = -ENOMEM;
	}
	return error;
}

static struct content read_named(struct loading *loading, const char *name,
				 struct config_place place, const char *label,
				 const char *option)
{
	struct content content = { .data = NULL };
	int error = read_file(loading, name, &content);

	if (error == -ENOMEM)
		loading->out_of_memory = true;
	else if (error)
		refuse(loading, place, label, option,
		       "\"%s\" cannot be read: %s", name,
		       tls_file_error_text(error));
	return error ? (struct content){ .data = NULL } : content;
}

/* Secrets do not stay in memory that is free. */
static void forget(struct content *content)
{
	if (!content->data)
		return;
	OPENSSL_cleanse(content->data, content->len);
	free(content->data);
}

static bool is_serving(const struct tls_store *store,
		       const struct tls_certificate *certificate)
{
	for (size_t i = 0; store && i < store->certificate_count; i++) {
		struct certificate_report report;

		tls_store_report(store, i, &report);
		if (!memcmp(report.sha256, certificate->fingerprint,
			    TLS_FINGERPRINT_SIZE))
			return true;
	}
	return false;
}

static void check_time(struct loading *loading,
		       const struct config_certificate *config,
		       const struct tls_certificate *certificate)
{
	const char *text =
		tls_certificate_time_fault(certificate, loading->now_s);

	if (text && !is_serving(loading->serving, certificate))
		refuse(loading, config->certificate_place, config->label,
		       "certificate", "\"%s\": %s", config->certificate, text);
}

static void check_pair(struct loading *loading,
		       const struct config_certificate *config,
		       const struct content *chain, const struct content *key,
		       struct tls_certificate *ret_certificate)
{
	struct tls_pem chain_pem = { .data = chain->data, .len = chain->len };
	struct tls_pem key_pem = { .data = key->data, .len = key->len };
	struct tls_certificate_fault fault;

	if (tls_certificate_init(ret_certificate, &chain_pem, &key_pem,
				 &fault))
		check_time(loading, config, ret_certificate);
	else if (fault.is_of_key)
		refuse(loading, config->key_place, config->label, "key",
		       "\"%s\": %s", config->key, fault.text);
	else
		refuse(loading, config->certificate_place, config->label,
		       "certificate", "\"%s\": %s", config->certificate,
		       fault.text);
}

static void load_pem(struct loading *loading,
		     const struct config_certificate *config,
		     struct tls_certificate *ret_certificate)
{
	struct tls_pem pem = { .data = config->pem,
			       .len = strlen(config->pem) };
	struct tls_certificate_fault fault;

	if (!tls_certificate_init(ret_certificate, &pem, &pem, &fault))
		refuse(loading, config->certificate_place, config->label,
		       "certificate", "%s", fault.text);
}

static void load_certificate(struct loading *loading,
			     const struct config_certificate *config,
			     struct tls_certificate *ret_certificate)
{
	struct content chain;
	struct content key;

	if (config->pem) {
		load_pem(loading, config, ret_certificate);
		return;
	}
	chain = read_named(loading, config->certificate,
			   config->certificate_place, config->label,
			   "certificate");
	key = read_named(loading, config->key, config->key_place, config->label,
			 "key");
	if (chain.data && key.data)
		check_pair(loading, config, &chain, &key, ret_certificate);
	forget(&chain);
	forget(&key);
}

/*
 * All that are in it, the caller's whatever comes of it; null, or what is wrong
 * with it: one that cannot be read would lock its clients out.
 */
static const char *parse_authorities(const struct content *content,
				     STACK_OF(X509) **ret_all)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	BIO *bio = BIO_new_mem_buf(content->data, (int)content->len);
	const char *fault = all && bio ? NULL : "out of memory";
	X509 *one;

	while (!fault && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (sk_X509_push(all, one))
			continue;
		X509_free(one);
		fault = "out of memory";
	}
	if (!fault && !tls_is_end_of_pem())
		fault = "a certificate in it is damaged";
	if (!fault && !sk_X509_num(all))
		fault = "there is no certificate in it";
	BIO_free(bio);
	ERR_clear_error();
	*ret_all = all;
	return fault;
}

static STACK_OF(X509) *load_client_ca(struct loading *loading,
				      const struct config_tls *tls)
{
	STACK_OF(X509) *all = NULL;
	struct content content;
	const char *fault;

	if (!tls->client_ca)
		return NULL;
	content = read_named(loading, tls->client_ca, tls->client_ca_place,
			     tls->label, "client_ca");
	if (!content.data)
		return NULL;
	fault = parse_authorities(&content, &all);
	if (fault)
		refuse(loading, tls->client_ca_place, tls->label, "client_ca",
		       "\"%s\": %s", tls->client_ca, fault);
	forget(&content);
	return all;
}

static void report_failure(struct loading *loading,
			   const struct config_tls *tls,
			   const struct tls_context_failure *failure)
{
	const struct config_certificate *one =
		&tls->certificates[failure->certificate];

	switch (failure->fault) {
	case TLS_CONTEXT_FINE:
		break;
	case TLS_CONTEXT_CERTIFICATE:
		refuse(loading, one->certificate_place, one->label,
		       "certificate", "\"%s\": %s", one->certificate,
		       failure->text);
		break;
	case TLS_CONTEXT_CIPHERS:
		refuse(loading, tls->ciphers_place, tls->label, "ciphers",
		       "\"%s\": %s; openssl-ciphers(1) has the names",
		       tls->ciphers, failure->text);
		break;
	case TLS_CONTEXT_CIPHERSUITES:
		refuse(loading, tls->ciphersuites_place, tls->label,
		       "ciphersuites",
		       "\"%s\": %s; openssl-ciphers(1) has the names",
		       tls->ciphersuites, failure->text);
		break;
	case TLS_CONTEXT_CLIENT_CA:
		refuse(loading, tls->client_ca_place, tls->label, "client_ca",
		       "\"%s\": %s", tls->client_ca, failure->text);
		break;
	case TLS_CONTEXT_MEMORY:
		loading->out_of_memory = true;
		break;
	}
}

static void make_context(struct loading *loading, size_t number,
			 struct tls_certificate *certificates,
			 STACK_OF(X509) *client_ca)
{
	const struct config_listener *listener =
		&loading->store->config->listeners[number];
	struct tls_context_options options = {
		.shared = loading->shared,
		.listener = listener,
		.certificates = certificates,
		.certificate_count = listener->tls.certificate_count,
		.client_ca = client_ca,
	};
	struct tls_context_failure failure;

	loading->store->certificate_count += listener->tls.certificate_count;
	if (!tls_context_new(&options, &loading->store->contexts[number],
			     &failure))
		report_failure(loading, &listener->tls, &failure);
}

/* Every file is looked at, for its errors, before the first counts. */
static void load_listener(struct loading *loading, size_t number)
{
	const struct config_tls *tls =
		&loading->store->config->listeners[number].tls;
	bool had_failed = loading->has_failed;
	struct tls_certificate *all =
		calloc(tls->certificate_count, sizeof(*all));
	STACK_OF(X509) *client_ca;

	if (!all) {
		loading->out_of_memory = true;
		return;
	}
	loading->has_failed = false;
	for (size_t i = 0; i < tls->certificate_count; i++)
		load_certificate(loading, &tls->certificates[i], &all[i]);
	client_ca = load_client_ca(loading, tls);
	if (!loading->has_failed && !loading->out_of_memory) {
		make_context(loading, number, all, client_ca);
	} else {
		for (size_t i = 0; i < tls->certificate_count; i++)
			tls_certificate_done(&all[i]);
		free(all);
	}
	sk_X509_pop_free(client_ca, X509_free);
	loading->has_failed |= had_failed;
}

static void load_all(struct loading *loading)
{
	struct tls_store *store = loading->store;

	if (!EVP_DigestInit_ex(loading->digest, EVP_sha256(), NULL))
		loading->out_of_memory = true;
	for (size_t i = 0;
	     i < store->config->listener_count && !loading->out_of_memory; i++)
		if (config_listener_has_tls(&store->config->listeners[i]))
			load_listener(loading, i);
	if (!loading->out_of_memory &&
	    !EVP_DigestFinal_ex(loading->digest, store->digest, NULL))
		loading->out_of_memory = true;
}

int tls_store_load(const struct config *config, const struct tls_shared *shared,
		   const struct tls_store *serving,
		   struct config_errors *errors, struct tls_store **ret_store)
{
	struct tls_store *store = calloc(1, sizeof(*store));
	struct loading loading = {
		.store = store,
		.shared = shared,
		.serving = serving,
		.errors = errors,
		.digest = EVP_MD_CTX_new(),
		.now_s = (uint64_t)time(NULL),
	};

	if (store) {
		store->config = config;
		store->contexts = calloc(config->listener_count,
					 sizeof(struct tls_context *));
	}
	if (loading.digest && store && store->contexts)
		load_all(&loading);
	else
		loading.out_of_memory = true;
	EVP_MD_CTX_free(loading.digest);
	if (!loading.out_of_memory && !loading.has_failed) {
		*ret_store = store;
		return 0;
	}
	tls_store_free(&store);
	return loading.out_of_memory ? -ENOMEM : -EINVAL;
}

int tls_store_check(const struct config *config, struct config_errors *errors)
{
	struct tls_shared *shared = tls_shared_new();
	struct tls_store *store = NULL;
	int error;

	if (!shared)
		return -ENOMEM;
	error = tls_store_load(config, shared, NULL, errors, &store);
	tls_store_free(&store);
	tls_shared_free(&shared);
	return error;
}

void tls_store_free(struct tls_store **store)
{
	struct tls_store *gone = *store;

	*store = NULL;
	if (!gone)
		return;
	for (size_t i = 0; gone->contexts && i < gone->config->listener_count;
	     i++)
		tls_context_unref(&gone->contexts[i]);
	free(gone->contexts);
	free(gone);
}

struct tls_context *tls_store_context(const struct tls_store *store,
				      const struct config_listener *listener)
{
	return store->contexts[listener - store->config->listeners];
}

bool tls_store_is_same(const struct tls_store *a, const struct tls_store *b)
{
	return !memcmp(a->digest, b->digest, sizeof(a->digest));
}

size_t tls_store_certificate_count(const struct tls_store *store)
{
	return store->certificate_count;
}

void tls_store_report(const struct tls_store *store, size_t index,
		      struct certificate_report *ret_report)
{
	const struct config_listener *listener = store->config->listeners;
	const struct tls_certificate *one;

	while (index >= listener->tls.certificate_count) {
		index -= listener->tls.certificate_count;
		listener++;
	}
	tls_context_certificates(tls_store_context(store, listener), &one);
	one += index;
	*ret_report = (struct certificate_report){
		.listener = listener->name,
		.file = listener->tls.certificates[index].certificate,
		.names = (const char *const *)one->names,
		.name_count = one->name_count,
		.not_before_s = one->not_before_s,
		.not_after_s = one->not_after_s,
		.sha256 = one->fingerprint,
	};
}

struct tls_shared *tls_shared_new(void)
{
	struct tls_shared *shared = calloc(1, sizeof(*shared));

	if (!shared)
		return NULL;
	shared->bio_method = tls_io_method_new();
	shared->tickets = tls_tickets_new();
	if (!shared->bio_method || !shared->tickets)
		tls_shared_free(&shared);
	return shared;
}

void tls_shared_free(struct tls_shared **shared)
{
	struct tls_shared *gone = *shared;

	*shared = NULL;
	if (!gone)
		return;
	tls_tickets_free(&gone->tickets);
	BIO_meth_free(gone->bio_method);
	free(gone);
}
