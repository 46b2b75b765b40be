/* SPDX-License-Identifier: MIT */
/* The workers together: who gets a connection, who is told what. */

#ifndef DAEMON_POOL_H
#define DAEMON_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "config/config.h"
#include "ops/metrics_totals.h"
#include "relay/session_info.h"

struct mailbox;

struct tls_context;

/* All of it belongs to the supervisor's thread. */
struct pool;

/*
 * Starts config->workers threads, which answer into `answers`, the caller's.
 * 0 or -errno.
 */
__attribute__((warn_unused_result))
int pool_new(struct config *config, struct mailbox *answers,
	     struct pool **ret_pool);

/* Ends all workers with all they have.  Clears, takes null. */
void pool_free(struct pool **pool);

/* How many workers there are. */
unsigned pool_worker_count(const struct pool *pool);

/* Sessions of one of them, by its number; as pool_session_count(). */
uint32_t pool_worker_sessions(const struct pool *pool, unsigned worker);

/* Sessions of all workers, those that end included, refused ones not. */
uint32_t pool_session_count(const struct pool *pool);

/* Connections of all workers, the refused ones included. */
uint32_t pool_connection_count(const struct pool *pool);

/* Most sessions `config` and the descriptors of this process allow. */
uint32_t pool_session_limit(const struct config *config);

/*
 * Hands the connection `fd`, which it owns from here on, to the worker with
 * the fewest sessions; one that a limit of `config` forbids is refused there.
 * It speaks TLS by `tls`, of which a reference is taken, unless that is null.
 */
void pool_take(struct pool *pool, int fd, const struct sockaddr_any *peer,
	       const struct config_listener *listener,
	       struct tls_context *tls);

/* Adds what all workers, and the pool itself, have counted so far. */
void pool_measure(const struct pool *pool, struct metrics_totals *totals);

/* From now on `config` serves requests to come; a reference is taken. */
void pool_configure(struct pool *pool, struct config *config);

/*
 * Asks every worker for a sign of life, to be given by its loop.  0 or -ENOMEM;
 * then some were not asked.
 */
__attribute__((warn_unused_result))
int pool_ask_pulse(struct pool *pool);

/* Whether all that were asked have given it. */
bool pool_has_pulse(const struct pool *pool);

/* From now on, or no longer, requests are answered 503. */
void pool_set_refusing(struct pool *pool, bool is_refusing);

/* Asks one worker, by its number; the answers come by mail.  0 or -ENOMEM. */
__attribute__((warn_unused_result))
int pool_ask(struct pool *pool, unsigned worker,
	     const struct session_query *query);

/* Ends open sessions with 1001, each within `spread_ms`. */
void pool_close_all(struct pool *pool, uint32_t spread_ms);

#endif
