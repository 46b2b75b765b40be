/* SPDX-License-Identifier: MIT */
/* Decides about a request: its route, its rights, its page or its WebSocket. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/path.h"
#include "http/response.h"
#include "relay/handshake.h"
#include "relay/route.h"

static void keep_text(struct handshake_text *text, struct slice from)
{
	text->len = HANDSHAKE_TEXT_MAX;
	if (from.len < HANDSHAKE_TEXT_MAX)
		text->len = (uint8_t)from.len;
	if (from.len)
		memcpy(text->data, from.data, text->len);
}

static enum relay_cause cause_of_verdict(enum http_upgrade_verdict verdict)
{
	switch (verdict) {
	case HTTP_UPGRADE_OK:
		return CAUSE_NONE;
	case HTTP_UPGRADE_NOT_GET:
		return CAUSE_METHOD;
	case HTTP_UPGRADE_NOT_WEBSOCKET:
		return CAUSE_NOT_WEBSOCKET;
	case HTTP_UPGRADE_BAD_VERSION:
		return CAUSE_WEBSOCKET_VERSION;
	case HTTP_UPGRADE_HAS_BODY:
	case HTTP_UPGRADE_DUPLICATE:
	case HTTP_UPGRADE_BAD_KEY:
		break;
	}
	return CAUSE_BAD_REQUEST;
}

static enum relay_cause judge(struct session *s,
			      enum http_upgrade_verdict verdict)
{
	if (verdict != HTTP_UPGRADE_OK)
		s->refusal_text = http_upgrade_text(verdict);
	return cause_of_verdict(verdict);
}

/*
 * A request is served by the newest configuration, also when its connection
 * was accepted under an older one; unless its listener is no longer in it.
 */
static void refresh_config(struct session *s)
{
	struct config *newest = s->relay->config;

	if (s->config == newest)
		return;
	for (size_t i = 0; i < newest->listener_count; i++) {
		if (strcmp(newest->listeners[i].name, s->listener->name) != 0)
			continue;
		s->listener = &newest->listeners[i];
		config_unref(&s->config);
		s->config = config_ref(newest);
		return;
	}
}

static enum relay_cause find_route(struct session *s,
				   const struct http_request *request)
{
	struct relay *relay = s->relay;
	struct slice path;
	size_t len;

	if (http_path_decode(request->path, relay->path, relay->path_size,
			     &len) != HTTP_PATH_OK) {
		s->refusal_text = "bad path";
		return CAUSE_BAD_REQUEST;
	}
	path = slice_make(relay->path, len);
	refresh_config(s);
	s->route = route_find(s->config, request->authority, path);
	return s->route ? CAUSE_NONE : CAUSE_NO_ROUTE;
}

static bool is_origin_allowed(const struct session *s,
			      const struct http_request *request,
			      const struct http_upgrade *upgrade)
{
	/* Only browsers send it, and they always do (RFC 6454 section 7). */
	if (!upgrade->has_origin)
		return true;
	return route_allows_origin(s->route, upgrade->origin,
				   request->authority);
}

static enum relay_cause choose_protocol(struct session *s,
					const struct http_request *request)
{
	const struct config_route *route = s->route;
	size_t index;

	switch (http_upgrade_choose_protocol(request, route->subprotocols,
					     route->subprotocol_count,
					     &index)) {
	case HTTP_PROTOCOL_CHOSEN:
		s->handshake->protocol = route->subprotocols[index];
		return CAUSE_NONE;
	case HTTP_PROTOCOL_NONE:
		return CAUSE_NONE;
	default:
		s->refusal_text = "bad Sec-WebSocket-Protocol";
		return CAUSE_BAD_REQUEST;
	}
}

