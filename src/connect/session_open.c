/* SPDX-License-Identifier: MIT */
/* From a name to a WebSocket: address, TLS, request, answer. */

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/base64.h"
#include "base/clock.h"
#include "connect/session_record.h"
#include "net/socket.h"
#include "net/stream_tls.h"

#define KEY_BYTES 16 /* RFC 6455 section 4.1 item 7 */

static void fail_errno(struct session *s, const char *what, int error)
{
	report_error(s->report, "%s: %s", what, strerror(-error));
	session_finish(s, EXIT_UNREACHED);
}

/* The request, with a key of its own, into the buffer for frames. */
static void ask(struct session *s)
{
	struct http_client_request request = s->arguments->request;

	request.key = s->key;
	s->phase = PHASE_ASKING;
	s->up.output_at = 0;
	s->up.output_end = http_client_request_write(
		&request, (char *)s->up.output, sizeof(s->up.output));
	if (s->up.output_end == 0) {
		report_error(s->report, "the request is too long");
		session_finish(s, EXIT_BAD_USAGE);
	}
}

static void tell_tls(const struct session *s)
{
	struct stream_tls_facts facts;

	stream_tls_describe(&s->stream, &facts);
	report_note(s->report, "%s, %s%s", facts.version, facts.cipher,
		    facts.is_distrusted ? ", and the certificate is not to be "
					  "trusted" :
					  "");
}

static void tls_failed(struct session *s, int error)
{
	const char *reason = stream_tls_reason(&s->stream);
	struct stream_tls_facts facts;

	stream_tls_describe(&s->stream, &facts);
	if (facts.is_distrusted && !s->arguments->tls.is_insecure) {
		report_error(s->report,
			     "the server's certificate is not to be trusted: "
			     "%s (see --ca)",
			     reason ? reason : "it is not valid");
		session_finish(s, EXIT_DISTRUSTED);
		return;
	}
	if (!reason)
		reason = error == -ECONNRESET ? "the server hung up" :
						strerror(-error);
	report_error(s->report, "TLS failed: %s", reason);
	session_finish(s, EXIT_UNREACHED);
}

static void shake_hands(struct session *s)
{
	int error = stream_tls_handshake(&s->stream);

	if (error == -EAGAIN)
		return;
	if (error) {
		tls_failed(s, error);
		return;
	}
	tell_tls(s);
	ask(s);
}

static void on_stream(void *arg, unsigned met)
{
	struct session *s = arg;

	if (s->phase < PHASE_OPEN)
		session_open_go_on(s);
	else if (met & STREAM_READ)
		session_flow_read(s);
	session_flow_go_on(s);
	session_update(s);
}

/* What is told of a host that was not reached. */
static void not_reached(struct session *s, int error)
{
	const char *text = strerror(-error);

	if (error == -ENOENT && s->arguments->family)
		text = "there is no address of the kind asked for";
	else if (error == -ENOENT)
		text = "there is no such host";
	else if (error == -EAGAIN)
		text = "the name cannot be looked up for now";
	report_error(s->report, "%s port %u: %s", s->arguments->host,
		     s->arguments->url.port, text);
	session_finish(s, EXIT_UNREACHED);
}

static void on_reached(void *arg, const struct reach_result *result)
{
	struct session *s = arg;
	char text[ADDRESS_TEXT_MAX];

	s->reach = NULL;
	if (result->error) {
		not_reached(s, result->error);
		return;
	}
	address_format(result->address, text);
	report_note(s->report, "connected to %s", text);
	socket_set_nodelay(result->fd);
	stream_open(&s->stream, s->base, result->fd, on_stream, s);
	if (!s->tls) {
		ask(s);
	} else if (stream_tls_connect(&s->stream, s->tls, s->arguments->host)) {
		fail_errno(s, "TLS", -ENOMEM);
	} else {
		s->phase = PHASE_TLS;
		shake_hands(s);
	}
	session_open_go_on(s);
	session_flow_go_on(s);
	session_update(s);
}

