/* SPDX-License-Identifier: MIT */
/* The configuration: immutable once built, counted, shared by all threads. */

#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/log.h"
#include "base/pattern.h"

struct config_log {
	char *target; /* "auto", "stderr", "file:/path" */
	enum log_format format;
	enum log_level level;
};

/* Bounds; 0 turns a limit off where the option table says so. */
struct config_limits {
	uint32_t max_sessions;        /* 0: what the descriptor limit allows */
	uint32_t max_sessions_per_ip; /* 0: no limit */
	uint32_t handshakes_per_second_per_ip; /* 0: no limit */
	size_t request_line;          /* bytes, without its line end */
	size_t headers;               /* bytes, all header lines together */
	uint32_t header_count;
	size_t buffer;                /* bytes held per session and direction */
};

/* Milliseconds; 0 turns a timeout off where the option table says so. */
struct config_timeouts {
	uint32_t handshake_ms;
	uint32_t connect_ms;
	uint32_t ping_interval_ms;
	uint32_t ping_timeout_ms;
	uint32_t idle_ms;
	uint32_t close_ms;
	uint32_t send_stall_ms;
	uint32_t drain_ms;
	uint32_t close_spread_ms;
};

struct config_listener {
	char *name;
	char *listen;            /* as written */
	struct address address;  /* parsed */
	uint32_t mode;           /* permission bits of a Unix socket */
	bool v6_only;            /* "[::]:port" is dual stack unless set */
};

struct config_server {
	char *text;              /* as written */
	struct address address;  /* a name still to be resolved keeps its name */
};

struct config_backend {
	char *name;
	struct config_server *servers;
	size_t server_count;     /* at least 1 */
};

enum config_message { CONFIG_MESSAGE_BINARY, CONFIG_MESSAGE_TEXT };

/* A document held in memory, answered to a plain GET (used by --demo). */
struct config_page {
	const char *content_type; /* static */
	const char *body;         /* static */
	size_t body_len;
};

struct config_route {
	char *name;
	struct pattern_host host;
	struct pattern_path path;
	const struct config_backend *backend; /* null for a page */
	const struct config_page *page;       /* null for a relay */
	enum config_message message;
	char **subprotocols;     /* in the order of preference */
	size_t subprotocol_count;
	struct pattern_origin *origins;
	size_t origin_count;     /* at least 1: "same" is a pattern of its own */
	struct config_limits limits;     /* global ones with the route's on top */
	struct config_timeouts timeouts;
	uint32_t max_sessions;   /* of this route alone; 0: no limit */
};

struct config {
	uint32_t refs;           /* atomic; by config_ref() and config_unref() */
	uint32_t workers;        /* threads, at least 1: "auto" is resolved */
	struct config_log log;
	struct config_limits limits;
	struct config_timeouts timeouts;
	struct config_listener *listeners;
	size_t listener_count;
	struct config_backend *backends;
	size_t backend_count;
	struct config_route *routes;
	size_t route_count;
};
#endif