static enum relay_cause choose_compression(struct session *s,
					   const struct http_request *request)
{
	const struct config_route *route = s->route;
	struct http_deflate_limits limits = {
		.allows_takeover = route->deflate.context_takeover,
		.server_window_bits = route->deflate.window_bits,
		.client_window_bits = route->deflate.window_bits,
	};
	bool is_on = route->compression == CONFIG_COMPRESSION_ON;

	switch (http_deflate_choose(request, is_on ? &limits : NULL,
				    &s->handshake->deflate)) {
	case HTTP_DEFLATE_AGREED:
		s->handshake->is_deflated = true;
		return CAUSE_NONE;
	case HTTP_DEFLATE_NONE:
		return CAUSE_NONE;
	case HTTP_DEFLATE_BAD:
		break;
	}
	s->refusal_text = "bad Sec-WebSocket-Extensions";
	return CAUSE_BAD_REQUEST;
}

static enum relay_cause enter_route(struct session *s)
{
	struct admission_limits limits = { .sessions = s->route->max_sessions };
	struct admission_key key;

	if (!limits.sessions)
		return CAUSE_NONE;
	key = admission_key_of_route(s->route->name);
	switch (admission_enter(s->relay->options.admission, &key, &limits,
				clock_now_us())) {
	case ADMISSION_GRANTED:
		s->is_counted_route = true;
		return CAUSE_NONE;
	case ADMISSION_NO_MEMORY:
		return CAUSE_NO_MEMORY;
	case ADMISSION_SESSIONS:
	case ADMISSION_RATE:
		break;
	}
	return CAUSE_ROUTE_SESSIONS;
}

static enum relay_cause check_upgrade(struct session *s,
				      const struct http_request *request)
{
	struct http_upgrade upgrade;
	enum relay_cause cause;

	cause = judge(s, http_upgrade_check(request, &upgrade));
	if (cause)
		return cause;
	keep_text(&s->handshake->origin, upgrade.origin);
	if (!is_origin_allowed(s, request, &upgrade))
		return CAUSE_ORIGIN;
	cause = choose_protocol(s, request);
	if (!cause)
		cause = choose_compression(s, request);
	if (cause)
		return cause;
	if (http_accept_key(upgrade.key, s->handshake->accept))
		return CAUSE_NO_MEMORY;
	return enter_route(s);
}

static enum relay_cause check(struct session *s,
			      const struct http_request *request)
{
	enum relay_cause cause;

	s->handshake->is_head = slice_equal(request->method, slice_of("HEAD"));
	keep_text(&s->handshake->host, request->authority);
	keep_text(&s->handshake->path, request->path);
	if (s->relay->is_stopping)
		return CAUSE_DRAINING;
	cause = judge(s, http_request_check(request));
	if (!cause)
		cause = find_route(s, request);
	if (!cause && s->route->backend)
		cause = check_upgrade(s, request);
	return cause;
}

/* A page is small and goes out whole, then the connection ends. */
static void send_page(struct session *s)
{
	const struct config_page *page = s->route->page;
	struct endpoint *client = &s->client.end;
	char head[HTTP_RESPONSE_MAX];
	size_t len = http_response_page_head(head, sizeof(head),
					     page->content_type, page->policy,
					     page->body_len);

	handshake_free(&s->handshake);
	client->ended = true;
	s->target.ended = true;
	session_set_state(s, SESSION_LINGERING);
	if (endpoint_send(client, (const uint8_t *)head, len) ||
	    endpoint_send(client, (const uint8_t *)page->body, page->body_len))
		client->is_eof = true;
}

/* Frames that came right behind the request wait for the target. */
static int keep_frames(struct handshake *h, const char *data, size_t len)
{
	size_t left = len - h->parser.head_len;

	h->kept_len = 0;
	if (!left)
		return 0;
	if (handshake_make_room(h))
		return -ENOMEM;
	/* `data` may be what is kept: the frames move to its begin. */
	memmove(h->kept, data + h->parser.head_len, left);
	h->kept_len = left;
	return 0;
}

void handshake_decide(struct session *s, const char *data, size_t len)
{
	struct http_request request;
	enum relay_cause cause;

	http_head_request(&s->handshake->parser, data, &request);
	cause = check(s, &request);
	if (cause)
		session_close(s, cause, SIDE_CLIENT);
	else if (s->route->page)
		send_page(s);
	else if (keep_frames(s->handshake, data, len))
		session_close(s, CAUSE_NO_MEMORY, SIDE_RELAY);
	else
		handshake_dial(s);
}
