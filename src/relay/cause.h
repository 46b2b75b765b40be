/* SPDX-License-Identifier: MIT */
/* Why a session ended or never began: the one table of causes. */

#ifndef RELAY_CAUSE_H
#define RELAY_CAUSE_H

#include <stdint.h>

/*
 * CAUSE(name, label, close code, HTTP status, ending, text)
 *
 * label:      in the log and in metrics
 * close code: sent to the client once the session was open, 0 for none
 *             (RFC 6455 section 7.4; 1012 and 1013 from the IANA registry)
 * status:     answered before it was open, 0 for none
 * ending:     what becomes of the flows of an open session
 * text:       the line a refused client reads, and the reason in a Close
 *             frame: nothing about addresses inside
 */
#define RELAY_CAUSES(CAUSE)                                                   \
	/* The normal ends. */                                                \
	CAUSE(TARGET_CLOSED, "target_closed", 1000, 0, DRAIN_TARGET,          \
	      "")                                                             \
	CAUSE(CLIENT_CLOSED, "client_closed", 1000, 0, FLOWS,                 \
	      "")                                                             \
	/* The client's side gone without a Close. */                         \
	CAUSE(CLIENT_EOF, "client_eof", 1000, 0, FLOWS,                       \
	      "")                                                             \
	CAUSE(CLIENT_RESET, "client_reset", 0, 0, LOSE_CLIENT,                \
	      "")                                                             \
	CAUSE(PING_TIMEOUT, "ping_timeout", 1011, 0, ABANDON_CLIENT,          \
	      "no answer to a ping")                                          \
	/* Ended by the daemon or its operator. */                            \
	CAUSE(SHUTDOWN, "shutdown", 1001, 503, DRAIN_TARGET,                  \
	      "the server is shutting down")                                  \
	CAUSE(KILLED, "killed", 1008, 503, DRAIN_TARGET,                      \
	      "ended by the operator")                                        \
	CAUSE(ROUTE_REMOVED, "route_removed", 1012, 503, DRAIN_TARGET,        \
	      "the service was reconfigured")                                 \
	CAUSE(IDLE, "idle", 1008, 0, DRAIN_TARGET,                            \
	      "idle for too long")                                            \
	/* Faults of the client. */                                           \
	CAUSE(PROTOCOL, "protocol_error", 1002, 0, REFUSE_CLIENT,             \
	      "protocol error")                                               \
	CAUSE(MESSAGE_TYPE, "message_type", 1003, 0, REFUSE_CLIENT,           \
	      "message type not taken here")                                  \
	CAUSE(CLIENT_UTF8, "client_utf8", 1007, 0, REFUSE_CLIENT,             \
	      "text is not UTF-8")                                            \
	CAUSE(CLIENT_DEFLATE, "client_deflate", 1007, 0, REFUSE_CLIENT,       \
	      "not a compressed message")                                     \
	CAUSE(MESSAGE_CONTENT, "message_content", 1007, 0, REFUSE_CLIENT,     \
	      "the end of a record inside of a message")                      \
	CAUSE(MESSAGE_SIZE, "message_size", 1009, 0, REFUSE_CLIENT,           \
	      "the message is too long")                                      \
	CAUSE(CLIENT_STALLED, "client_stalled", 1013, 0, STOP_TARGET,         \
	      "the client takes no bytes")                                    \
	/* Faults of the target. */                                           \
	CAUSE(TARGET_UTF8, "target_utf8", 1007, 0, STOP_TARGET,               \
	      "the server's text is not UTF-8")                               \
	CAUSE(RECORD_TRUNCATED, "record_truncated", 1011, 0, DRAIN_TARGET,    \
	      "the server closed inside of a message")                        \
	CAUSE(RECORD_TYPE, "record_type", 1011, 0, STOP_TARGET,               \
	      "the server's message has no type")                             \
	CAUSE(RECORD_SIZE, "record_size", 1009, 0, STOP_TARGET,               \
	      "the server's message is too long")                             \
	CAUSE(TARGET_RESET, "target_reset", 1011, 0, LOSE_TARGET,             \
	      "the server broke the connection")                              \
	CAUSE(TARGET_VANISHED, "target_vanished", 1011, 0, LOSE_TARGET,       \
	      "the server no longer answers")                                 \
	CAUSE(TARGET_STALLED, "target_stalled", 1013, 0, LOSE_TARGET,         \
	      "the server takes no bytes")                                    \
	/* Ours. */                                                           \
	CAUSE(NO_MEMORY, "no_memory", 1011, 503, STOP,                        \
	      "out of memory")                                                \
	/* Requests that are refused. */                                      \
	CAUSE(BAD_REQUEST, "bad_request", 0, 400, NONE,                       \
	      "bad request")                                                  \
	CAUSE(NOT_TLS, "not_tls", 0, 400, NONE,                               \
	      "this port speaks TLS; use https:// or wss://")                 \
	CAUSE(TLS_FAILED, "tls_failed", 0, 0, NONE,                           \
	      "")                                                             \
	CAUSE(ORIGIN, "origin", 0, 403, NONE,                                 \
	      "origin not allowed")                                           \
	CAUSE(NO_ROUTE, "no_route", 0, 404, NONE,                             \
	      "not found")                                                    \
	CAUSE(METHOD, "method", 0, 405, NONE,                                 \
	      "only GET is allowed")                                          \
	CAUSE(HANDSHAKE_TIMEOUT, "handshake_timeout", 0, 408, NONE,           \
	      "the request took too long")                                    \
	CAUSE(REQUEST_LINE, "request_line", 0, 414, NONE,                     \
	      "the request line is too long")                                 \
	CAUSE(NOT_WEBSOCKET, "not_websocket", 0, 426, NONE,                   \
	      "this is a WebSocket service")                                  \
	CAUSE(WEBSOCKET_VERSION, "websocket_version", 0, 426, NONE,           \
	      "only WebSocket version 13 is spoken")                          \
	CAUSE(SESSIONS_PER_IP, "sessions_per_ip", 0, 429, NONE,               \
	      "too many sessions from this address")                          \
	CAUSE(HANDSHAKE_RATE, "handshake_rate", 0, 429, NONE,                 \
	      "too many requests from this address")                          \
	CAUSE(HEADERS, "headers", 0, 431, NONE,                               \
	      "the headers are too large")                                    \
	CAUSE(TARGET_REFUSED, "target_refused", 0, 502, NONE,                 \
	      "the server refused the connection")                            \
	CAUSE(DRAINING, "draining", 0, 503, NONE,                             \
	      "no new sessions are taken")                                    \
	CAUSE(MAX_SESSIONS, "max_sessions", 0, 503, NONE,                     \
	      "too many sessions")                                            \
	CAUSE(ROUTE_SESSIONS, "route_sessions", 0, 503, NONE,                 \
	      "too many sessions")                                            \
	CAUSE(NO_DESCRIPTORS, "no_descriptors", 0, 503, NONE,                 \
	      "too many sessions")                                            \
	CAUSE(TARGET_TIMEOUT, "target_timeout", 0, 504, NONE,                 \
	      "the server did not answer in time")                            \
	CAUSE(HTTP_VERSION, "http_version", 0, 505, NONE,                     \
	      "only HTTP/1.1 is spoken")

