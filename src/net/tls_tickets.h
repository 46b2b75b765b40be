/* SPDX-License-Identifier: MIT */
/* Keys of session tickets, shared by all threads and renewed by themselves. */

#ifndef NET_TLS_TICKETS_H
#define NET_TLS_TICKETS_H

#include <openssl/ssl.h>

/*
 * How long a key makes tickets; for as long again it takes those it made, so a
 * ticket may be this old.  Keys are random, are never stored, and a key that is
 * gone leaves what it protected unreadable.
 */
#define TLS_TICKETS_LIFE_S 3600

struct tls_tickets;

/* The first key; null when memory or randomness is out. */
__attribute__((warn_unused_result)) struct tls_tickets *tls_tickets_new(void);

/* Forgets the keys.  Clears, takes null; no context may use them any more. */
void tls_tickets_free(struct tls_tickets **tickets);

/* Has `context` make and take tickets with these keys.  0 or -ENOMEM. */
__attribute__((warn_unused_result))
int tls_tickets_attach(struct tls_tickets *tickets, SSL_CTX *context);

/* Moves the keys' clock on by so many seconds: for tests. */
void tls_tickets_age(struct tls_tickets *tickets, uint64_t seconds);

#endif
