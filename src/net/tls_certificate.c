/* SPDX-License-Identifier: MIT */
/* One certificate with its key, as read from PEM and checked. */

#include "net/tls_certificate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/ascii.h"

#define OUT_OF_MEMORY "out of memory"

const char *tls_error_text(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return text ? text : "unknown error";
}

/* Nobody is there to be asked for a passphrase. */
static int refuse_passphrase(char *ret_text, int size, int is_writing,
			     void *arg)
{
	bool *was_asked = arg;

	(void)ret_text;
	(void)size;
	(void)is_writing;
	*was_asked = true;
	return -1;
}

static BIO *open_pem(const struct tls_pem *pem)
{
	if (pem->len > INT_MAX)
		return NULL;
	return BIO_new_mem_buf(pem->data, (int)pem->len);
}

bool tls_is_end_of_pem(void)
{
	unsigned long error = ERR_peek_last_error();

	return ERR_GET_LIB(error) == ERR_LIB_PEM &&
	       ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static const char *read_chain(struct tls_certificate *c, BIO *bio)
{
	X509 *one;

	c->leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (!c->leaf)
		return tls_is_end_of_pem() ? "there is no certificate in it" :
					     "its certificate is damaged";
	c->chain = sk_X509_new_null();
	if (!c->chain)
		return OUT_OF_MEMORY;
	while ((one = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (sk_X509_push(c->chain, one))
			continue;
		X509_free(one);
		return OUT_OF_MEMORY;
	}
	return tls_is_end_of_pem() ? NULL : "a certificate in it is damaged";
}

/* OpenSSL says the same of a key that is damaged and of none. */
static bool has_key(const struct tls_pem *pem)
{
	static const char mark[] = "PRIVATE KEY-----";

	return memmem(pem->data, pem->len, mark, sizeof(mark) - 1);
}

static const char *read_key(struct tls_certificate *c, BIO *bio)
{
	bool was_asked = false;

	c->key = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase,
					 &was_asked);
	if (was_asked)
		return "the key is protected by a passphrase; one without is "
		       "needed, as \"openssl pkey\" writes it";
	if (!c->key)
		return "its private key is damaged";
	c->key_type = EVP_PKEY_get_base_id(c->key);
	return NULL;
}

static uint64_t seconds_of(const ASN1_TIME *time)
{
	struct tm parts;
	time_t seconds;

	if (!ASN1_TIME_to_tm(time, &parts))
		return 0;
	seconds = timegm(&parts);
	return seconds > 0 ? (uint64_t)seconds : 0;
}

const char *tls_certificate_time_fault(const struct tls_certificate *c,
				       uint64_t now_s)
{
	if (now_s > c->not_after_s)
		return "the certificate has expired";
	if (now_s < c->not_before_s)
		return "the certificate is not valid yet";
	return NULL;
}

/* A host name, not another text with a null byte or a blank in it. */
static bool is_name(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] <= ' ' || data[i] >= 0x7f)
			return false;
	return len > 0;
}

static bool add_name(struct tls_certificate *c, const ASN1_STRING *text)
{
	size_t len = (size_t)ASN1_STRING_length(text);
	const char *data = (const char *)ASN1_STRING_get0_data(text);
	char **names;

	if (!is_name(data, len))
		return true;
	names = realloc(c->names, (c->name_count + 1) * sizeof(*names));
	if (!names)
		return false;
	c->names = names;
	names[c->name_count] = strndup(data, len);
	if (!names[c->name_count])
		return false;
	for (char *at = names[c->name_count]; *at; at++)
		*at = ascii_lower(*at);
	c->name_count++;
	return true;
}

/* RFC 6125 section 6.4.4: the common name only counts without others. */
static bool add_common_name(struct tls_certificate *c)
{
	const X509_NAME *subject = X509_get_subject_name(c->leaf);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	if (at < 0)
		return true;
	return add_name(c, X509_NAME_ENTRY_get_data(
				   X509_NAME_get_entry(subject, at)));
}

static bool read_names(struct tls_certificate *c)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(c->leaf, NID_subject_alt_name,
					      NULL, NULL);
	bool is_fine = true;

	for (int i = 0; all && i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(all, i);

		if (one->type == GEN_DNS)
			is_fine = is_fine && add_name(c, one->d.dNSName);
	}
	if (is_fine && !all)
		is_fine = add_common_name(c);
	GENERAL_NAMES_free(all);
	return is_fine;
}

static const char *examine(struct tls_certificate *c)
{
	c->not_before_s = seconds_of(X509_get0_notBefore(c->leaf));
	c->not_after_s = seconds_of(X509_get0_notAfter(c->leaf));
	if (!read_names(c))
		return OUT_OF_MEMORY;
	if (!X509_digest(c->leaf, EVP_sha256(), c->fingerprint, NULL))
		return "no fingerprint can be made of it";
	return NULL;
}

bool tls_certificate_init(struct tls_certificate *c,
			  const struct tls_pem *chain,
			  const struct tls_pem *key,
			  struct tls_certificate_fault *ret_fault)
{
	BIO *chain_bio = open_pem(chain);
	BIO *key_bio = open_pem(key);
	const char *text = OUT_OF_MEMORY;
	const char *key_text = NULL;

	memset(c, 0, sizeof(*c));
	if (chain_bio && key_bio) {
		text = read_chain(c, chain_bio);
		if (!text)
			text = examine(c);
		if (!text && !has_key(key))
			key_text = "there is no private key in it";
		else if (!text)
			key_text = read_key(c, key_bio);
		if (!text && !key_text && !X509_check_private_key(c->leaf,
								  c->key))
			key_text = "the key is not that of the certificate";
	}
	BIO_free(chain_bio);
	BIO_free(key_bio);
	ERR_clear_error();
	if (!text && !key_text)
		return true;
	*ret_fault = (struct tls_certificate_fault){
		.text = text ? text : key_text,
		.is_of_key = !text,
	};
	tls_certificate_done(c);
	return false;
}

void tls_certificate_done(struct tls_certificate *c)
{
	for (size_t i = 0; i < c->name_count; i++)
		free(c->names[i]);
	free(c->names);
	X509_free(c->leaf);
	sk_X509_pop_free(c->chain, X509_free);
	EVP_PKEY_free(c->key);
	memset(c, 0, sizeof(*c));
}

void tls_certificate_subject(X509 *leaf, char *ret_text, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int len = 0;

	if (bio) {
		X509_NAME_print_ex(bio, X509_get_subject_name(leaf), 0,
				   XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
		len = BIO_read(bio, ret_text, (int)size - 1);
	}
	ret_text[len > 0 ? len : 0] = '\0';
	BIO_free(bio);
	ERR_clear_error();
}
