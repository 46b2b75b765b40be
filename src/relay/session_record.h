/* SPDX-License-Identifier: MIT */
/* What there is to tell of one session: plain data between relay/ and ops/. */

#ifndef RELAY_SESSION_RECORD_H
#define RELAY_SESSION_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/slice.h"
#include "relay/cause.h"

/*
 * Filled in by the session for one call upwards and valid during that call.
 * Null pointers, empty slices and, where marked, zeros stand for what is not
 * known; they are left out of the log.
 */
struct session_log_record {
	uint64_t id;          /* unique in the daemon */
	unsigned worker;      /* its number */
	bool is_shortage; /* the daemon lacks memory or descriptors */
	struct sockaddr_any client; /* `len` 0: not known */
	const char *listener; /* names of the configuration */
	const char *route;
	const char *backend;
	const char *target; /* the server, as configured */
	enum relay_cause cause_number;
	const char *cause;  /* its label */
	const char *side;   /* who ended it: client, target, relay */
	const char *reason; /* constant: the rule that was broken */
	const char *tls_version; /* "TLSv1.3" */
	const char *tls_cipher;
	const char *tls_subject; /* of the client's verified certificate */
	struct slice host;  /* of the request, as the client sent them */
	struct slice path;
	struct slice origin;
	uint16_t code_sent; /* close codes; 0: none */
	uint16_t code_received;
	uint32_t rtt_usec; /* the last ping's; 0: none measured */
	uint64_t usec;     /* how long it was open, or asked for it */
	uint64_t handshake_usec; /* it opened: from accept to 101 */
	uint64_t bytes_up; /* payload, client to target */
	uint64_t bytes_down;
	uint64_t messages_up;
	uint64_t messages_down;
	uint64_t record_bytes; /* of the target's record that is not whole */
	uint64_t undelivered_up; /* bytes that came but were not passed on */
	uint64_t undelivered_down;
};

#endif
