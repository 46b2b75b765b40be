/* SPDX-License-Identifier: MIT */
/* How one listener speaks TLS: immutable once made, counted, of all threads. */

#include "net/tls_context.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "net/tls_names.h"

/*
 * Bytes of a client's chain of certificates: some dozen of them.  OpenSSL
 * allocates what the client announces, up to here.
 */
#define CLIENT_CHAIN_MAX (32 * 1024)

/*
 * A ticket is good for one connection, and a client of WebSocket opens few: one
 * each spares what a second costs.
 */
#define TICKETS_PER_CONNECTION 1

struct tls_context {
	uint32_t refs; /* atomic */
	bool is_ktls;
	const struct tls_shared *shared;
	struct tls_certificate *certificates;
	size_t certificate_count;
	struct tls_names names;
	SSL_CTX **ssl; /* one for each set of names.sets */
};

bool tls_context_has_ktls(void)
{
#ifdef OPENSSL_NO_KTLS
	return false;
#else
	static const char name[] = "tls";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_known;

	if (fd < 0)
		return false;
	/* ENOTCONN is from the protocol itself, ENOENT says there is none. */
	is_known = !setsockopt(fd, IPPROTO_TCP, TCP_ULP, name, sizeof(name)) ||
		   errno == ENOTCONN;
	close(fd);
	return is_known;
#endif
}

/* RFC 7301 section 3.2: a client that speaks nothing of ours is told so. */
static int on_alpn(SSL *ssl, const unsigned char **ret_name,
		   unsigned char *ret_len, const unsigned char *offered,
		   unsigned offered_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, ret_len, ours, sizeof(ours) - 1,
				  offered, offered_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret_name = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static int on_server_name(SSL *ssl, int *alert, void *arg)
{
	const struct tls_context *context = arg;
	const char *host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	size_t set = host ? tls_names_find(&context->names, host) : 0;

	(void)alert;
	if (set && !SSL_set_SSL_CTX(ssl, context->ssl[set]))
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

/* What a connection costs and may do, whatever the configuration says. */
static void set_behaviour(SSL_CTX *ssl, bool is_ktls)
{
	SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_PRIORITIZE_CHACHA);
	if (is_ktls)
		SSL_CTX_set_options(ssl, SSL_OP_ENABLE_KTLS |
						 SSL_OP_IGNORE_UNEXPECTED_EOF);
	else
		SSL_CTX_set_read_ahead(ssl, 1); /* header and record at once */
	/* The endpoint keeps what was not taken, but not where it was. */
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS |
				      SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ssl, TICKETS_PER_CONNECTION);
	SSL_CTX_set_alpn_select_cb(ssl, on_alpn, NULL);
	SSL_CTX_set_max_cert_list(ssl, CLIENT_CHAIN_MAX);
}

static int verify_mode(const struct config_tls *tls)
{
	switch (tls->client_verify) {
	case CONFIG_CLIENT_VERIFY_NONE:
		break;
	case CONFIG_CLIENT_VERIFY_OPTIONAL:
		return SSL_VERIFY_PEER;
	case CONFIG_CLIENT_VERIFY_REQUIRE:
		return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	}
	return SSL_VERIFY_NONE;
}

/* Who may have signed, and what clients are told of it. */
static bool set_client_ca(SSL_CTX *ssl, STACK_OF(X509) *all)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
	bool is_fine = store && names;

	for (int i = 0; is_fine && i < sk_X509_num(all); i++) {
		X509 *one = sk_X509_value(all, i);
		X509_NAME *name = X509_NAME_dup(X509_get_subject_name(one));

		is_fine = name && sk_X509_NAME_push(names, name) &&
			  X509_STORE_add_cert(store, one);
	}
	is_fine = is_fine && SSL_CTX_set1_verify_cert_store(ssl, store);
	X509_STORE_free(store);
	if (is_fine)
		SSL_CTX_set_client_CA_list(ssl, names);
	else
		sk_X509_NAME_pop_free(names, X509_NAME_free);
	return is_fine;
}

/*
 * A ticket is a client's certificate verified once: it counts only where the
 * same would be asked of it again.  It dies with a change of the authorities.
 */
