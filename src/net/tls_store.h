/* SPDX-License-Identifier: MIT */
/* The contexts of all listeners of a configuration, made of their files. */

#ifndef NET_TLS_STORE_H
#define NET_TLS_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/certificate_report.h"
#include "config/config.h"
#include "config/config_errors.h"

struct tls_context;
struct tls_shared;

/* Of the supervisor's thread; the contexts in it are of all. */
struct tls_store;

/*
 * What contexts of this process share.  Null when memory or randomness is out.
 */
__attribute__((warn_unused_result)) struct tls_shared *tls_shared_new(void);

/* Clears, takes null; no context may be left. */
void tls_shared_free(struct tls_shared **shared);

/*
 * Reads and checks every file that `config`, which outlives the result, names,
 * and makes the contexts.  A certificate that has expired is refused, unless it
 * is in `serving` (or null) already: others are not to wait for its successor.
 * Returns 0, -EINVAL with lines added to `errors`, or -ENOMEM.  Blocks on
 * files.
 */
__attribute__((warn_unused_result))
int tls_store_load(const struct config *config, const struct tls_shared *shared,
		   const struct tls_store *serving,
		   struct config_errors *errors, struct tls_store **ret_store);

/* As tls_store_load(), for what it has to say only: 0, -EINVAL, -ENOMEM. */
__attribute__((warn_unused_result))
int tls_store_check(const struct config *config, struct config_errors *errors);

/* Drops the contexts; who has a reference goes on.  Clears, takes null. */
void tls_store_free(struct tls_store **store);

/* How a listener of the configuration speaks TLS; borrowed; null: not at all.*/
struct tls_context *tls_store_context(const struct tls_store *store,
				      const struct config_listener *listener);

/* Whether two stores were made of the same bytes. */
bool tls_store_is_same(const struct tls_store *a, const struct tls_store *b);

/* How many certificates there are. */
size_t tls_store_certificate_count(const struct tls_store *store);

/* Tells of one of them; valid as long as the store. */
void tls_store_report(const struct tls_store *store, size_t index,
		      struct certificate_report *ret_report);

#endif
