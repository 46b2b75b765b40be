/* SPDX-License-Identifier: MIT */
/* Keys of session tickets, shared by all threads and renewed by themselves. */

#include "net/tls_tickets.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/clock.h"

enum { NAME_SIZE = 16, CIPHER_SIZE = 32, MAC_SIZE = 32 };

/* Of tickets, as RFC 5077 section 4 recommends: AES and HMAC-SHA-256. */
struct ticket_key {
	unsigned char name[NAME_SIZE];
	unsigned char cipher[CIPHER_SIZE];
	unsigned char mac[MAC_SIZE];
	uint64_t made_s;
	bool is_set;
};

struct tls_tickets {
	pthread_mutex_t lock; /* touched twice a handshake at most */
	struct ticket_key current;
	struct ticket_key previous;
	uint64_t ahead_s; /* of the clock: tls_tickets_age() */
};

static uint64_t now_s(const struct tls_tickets *tickets)
{
	return clock_coarse_ms() / 1000 + tickets->ahead_s;
}

static bool make_key(struct ticket_key *key, uint64_t at_s)
{
	struct ticket_key fresh = { .made_s = at_s, .is_set = true };

	if (RAND_bytes(fresh.name, sizeof(fresh.name)) != 1 ||
	    RAND_priv_bytes(fresh.cipher, sizeof(fresh.cipher)) != 1 ||
	    RAND_priv_bytes(fresh.mac, sizeof(fresh.mac)) != 1)
		return false;
	*key = fresh;
	OPENSSL_cleanse(&fresh, sizeof(fresh));
	return true;
}

/* Nobody needs a thread for this: who comes first renews. */
static void renew(struct tls_tickets *tickets)
{
	uint64_t at_s = now_s(tickets);
	uint64_t age_s = at_s - tickets->current.made_s;
	struct ticket_key old = tickets->current;

	if (age_s >= TLS_TICKETS_LIFE_S && make_key(&tickets->current, at_s)) {
		tickets->previous = old;
		tickets->previous.is_set = age_s < 2 * TLS_TICKETS_LIFE_S;
	}
	if (tickets->previous.is_set &&
	    at_s - tickets->previous.made_s >= 2 * TLS_TICKETS_LIFE_S)
		OPENSSL_cleanse(&tickets->previous, sizeof(old));
	OPENSSL_cleanse(&old, sizeof(old));
}

static struct ticket_key current_key(struct tls_tickets *tickets)
{
	struct ticket_key key;

	pthread_mutex_lock(&tickets->lock);
	renew(tickets);
	key = tickets->current;
	pthread_mutex_unlock(&tickets->lock);
	return key;
}

static bool is_named(const struct ticket_key *key, const unsigned char *name)
{
	return key->is_set && !memcmp(key->name, name, NAME_SIZE);
}

/* Not set when it is unknown; `ret_is_old` when it makes none any more. */
static struct ticket_key find_key(struct tls_tickets *tickets,
				  const unsigned char *name, bool *ret_is_old)
{
	struct ticket_key key = { .is_set = false };

	pthread_mutex_lock(&tickets->lock);
	renew(tickets);
	*ret_is_old = !is_named(&tickets->current, name);
	if (!*ret_is_old)
		key = tickets->current;
	else if (is_named(&tickets->previous, name))
		key = tickets->previous;
	pthread_mutex_unlock(&tickets->lock);
	return key;
}

static bool set_mac(EVP_MAC_CTX *mac, struct ticket_key *key)
{
	char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac,
						  sizeof(key->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
						 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, parameters);
}

/* What OpenSSL wants to hear: SSL_CTX_set_tlsext_ticket_key_evp_cb(3). */
enum ticket_answer {
	TICKET_FAILED = -1,
	TICKET_UNKNOWN = 0,
	TICKET_READY = 1,
	TICKET_RENEW = 2,
};

static enum ticket_answer seal(struct tls_tickets *tickets,
			       unsigned char *ret_name, unsigned char *ret_iv,
			       EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	const EVP_CIPHER *type = EVP_aes_256_cbc();
	struct ticket_key key = current_key(tickets);
	enum ticket_answer answer = TICKET_FAILED;

	memcpy(ret_name, key.name, NAME_SIZE);
	if (RAND_bytes(ret_iv, EVP_CIPHER_get_iv_length(type)) == 1 &&
	    EVP_EncryptInit_ex(cipher, type, NULL, key.cipher, ret_iv) &&
	    set_mac(mac, &key))
		answer = TICKET_READY;
	OPENSSL_cleanse(&key, sizeof(key));
	return answer;
}

static enum ticket_answer unseal(struct tls_tickets *tickets,
				 const unsigned char *name,
				 const unsigned char *iv,
				 EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	bool is_old;
	struct ticket_key key = find_key(tickets, name, &is_old);
	enum ticket_answer answer = TICKET_UNKNOWN;

	if (key.is_set) {
		answer = TICKET_FAILED;
		if (set_mac(mac, &key) &&
		    EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL,
				       key.cipher, iv))
			answer = is_old ? TICKET_RENEW : TICKET_READY;
	}
	OPENSSL_cleanse(&key, sizeof(key));
	return answer;
}

/* The signature is OpenSSL's. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
		     EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int is_new)
{
	struct tls_tickets *tickets =
		SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (is_new)
		return seal(tickets, name, iv, cipher, mac);
	return unseal(tickets, name, iv, cipher, mac);
}

struct tls_tickets *tls_tickets_new(void)
{
	struct tls_tickets *tickets = calloc(1, sizeof(*tickets));

	if (!tickets)
		return NULL;
	pthread_mutex_init(&tickets->lock, NULL);
	if (!make_key(&tickets->current, now_s(tickets)))
		tls_tickets_free(&tickets);
	return tickets;
}

void tls_tickets_free(struct tls_tickets **tickets)
{
	struct tls_tickets *gone = *tickets;

	*tickets = NULL;
	if (!gone)
		return;
	pthread_mutex_destroy(&gone->lock);
	OPENSSL_cleanse(gone, sizeof(*gone));
	free(gone);
}

int tls_tickets_attach(struct tls_tickets *tickets, SSL_CTX *context)
{
	if (!SSL_CTX_set_app_data(context, tickets) ||
	    !SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket)) {
		ERR_clear_error();
		return -ENOMEM;
	}
	SSL_CTX_set_timeout(context, TLS_TICKETS_LIFE_S);
	return 0;
}

void tls_tickets_age(struct tls_tickets *tickets, uint64_t seconds)
{
	pthread_mutex_lock(&tickets->lock);
	tickets->ahead_s += seconds;
	pthread_mutex_unlock(&tickets->lock);
}
