/* SPDX-License-Identifier: MIT */
/* A stream that speaks TLS: OpenSSL driven by hand on the worker's loop. */

#ifndef NET_STREAM_TLS_H
#define NET_STREAM_TLS_H

#include <stdbool.h>

#include "net/stream.h"

struct tls_client;
struct tls_context;

/* Room for the subject of a client's certificate, as text. */
#define STREAM_TLS_SUBJECT_SIZE 256

/* What was agreed upon. */
struct stream_tls_facts {
	const char *version; /* "TLSv1.3": constant text */
	const char *cipher;  /* likewise */
	bool is_resumed;     /* by a ticket */
	bool is_distrusted;  /* the peer's certificate was found wanting */
	/* Of a verified certificate (RFC 2253), cut to what fits; or empty. */
	char subject[STREAM_TLS_SUBJECT_SIZE];
};

/*
 * Has an open stream, which nothing was read from, speak TLS as the server of
 * `context`; a reference is taken.  Its owner sees a stream as any other, but
 * that stream_tls_handshake() comes first.  0 or -ENOMEM: it is as before.
 */
__attribute__((warn_unused_result))
int stream_tls_begin(struct stream *stream, struct tls_context *context);

/*
 * As stream_tls_begin(), as a client of the server `host`, which is a name or
 * an address without brackets; `client` outlives the stream.  The handshake is
 * to be called once before the stream is met: a client speaks first.
 */
__attribute__((warn_unused_result))
int stream_tls_connect(struct stream *stream, const struct tls_client *client,
		       const char *host);

/* Whether one of the two was called, and stream_tls_abandon() was not. */
bool stream_is_tls(const struct stream *stream);

/*
 * Goes on with the handshake: to be called when the stream, watched for
 * STREAM_READ, is met.  0 when it is done, -EAGAIN if it goes on, -ECONNRESET
 * if the peer left, -EPROTO with stream_tls_reason(), or another -errno.
 */
__attribute__((warn_unused_result))
int stream_tls_handshake(struct stream *stream);

/* Why TLS failed: constant text, or null if it did not. */
const char *stream_tls_reason(const struct stream *stream);

/* Whether the peer has sent anything. */
bool stream_tls_has_heard(const struct stream *stream);

/* Whether what the peer sent first may be a request without TLS. */
bool stream_tls_is_spoken_to_plainly(const struct stream *stream);

/* What the handshake led to, once it is done or has failed. */
void stream_tls_describe(const struct stream *stream,
			 struct stream_tls_facts *ret_facts);

/*
 * Leaves TLS: from here on the stream is the bare socket, for the rest of what
 * a peer sends whose handshake failed.  It waits for nothing then.
 */
void stream_tls_abandon(struct stream *stream);

#endif