enum relay_cause {
	CAUSE_NONE, /* it goes on */
#define CAUSE(name, label, code, status, ending, text) CAUSE_##name,
	RELAY_CAUSES(CAUSE)
#undef CAUSE
	CAUSE_COUNT
};

/* Who ended it. */
enum relay_side { SIDE_RELAY, SIDE_CLIENT, SIDE_TARGET };

/* How the flows of an open session are run out (relay/session_closing.c). */
enum cause_ending {
	ENDING_NONE,           /* comes before a session is open only */
	ENDING_FLOWS,          /* as they end by themselves */
	ENDING_DRAIN_TARGET,   /* what has come from the target, no more */
	ENDING_STOP,           /* nothing more is taken from either end */
	ENDING_STOP_TARGET,    /* nothing more is taken from the target */
	ENDING_REFUSE_CLIENT,  /* nothing more is taken from the client, and
				  for a moment what the target answers */
	ENDING_LOSE_CLIENT,    /* the client takes nothing more */
	ENDING_ABANDON_CLIENT, /* the client is told, but not listened to */
	ENDING_LOSE_TARGET,    /* the target takes nothing more */
};

/* The row of a cause. */
struct cause_info {
	const char *label;
	const char *text;
	uint16_t close_code;
	uint16_t status;
	enum cause_ending ending;
};

/* The row of `cause`, which is not CAUSE_NONE or CAUSE_COUNT. */
const struct cause_info *cause_info(enum relay_cause cause);

/* "relay", "client", "target". */
const char *cause_side_name(enum relay_side side);

#endif