void session_open(struct session *s)
{
	const struct arguments *a = s->arguments;
	const struct reach_options options = {
		.base = s->base,
		.resolver = s->resolve_client,
		.host = a->host,
		.port = a->url.port,
		.family = a->family,
		.callback = on_reached,
		.arg = s,
	};
	uint8_t key[KEY_BYTES];
	int error = 0;

	s->phase_ms = clock_coarse_ms();
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		error = -errno;
	base64_encode(key, sizeof(key), s->key);
	if (!error && http_accept_key(slice_of(s->key), s->accept))
		error = -ENOMEM;
	s->offer.accept = s->accept;
	s->offer.protocols = a->request.protocols;
	http_client_response_init(&s->response, &s->offer);
	if (!error)
		error = reach_start(&options, &s->reach);
	if (error)
		fail_errno(s, "cannot begin", error);
}

/* Reads on in the answer; false when nothing more came. */
static bool read_answer(struct session *s)
{
	uint8_t *answer = downward_input(&s->down);
	ssize_t n = stream_read(&s->stream, answer + s->answer_len,
				DOWNWARD_INPUT_MAX - s->answer_len);

	if (n > 0) {
		s->answer_len += (size_t)n;
		return true;
	}
	s->is_ended = n != -EAGAIN;
	if (!s->is_ended || s->phase == PHASE_REFUSED)
		return false;
	if (n == 0)
		report_error(s->report, "the server hung up instead of "
					"answering the request");
	else
		report_error(s->report, "the connection was lost: %s",
			     n == -EPROTO && s->tls ?
				     stream_tls_reason(&s->stream) :
				     strerror((int)-n));
	session_finish(s, EXIT_UNREACHED);
	return false;
}

void session_open_refused(struct session *s)
{
	const char *answer = (const char *)downward_input(&s->down);
	struct http_client_response *r = &s->response;
	struct slice text = http_client_response_text(
		r,
		slice_make(answer + r->head_len, s->answer_len - r->head_len),
		true);
	char reason[REPORT_TEXT_SIZE];
	char said[REPORT_TEXT_SIZE];

	if (text.len == 0 && r->status / 100 == 3)
		text = r->location;
	report_error(s->report, "the server refuses: %u %s%s%s", r->status,
		     report_text(r->reason, reason), text.len > 0 ? ": " : "",
		     report_text(text, said));
	session_finish(s, EXIT_REFUSED);
}

/* What else it says is waited for, if it is likely to be of use. */
static void hear_refusal(struct session *s)
{
	const char *body =
		(const char *)downward_input(&s->down) + s->response.head_len;
	size_t len = s->answer_len - s->response.head_len;

	if (s->phase != PHASE_REFUSED) {
		s->phase = PHASE_REFUSED;
		s->phase_ms = clock_coarse_ms();
	}
	if (s->is_ended || s->answer_len == DOWNWARD_INPUT_MAX ||
	    !s->response.is_text || len >= s->response.body_len ||
	    http_client_response_text(&s->response, slice_make(body, len),
				      false)
			    .len > 0)
		session_open_refused(s);
}

static void opened(struct session *s)
{
	const char *protocol = s->response.protocol;

	report_note(s->report, "the WebSocket is open, %s%s",
		    protocol ? "subprotocol " : "no subprotocol",
		    protocol ? protocol : "");
	ws_conn_init_client(&s->ws, WS_ACCEPT_TEXT | WS_ACCEPT_BINARY);
	s->phase = PHASE_OPEN;
	session_time_note_life(s);
	session_flow_begin(s, s->response.head_len,
			   s->answer_len - s->response.head_len);
}

static void hear_answer(struct session *s)
{
	const char *answer = (const char *)downward_input(&s->down);

	switch (http_client_response_parse(&s->response, answer,
					   s->answer_len)) {
	case HTTP_CLIENT_MORE:
		return;
	case HTTP_CLIENT_OPEN:
		opened(s);
		return;
	case HTTP_CLIENT_REFUSED:
		hear_refusal(s);
		return;
	case HTTP_CLIENT_BAD:
		report_error(s->report,
			     "the answer is not that of a WebSocket: %s",
			     s->response.error);
		session_finish(s, EXIT_BAD_SERVER);
		return;
	}
}

/* A server that takes no more has perhaps answered already. */
static void send_request(struct session *s)
{
	bool is_progress;

	if (upward_send(&s->up, &s->stream, &is_progress))
		s->is_deaf = true;
}

void session_open_go_on(struct session *s)
{
	if (s->phase == PHASE_TLS)
		shake_hands(s);
	if (s->phase != PHASE_ASKING && s->phase != PHASE_REFUSED)
		return;
	send_request(s);
	if (read_answer(s) || s->phase == PHASE_REFUSED)
		hear_answer(s);
}
