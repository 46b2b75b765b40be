/* SPDX-License-Identifier: MIT */
/* From the first byte of a request to 101, or to a refusal. */

#ifndef RELAY_HANDSHAKE_H
#define RELAY_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "http/deflate_offer.h"
#include "http/head.h"
#include "http/upgrade.h"
#include "net/dial.h"
#include "relay/session.h"

/* Bytes of the request's parts that are kept for the log. */
#define HANDSHAKE_TEXT_MAX 128

/*
 * Bytes read at a time while a head is incomplete, and bytes behind it that
 * are kept until the target is connected: they must fit the smallest
 * limits.buffer (4 KiB) then, and most heads are shorter.
 */
#define HANDSHAKE_KEPT_MAX 3584

/* A part of the request, cut to what is kept. */
struct handshake_text {
	uint8_t len;
	char data[HANDSHAKE_TEXT_MAX];
};

/* What a session has only until it is open or refused. */
struct handshake {
	struct http_head_parser parser;
	struct dial *dial;
	uint64_t begun_us; /* clock_now_us(), when it was accepted */
	/*
	 * While the head is read: its bytes so far, when they did not come in
	 * one piece.  Then: bytes the client sent right behind it.
	 */
	uint8_t *kept;
	size_t kept_len;
	size_t kept_size;
	bool is_head;         /* the method: its answer has no body */
	const char *protocol; /* chosen, in the configuration; or null */
	struct http_deflate_agreement deflate; /* if `is_deflated` */
	bool is_deflated;
	char accept[HTTP_ACCEPT_SIZE];
	struct handshake_text host;
	struct handshake_text path; /* raw, without the query */
	struct handshake_text origin;
};

/* Null when memory is out. */
__attribute__((warn_unused_result))
struct handshake *handshake_new(const struct relay_connection *connection);

/* Gives up what is under way and frees; clears the pointer, takes null. */
void handshake_free(struct handshake **handshake);

/*
 * The head is whole: `len` bytes at `data`, frames behind it included.
 * Decides what is asked for, and goes on to a page, to dialling or to a
 * refusal.
 */
void handshake_decide(struct session *session, const char *data, size_t len);

/*
 * Begins with the handshake of TLS; if `refusal` is a cause, the request is
 * refused for it then, as no answer can be read before.
 */
void handshake_tls_begin(struct session *session, enum relay_cause refusal);

/* Answers the request with the refusal of session->cause. */
void handshake_refuse(struct session *session);

/* From here on it counts as refused, whatever else is still to be done. */
void handshake_tell_refused(struct session *session);

/* Room for HANDSHAKE_KEPT_MAX bytes behind those kept: 0 or -ENOMEM. */
__attribute__((warn_unused_result))
int handshake_make_room(struct handshake *handshake);

/* The one deadline over all of the handshake. */
uint64_t handshake_deadline_ms(const struct session *session);

/* What the states of a handshake have in common: 408 when time is up, */
void handshake_on_deadline(struct session *session, uint64_t now_ms);

/* the client is read, */
unsigned handshake_client_interest(const struct session *session);

/* and there is no target yet. */
void handshake_on_target(struct session *session, unsigned met);
unsigned handshake_target_interest(const struct session *session);

/* Begins to connect to the backend of session->route. */
void handshake_dial(struct session *session);

#endif
