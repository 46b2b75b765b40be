/* SPDX-License-Identifier: MIT */
/* Connects to the target, and only then opens the session. */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "http/response.h"
#include "net/stream_tls.h"
#include "relay/framings.h"
#include "relay/handshake.h"
#include "relay/session_flow.h"

static enum relay_cause cause_of_dial(int error)
{
	switch (error) {
	case -ETIMEDOUT:
		return CAUSE_TARGET_TIMEOUT;
	case -EMFILE:
	case -ENFILE:
		return CAUSE_NO_DESCRIPTORS;
	case -ENOMEM:
		return CAUSE_NO_MEMORY;
	default:
		return CAUSE_TARGET_REFUSED;
	}
}

static void add_tls(const struct session *s, struct session_log_record *record,
		    struct stream_tls_facts *facts)
{
	if (!stream_is_tls(&s->client.end.stream))
		return;
	stream_tls_describe(&s->client.end.stream, facts);
	record->tls_version = facts->version;
	record->tls_cipher = facts->cipher;
	if (facts->subject[0])
		record->tls_subject = facts->subject;
}

static void report_opened(struct session *s, const struct handshake *h)
{
	const struct relay_hooks *hooks = &s->relay->options.hooks;
	struct session_log_record record;
	struct stream_tls_facts facts;

	session_report(s, &record);
	record.handshake_usec = clock_now_us() - h->begun_us;
	add_tls(s, &record, &facts);
	record.host = slice_make(h->host.data, h->host.len);
	record.path = slice_make(h->path.data, h->path.len);
	record.origin = slice_make(h->origin.data, h->origin.len);
	hooks->opened(hooks->arg, &record);
}

static void count_opened(struct session *s)
{
	s->traffic = tally_row(&s->relay->traffic, slice_of(s->route->name));
	counter_add(&s->traffic->at[TRAFFIC_OPENED], 1);
	counter_add(&s->traffic->at[TRAFFIC_ACTIVE], 1);
}

static enum ws_messages messages_of(const struct config_route *route)
{
	if (framing_of_route(route)->is_typed)
		return WS_MESSAGES_TYPED;
	switch (route->message) {
	case CONFIG_MESSAGE_BINARY:
		break;
	case CONFIG_MESSAGE_TEXT:
		return WS_MESSAGES_TEXT;
	case CONFIG_MESSAGE_AUTO:
		return WS_MESSAGES_AUTO;
	}
	return WS_MESSAGES_BINARY;
}

/* From here on both ends know what their bytes mean. */
static int begin_messages(struct session *s)
{
	const struct handshake *h = s->handshake;

	endpoint_ws_begin(&s->client, messages_of(s->route));
	if (!h->is_deflated && !workshop_is_needed(s->route))
		return 0;
	/* A worker that was out of memory at a reload may have too little. */
	if (s->relay->shop.batch_size < workshop_share(s->route))
		return -ENOMEM;
	endpoint_ws_begin_pieces(&s->client,
				 s->route->invalid_utf8 ==
					 CONFIG_INVALID_UTF8_REPLACE);
	if (h->is_deflated &&
	    endpoint_ws_begin_deflate(&s->client, &h->deflate,
				      &s->route->deflate))
		return -ENOMEM;
	return endpoint_record_begin(&s->target_record,
				     framing_of_route(s->route));
}

/* From here on the bytes of the client are frames. */
static void become_open(struct session *s, const struct handshake *h)
{
	const struct config_route *route = s->route;
	uint64_t now_ms = clock_coarse_ms();

	session_set_state(s, SESSION_OPEN);
	s->was_open = true;
	s->begun_ms = now_ms;
	s->activity_ms = now_ms;
	count_opened(s);
	endpoint_ws_arm_ping(&s->client, now_ms,
			     route->timeouts.ping_interval_ms);
	report_opened(s, h);
}

static size_t answer(const struct handshake *h,
		     char ret_response[HTTP_RESPONSE_MAX])
{
	char extensions[HTTP_DEFLATE_ANSWER_SIZE];

	if (h->is_deflated)
		http_deflate_answer(&h->deflate, extensions);
	return http_response_switching(ret_response, HTTP_RESPONSE_MAX,
				       h->accept, h->protocol,
				       h->is_deflated ? extensions : NULL);
}

static void open_session(struct session *s)
{
	struct handshake *h = s->handshake;
	char response[HTTP_RESPONSE_MAX];
	size_t len = answer(h, response);
	size_t early = h->kept_len;

	s->handshake = NULL;
	if (early)
		memcpy(s->relay->scratch.data, h->kept, early);
	become_open(s, h);
	handshake_free(&h);
	if (endpoint_send(&s->client.end, (const uint8_t *)response, len))
		session_close(s, CAUSE_CLIENT_RESET, SIDE_CLIENT);
	if (early)
		session_flow_feed(s, early);
}

static void take_result(struct session *s, const struct dial_result *result)
{
	s->server = result->server;
	if (result->error) {
		s->refusal_text = strerrordesc_np(-result->error);
		session_close(s, cause_of_dial(result->error), SIDE_TARGET);
	} else {
		session_connect_target(s, result->fd);
		if (begin_messages(s))
			session_close(s, CAUSE_NO_MEMORY, SIDE_RELAY);
		else
			open_session(s);
	}
}

static void on_dialed(void *arg, const struct dial_result *result)
{
	struct session *s = arg;

	s->handshake->dial = NULL;
	take_result(s, result);
	session_update(s);
}

void handshake_dial(struct session *s)
{
	struct dial_options options = {
		.context = &s->relay->dial,
		.backend = s->route->backend,
		.timeout_ms = s->route->timeouts.connect_ms,
		.datagram_max = s->route->limits.message,
		.callback = on_dialed,
		.arg = s,
	};
	struct dial_result result;

	session_set_state(s, SESSION_DIALING);
	if (dial_start(&options, &s->handshake->dial, &result) == DIAL_DONE)
		take_result(s, &result);
}

/*
 * Frames that come while the target is dialled are kept, as far as there is
 * room, so that a client that leaves is noticed: its target is not wanted.
 */
static void on_client(struct session *s, unsigned met)
{
	struct handshake *h = s->handshake;
	ssize_t n;

	if (!(met & STREAM_READ))
		return;
	if (handshake_make_room(h)) {
		session_close(s, CAUSE_NO_MEMORY, SIDE_RELAY);
		return;
	}
	n = stream_read(&s->client.end.stream, h->kept + h->kept_len,
			HANDSHAKE_KEPT_MAX - h->kept_len);
	if (n > 0)
		h->kept_len += (size_t)n;
	else if (n == 0 && h->kept_len)
		s->client.end.is_eof = true; /* it said all it had to say */
	else if (n != -EAGAIN)
		session_set_state(s, SESSION_DEAD);
}

static unsigned client_interest(const struct session *s)
{
	if (s->client.end.is_eof ||
	    s->handshake->kept_len == HANDSHAKE_KEPT_MAX)
		return STREAM_NOTHING;
	return STREAM_READ;
}

static void on_deadline(struct session *s, uint64_t now_ms)
{
	(void)now_ms;
	session_close(s, CAUSE_TARGET_TIMEOUT, SIDE_TARGET);
}

const struct session_handlers handshake_dial_handlers = {
	.on_client = on_client,
	.on_target = handshake_on_target,
	.client_interest = client_interest,
	.target_interest = handshake_target_interest,
	.deadline_ms = handshake_deadline_ms,
	.on_deadline = on_deadline,
};
