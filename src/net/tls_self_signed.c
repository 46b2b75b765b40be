/* SPDX-License-Identifier: MIT */
/* A certificate that nobody vouches for, to try TLS with. */

#include "net/tls_self_signed.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define DAYS 30

/* Positive, and not that of one made before. */
#define SERIAL_BITS 120

/* Clocks differ a little. */
#define BEFORE_S (-60 * 60)

static bool add_extension(X509 *certificate, int kind, const char *value)
{
	X509_EXTENSION *extension =
		X509V3_EXT_conf_nid(NULL, NULL, kind, value);
	bool is_fine = extension && X509_add_ext(certificate, extension, -1);

	X509_EXTENSION_free(extension);
	return is_fine;
}

static bool set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool is_fine = number &&
		       BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE,
			       BN_RAND_BOTTOM_ANY) &&
		       BN_to_ASN1_INTEGER(number,
					  X509_get_serialNumber(certificate));

	BN_free(number);
	return is_fine;
}

static bool fill(X509 *certificate, EVP_PKEY *key)
{
	static const unsigned char name[] = "localhost";
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_set_version(certificate, X509_VERSION_3) &&
	       set_serial(certificate) &&
	       X509_gmtime_adj(X509_getm_notBefore(certificate), BEFORE_S) &&
	       X509_gmtime_adj(X509_getm_notAfter(certificate),
			       (long)DAYS * 24 * 60 * 60) &&
	       X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1,
					  -1, 0) &&
	       X509_set_issuer_name(certificate, subject) &&
	       X509_set_pubkey(certificate, key) &&
	       add_extension(certificate, NID_subject_alt_name,
			     "DNS:localhost,IP:127.0.0.1,IP:::1") &&
	       add_extension(certificate, NID_basic_constraints,
			     "critical,CA:FALSE") &&
	       add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
	       X509_sign(certificate, key, EVP_sha256());
}

static char *write_pem(X509 *certificate, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	char *data;
	long len;

	if (bio && PEM_write_bio_X509(bio, certificate) &&
	    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) {
		len = BIO_get_mem_data(bio, &data);
		text = strndup(data, (size_t)len);
	}
	BIO_free(bio);
	return text;
}

char *tls_self_signed_new(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	char *text = NULL;

	if (key && certificate && fill(certificate, key))
		text = write_pem(certificate, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return text;
}
