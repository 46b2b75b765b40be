/* SPDX-License-Identifier: MIT */
/* How a client speaks TLS: whom it trusts, who it says it is. */

#include "net/tls_client.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/tls_certificate.h"
#include "net/tls_io.h"

struct tls_client {
	SSL_CTX *context;
	BIO_METHOD *bio_method;
};

/* RFC 7301: a server that speaks only HTTP/2 finds out at once. */
static const unsigned char protocols[] = { 8,   'h', 't', 't', 'p',
					   '/', '1', '.', '1' };

static bool set_behaviour(SSL_CTX *context)
{
	SSL_CTX_set_options(context,
			    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_read_ahead(context, 1); /* header and record at once */
	/* What was not taken is given again, but not from where it was. */
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
	       !SSL_CTX_set_alpn_protos(context, protocols, sizeof(protocols));
}

static enum tls_client_fault set_trust(SSL_CTX *context,
				       const struct tls_client_options *options)
{
	if (options->is_insecure) {
		SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
		return TLS_CLIENT_FINE;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	if (options->ca ? SSL_CTX_load_verify_file(context, options->ca) :
			  SSL_CTX_set_default_verify_paths(context))
		return TLS_CLIENT_FINE;
	return TLS_CLIENT_CA;
}

static enum tls_client_fault
set_identity(SSL_CTX *context, const struct tls_client_options *options)
{
	const char *key = options->key ? options->key : options->certificate;

	if (!options->certificate)
		return TLS_CLIENT_FINE;
	if (!SSL_CTX_use_certificate_chain_file(context, options->certificate))
		return TLS_CLIENT_CERTIFICATE;
	/* It is checked to be the certificate's on the way in. */
	if (!SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM))
		return TLS_CLIENT_KEY;
	return TLS_CLIENT_FINE;
}

static enum tls_client_fault set_up(SSL_CTX *context,
				    const struct tls_client_options *options)
{
	enum tls_client_fault fault = TLS_CLIENT_MEMORY;

	if (set_behaviour(context))
		fault = set_trust(context, options);
	if (!fault)
		fault = set_identity(context, options);
	return fault;
}

enum tls_client_fault tls_client_new(const struct tls_client_options *options,
				     struct tls_client **ret_client,
				     const char **ret_text)
{
	struct tls_client *client = calloc(1, sizeof(*client));
	enum tls_client_fault fault = TLS_CLIENT_MEMORY;

	ERR_clear_error();
	if (client) {
		client->context = SSL_CTX_new(TLS_client_method());
		client->bio_method = tls_io_method_new();
		if (client->context && client->bio_method)
			fault = set_up(client->context, options);
	}
	if (fault) {
		*ret_text = tls_error_text();
		tls_client_free(&client);
		return fault;
	}
	*ret_client = client;
	return TLS_CLIENT_FINE;
}

void tls_client_free(struct tls_client **client)
{
	struct tls_client *c = *client;

	*client = NULL;
	if (!c)
		return;
	SSL_CTX_free(c->context);
	BIO_meth_free(c->bio_method);
	free(c);
}

/* Section 3 of RFC 6066: addresses are not told as names. */
static bool expect_host(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char name[TLSEXT_MAXLEN_host_name + 1]; /* OpenSSL's is not const */

	if (X509_VERIFY_PARAM_set1_ip_asc(param, host))
		return true;
	ERR_clear_error();
	if (strlen(host) >= sizeof(name))
		return false;
	strcpy(name, host);
	X509_VERIFY_PARAM_set_hostflags(param,
					X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, host, strlen(host)) &&
	       SSL_set_tlsext_host_name(ssl, name);
}

SSL *tls_client_ssl_new(const struct tls_client *client, const char *host)
{
	SSL *ssl = SSL_new(client->context);

	if (ssl && expect_host(ssl, host)) {
		SSL_set_connect_state(ssl);
		return ssl;
	}
	ERR_clear_error();
	SSL_free(ssl);
	return NULL;
}

const BIO_METHOD *tls_client_bio_method(const struct tls_client *client)
{
	return client->bio_method;
}
