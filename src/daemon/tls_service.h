/* SPDX-License-Identifier: MIT */
/* The certificates that serve: prepared, taken, read again by themselves. */

#ifndef DAEMON_TLS_SERVICE_H
#define DAEMON_TLS_SERVICE_H

#include <stddef.h>

#include "config/certificate_report.h"
#include "config/config.h"
#include "config/config_errors.h"

struct event_base;
struct tls_context;

/* All of it belongs to the supervisor's thread. */
struct tls_service;

/* Null when memory or randomness is out. */
__attribute__((warn_unused_result)) struct tls_service *
tls_service_new(struct event_base *base);

/* No connection may be left.  Clears, takes null. */
void tls_service_free(struct tls_service **service);

/*
 * Reads what `config` names.  0, then tls_service_commit() or
 * tls_service_discard() is due, or -errno with lines in `errors`: what serves
 * goes on.
 */
__attribute__((warn_unused_result))
int tls_service_prepare(struct tls_service *service, struct config *config,
			struct config_errors *errors);

/*
 * What was prepared serves from here on; when its files change they are read
 * again, and what is good of them serves.
 */
void tls_service_commit(struct tls_service *service);

/* Drops what was prepared. */
void tls_service_discard(struct tls_service *service);

/*
 * How a listener of the configuration that serves speaks TLS: borrowed until
 * the loop's turn ends; null for one that does not.
 */
struct tls_context *tls_service_context(const struct tls_service *service,
					const struct config_listener *listener);

/* Certificates that serve, of all listeners. */
size_t tls_service_certificate_count(const struct tls_service *service);

/* Tells of one of them; valid until the loop's turn ends. */
void tls_service_report(const struct tls_service *service, size_t index,
			struct certificate_report *ret_report);

#endif
