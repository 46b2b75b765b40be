/* SPDX-License-Identifier: MIT */
/* Reads a request head, and turns refusals into answers. */

#include "relay/handshake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/response.h"
#include "net/stream_tls.h"

/* Seconds a client is asked to wait after a refusal that will pass. */
#define HANDSHAKE_RETRY_AFTER_S 1

struct handshake *handshake_new(const struct relay_connection *connection)
{
	const struct config_limits *limits = &connection->config->limits;
	struct handshake *h = calloc(1, sizeof(*h));
	struct http_head_limits head = {
		.request_line = (uint32_t)limits->request_line,
		.headers = (uint32_t)limits->headers,
		.header_count = limits->header_count,
	};

	if (!h)
		return NULL;
	http_head_init(&h->parser, &head);
	h->begun_us = connection->accepted_us;
	return h;
}

void handshake_free(struct handshake **handshake)
{
	struct handshake *gone = *handshake;

	*handshake = NULL;
	if (!gone)
		return;
	dial_cancel(&gone->dial);
	free(gone->kept);
	free(gone);
}

static enum relay_cause cause_of_head(enum http_head_status status)
{
	switch (status) {
	case HTTP_HEAD_LINE_TOO_LONG:
		return CAUSE_REQUEST_LINE;
	case HTTP_HEAD_TOO_LARGE:
		return CAUSE_HEADERS;
	case HTTP_HEAD_BAD_VERSION:
		return CAUSE_HTTP_VERSION;
	case HTTP_HEAD_MORE:
	case HTTP_HEAD_DONE:
	case HTTP_HEAD_BAD:
		break;
	}
	return CAUSE_BAD_REQUEST;
}

int handshake_make_room(struct handshake *h)
{
	size_t size = h->kept_size ? h->kept_size * 2 : 2 * HANDSHAKE_KEPT_MAX;
	uint8_t *kept;

	if (h->kept_size - h->kept_len >= HANDSHAKE_KEPT_MAX)
		return 0;
	kept = realloc(h->kept, size);
	if (!kept)
		return -ENOMEM;
	h->kept = kept;
	h->kept_size = size;
	return 0;
}

/* A head that came in one piece is read in the scratch memory only. */
static int keep(struct handshake *h, const uint8_t *data, size_t len)
{
	if (h->kept_len)
		return 0;
	if (handshake_make_room(h))
		return -ENOMEM;
	memcpy(h->kept, data, len);
	return 0;
}

static void parse(struct session *s, uint8_t *data, size_t len)
{
	struct handshake *h = s->handshake;
	const char *text = (const char *)data;
	enum http_head_status status = http_head_parse(&h->parser, text, len);

	if (status == HTTP_HEAD_DONE) {
		handshake_decide(s, text, len);
		return;
	}
	if (status != HTTP_HEAD_MORE) {
		s->refusal_text = http_head_error_text(&h->parser);
		session_close(s, cause_of_head(status), SIDE_CLIENT);
		return;
	}
	if (keep(h, data, len)) {
		session_close(s, CAUSE_NO_MEMORY, SIDE_RELAY);
		return;
	}
	h->kept_len = len;
}

static void read_head(struct session *s)
{
	struct handshake *h = s->handshake;
	uint8_t *to = s->relay->scratch.data;
	ssize_t n;

	if (h->kept_len) {
		if (handshake_make_room(h)) {
			session_close(s, CAUSE_NO_MEMORY, SIDE_RELAY);
			return;
		}
		to = h->kept + h->kept_len;
	}
	n = stream_read(&s->client.end.stream, to, HANDSHAKE_KEPT_MAX);
	if (n == -EAGAIN)
		return;
	if (n <= 0)
		session_set_state(s, SESSION_DEAD); /* left without asking */
	else
		parse(s, to - h->kept_len, h->kept_len + (size_t)n);
}

static void on_client(struct session *s, unsigned met)
{
	if (met & STREAM_READ)
		read_head(s);
}

static uint32_t retry_after(unsigned status)
{
	return status == 503 || status == 429 ? HANDSHAKE_RETRY_AFTER_S : 0;
}

static void report_refusal(struct session *s, unsigned status)
{
	const struct relay_hooks *hooks = &s->relay->options.hooks;
	const struct handshake *h = s->handshake;
	struct session_log_record record;

	session_report(s, &record);
	if (s->refusal_text)
		record.reason = s->refusal_text;
	record.host = slice_make(h->host.data, h->host.len);
	record.path = slice_make(h->path.data, h->path.len);
	record.origin = slice_make(h->origin.data, h->origin.len);
	hooks->refused(hooks->arg, &record, status);
}

void handshake_tell_refused(struct session *s)
{
	if (!s->was_refused)
		session_tell_lingering(s, true);
	s->was_refused = true;
}

/* Ends without an answer: there is no way to make the client read one. */
static void refuse_silently(struct session *s)
{
	report_refusal(s, 0);
	handshake_tell_refused(s);
	handshake_free(&s->handshake);
	s->client.end.ended = true;
	s->target.ended = true;
	session_set_state(s, SESSION_LINGERING);
}

void handshake_refuse(struct session *s)
{
	const struct cause_info *info = cause_info(s->cause);
	char response[HTTP_RESPONSE_MAX];
	size_t len;

	if (stream_is_tls(&s->client.end.stream) && s->state < SESSION_HEAD) {
		stream_tls_abandon(&s->client.end.stream);
		refuse_silently(s);
		return;
	}
	if (!info->status) {
		refuse_silently(s);
		return;
	}
	len = http_response_refusal(response, sizeof(response), info->status,
				    info->text, retry_after(info->status));
	if (s->handshake->is_head)
		len -= strlen(info->text) + 1;
	report_refusal(s, info->status);
	handshake_tell_refused(s);
	handshake_free(&s->handshake);
	s->client.end.ended = true;
	s->target.ended = true;
	session_set_state(s, SESSION_LINGERING);
	if (endpoint_send(&s->client.end, (const uint8_t *)response, len))
		s->client.end.is_eof = true;
}

unsigned handshake_client_interest(const struct session *s)
{
	(void)s;
	return STREAM_READ;
}

uint64_t handshake_deadline_ms(const struct session *s)
{
	return s->begun_ms + s->config->timeouts.handshake_ms;
}

void handshake_on_deadline(struct session *s, uint64_t now_ms)
{
	(void)now_ms;
	session_close(s, CAUSE_HANDSHAKE_TIMEOUT, SIDE_CLIENT);
}

void handshake_on_target(struct session *s, unsigned met)
{
	(void)s;
	(void)met;
}

unsigned handshake_target_interest(const struct session *s)
{
	(void)s;
	return STREAM_NOTHING;
}

const struct session_handlers handshake_head_handlers = {
	.on_client = on_client,
	.on_target = handshake_on_target,
	.client_interest = handshake_client_interest,
	.target_interest = handshake_target_interest,
	.deadline_ms = handshake_deadline_ms,
	.on_deadline = handshake_on_deadline,
};