static bool set_session_id(SSL_CTX *ssl,
			   const struct tls_context_options *options)
{
	const struct config_listener *listener = options->listener;
	unsigned char id[EVP_MAX_MD_SIZE];
	unsigned char one[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	unsigned len = 0;
	int mode = verify_mode(&listener->tls);
	bool is_fine = digest &&
		       EVP_DigestInit_ex(digest, EVP_sha256(), NULL) &&
		       EVP_DigestUpdate(digest, listener->name,
					strlen(listener->name) + 1) &&
		       EVP_DigestUpdate(digest, &mode, sizeof(mode));

	for (int i = 0; is_fine && i < sk_X509_num(options->client_ca); i++)
		is_fine = X509_digest(sk_X509_value(options->client_ca, i),
				      EVP_sha256(), one, &len) &&
			  EVP_DigestUpdate(digest, one, len);
	is_fine = is_fine && EVP_DigestFinal_ex(digest, id, &len) &&
		  SSL_CTX_set_session_id_context(ssl, id, len);
	EVP_MD_CTX_free(digest);
	return is_fine;
}

static enum tls_context_fault
set_options(SSL_CTX *ssl, const struct tls_context_options *options)
{
	const struct config_tls *tls = &options->listener->tls;
	int oldest = tls->min_version == CONFIG_TLS_1_3 ? TLS1_3_VERSION :
							  TLS1_2_VERSION;

	if (!SSL_CTX_set_min_proto_version(ssl, oldest) ||
	    !set_session_id(ssl, options) ||
	    tls_tickets_attach(options->shared->tickets, ssl))
		return TLS_CONTEXT_MEMORY;
	if (!SSL_CTX_set_cipher_list(ssl, tls->ciphers))
		return TLS_CONTEXT_CIPHERS;
	if (!SSL_CTX_set_ciphersuites(ssl, tls->ciphersuites))
		return TLS_CONTEXT_CIPHERSUITES;
	if (options->client_ca && !set_client_ca(ssl, options->client_ca))
		return TLS_CONTEXT_CLIENT_CA;
	SSL_CTX_set_verify(ssl, verify_mode(tls), NULL);
	return TLS_CONTEXT_FINE;
}

static enum tls_context_fault use_set(const struct tls_context *context,
				      size_t set, SSL_CTX *ssl,
				      size_t *ret_certificate)
{
	const struct tls_names_set *of = &context->names.sets[set];

	for (size_t i = 0; i < TLS_NAMES_TYPES; i++) {
		size_t number = of->certificates[i];
		const struct tls_certificate *one;

		if (number == TLS_NAMES_NONE)
			continue;
		one = &context->certificates[number];
		*ret_certificate = number;
		if (!SSL_CTX_use_cert_and_key(ssl, one->leaf, one->key,
					      one->chain, 1))
			return TLS_CONTEXT_CERTIFICATE;
	}
	return TLS_CONTEXT_FINE;
}

/* The context of one set of certificates; the first one has all handshakes. */
static enum tls_context_fault
make_set(struct tls_context *context,
	 const struct tls_context_options *options, size_t set,
	 size_t *ret_certificate)
{
	SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());
	enum tls_context_fault fault;

	if (!ssl)
		return TLS_CONTEXT_MEMORY;
	context->ssl[set] = ssl;
	set_behaviour(ssl, context->is_ktls);
	SSL_CTX_set_tlsext_servername_callback(ssl, on_server_name);
	SSL_CTX_set_tlsext_servername_arg(ssl, context);
	fault = set_options(ssl, options);
	if (fault)
		return fault;
	return use_set(context, set, ssl, ret_certificate);
}

static enum tls_context_fault
fill(struct tls_context *context, const struct tls_context_options *options,
     size_t *ret_certificate)
{
	enum tls_context_fault fault = TLS_CONTEXT_FINE;

	if (tls_names_init(&context->names, context->certificates,
			   context->certificate_count))
		return TLS_CONTEXT_MEMORY;
	context->ssl =
		calloc(context->names.set_count, sizeof(*context->ssl));
	if (!context->ssl)
		return TLS_CONTEXT_MEMORY;
	for (size_t i = 0; !fault && i < context->names.set_count; i++)
		fault = make_set(context, options, i, ret_certificate);
	return fault;
}

static void free_certificates(struct tls_certificate *certificates,
			      size_t count)
{
	for (size_t i = 0; i < count; i++)
		tls_certificate_done(&certificates[i]);
	free(certificates);
}

bool tls_context_new(struct tls_context_options *options,
		     struct tls_context **ret_context,
		     struct tls_context_failure *ret_failure)
{
	struct tls_context *context = calloc(1, sizeof(*context));
	struct tls_context_failure failure = { .fault = TLS_CONTEXT_MEMORY };

	if (context) {
		context->refs = 1;
		context->shared = options->shared;
		context->is_ktls = options->listener->tls.ktls &&
				   tls_context_has_ktls();
		context->certificates = options->certificates;
		context->certificate_count = options->certificate_count;
		failure.fault = fill(context, options, &failure.certificate);
	} else {
		free_certificates(options->certificates,
				  options->certificate_count);
	}
	options->certificates = NULL;
	failure.text = failure.fault ? tls_error_text() : NULL;
	if (!failure.fault) {
		*ret_context = context;
		return true;
	}
	tls_context_unref(&context);
	*ret_failure = failure;
	return false;
}

struct tls_context *tls_context_ref(struct tls_context *context)
{
	uint32_t before =
		__atomic_fetch_add(&context->refs, 1, __ATOMIC_RELAXED);

	assert(before > 0 && before < UINT32_MAX);
	return context;
}

void tls_context_unref(struct tls_context **context)
{
	struct tls_context *dropped = *context;
	uint32_t before;

	*context = NULL;
	if (!dropped)
		return;
	before = __atomic_fetch_sub(&dropped->refs, 1, __ATOMIC_ACQ_REL);
	assert(before > 0);
	if (before > 1)
		return;
	for (size_t i = 0; dropped->ssl && i < dropped->names.set_count; i++)
		SSL_CTX_free(dropped->ssl[i]);
	free(dropped->ssl);
	tls_names_done(&dropped->names);
	free_certificates(dropped->certificates, dropped->certificate_count);
	free(dropped);
}

SSL_CTX *tls_context_ssl(const struct tls_context *context)
{
	return context->ssl[0];
}

const BIO_METHOD *tls_context_bio_method(const struct tls_context *context)
{
	return context->is_ktls ? NULL : context->shared->bio_method;
}

size_t tls_context_certificates(const struct tls_context *context,
				const struct tls_certificate **ret_first)
{
	*ret_first = context->certificates;
	return context->certificate_count;
}
