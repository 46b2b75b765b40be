/* SPDX-License-Identifier: MIT */
/* The handshake of TLS, which comes before the request. */

#include <errno.h>
#include <string.h>

#include "net/stream_tls.h"
#include "relay/handshake.h"

void handshake_tls_begin(struct session *s, enum relay_cause refusal)
{
	session_set_state(s, SESSION_TLS);
	s->close_cause = refusal;
	if (refusal)
		handshake_tell_refused(s);
}

/*
 * The socket is plain from here on: OpenSSL has sent its alert, and what still
 * comes is dropped until the client has read that.
 */
static void fail(struct session *s, int error)
{
	struct stream *stream = &s->client.end.stream;
	enum relay_cause cause = CAUSE_TLS_FAILED;

	if (!stream_tls_has_heard(stream)) {
		session_set_state(s, SESSION_DEAD); /* left without asking */
		return;
	}
	s->refusal_text = stream_tls_reason(stream);
	if (!s->refusal_text)
		s->refusal_text = strerrordesc_np(-error);
	if (error == -ECONNRESET)
		s->refusal_text = "the client left";
	if (error == -EPROTO && stream_tls_is_spoken_to_plainly(stream)) {
		cause = CAUSE_NOT_TLS;
		stream_tls_abandon(stream);
	}
	session_close(s, cause, SIDE_CLIENT);
}

static void on_client(struct session *s, unsigned met)
{
	int error;

	(void)met;
	error = stream_tls_handshake(&s->client.end.stream);
	if (error == -EAGAIN)
		return;
	if (error) {
		fail(s, error);
		return;
	}
	session_set_state(s, SESSION_HEAD);
	if (s->close_cause)
		session_close(s, s->close_cause, SIDE_RELAY);
}

const struct session_handlers handshake_tls_handlers = {
	.on_client = on_client,
	.on_target = handshake_on_target,
	.client_interest = handshake_client_interest,
	.target_interest = handshake_target_interest,
	.deadline_ms = handshake_deadline_ms,
	.on_deadline = handshake_on_deadline,
};
