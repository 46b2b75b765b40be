/* SPDX-License-Identifier: MIT */
/* The configuration: immutable once built, counted, shared by all threads. */

#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/address.h"
#include "base/log.h"
#include "base/pattern.h"
#include "config/config_errors.h"

struct config_arena;

struct config_log {
	char *target; /* "auto", "stderr", "journal", "syslog", "file:/path" */
	enum log_format format;
	enum log_level level;
	char *place; /* "FILE:LINE: log.target"; null: it is the default */
};

struct config_control {
	char *socket;           /* absolute path; "": there is none */
	uint32_t mode;          /* its permission bits */
	char *place;            /* "FILE:LINE: control.socket"; null: nobody
				   wrote it, it is the default */
	struct address address; /* parsed: UNIX, unless there is none */
};

/* Bounds; 0 turns a limit off where the option table says so. */
struct config_limits {
	uint32_t max_sessions;        /* 0: what the descriptor limit allows */
	uint32_t max_sessions_per_ip; /* 0: no limit */
	uint32_t handshakes_per_second_per_ip; /* 0: no limit */
	size_t request_line;                   /* bytes, without its line end */
	size_t headers; /* bytes, all header lines together */
	uint32_t header_count;
	size_t message; /* bytes of a message that has to be gathered */
	size_t buffer;  /* bytes held per session and direction */
};

/* Milliseconds; 0 turns a timeout off where the option table says so. */
struct config_timeouts {
	uint32_t handshake_ms;     /* never 0 */
	uint32_t connect_ms;       /* never 0 */
	uint32_t ping_interval_ms; /* 0: no pings */
	uint32_t ping_timeout_ms;  /* never 0 */
	uint32_t idle_ms;          /* 0: no limit */
	uint32_t close_ms;         /* never 0 */
	uint32_t send_stall_ms;    /* 0: no limit */
	uint32_t drain_ms;         /* 0: sessions are not waited for */
	uint32_t close_spread_ms;  /* 0: all at once */
};

enum config_tls_version { CONFIG_TLS_1_2, CONFIG_TLS_1_3 };

enum config_client_verify {
	CONFIG_CLIENT_VERIFY_NONE,     /* clients are not asked for one */
	CONFIG_CLIENT_VERIFY_OPTIONAL, /* one that is sent must be valid */
	CONFIG_CLIENT_VERIFY_REQUIRE,
};

/* A certificate of a listener; files are named as written. */
struct config_certificate {
	char *certificate; /* absolute path, or "credential:NAME" */
	char *key;         /* likewise */
	char *label;       /* "listeners[0].tls.certificates[0]" */
	struct config_place certificate_place; /* for errors */
	struct config_place key_place;
	const char *pem; /* static: instead of both files; else null */
};

/* How a listener speaks TLS; it does when it has certificates. */
struct config_tls {
	struct config_certificate *certificates; /* the first is the default */
	size_t certificate_count;                /* 0: plain TCP */
	enum config_tls_version min_version;
	char *ciphers;      /* of TLS 1.2; as OpenSSL has them */
	char *ciphersuites; /* of TLS 1.3 */
	char *client_ca;    /* as a certificate's file; null: none */
	enum config_client_verify client_verify;
	bool ktls;
	char *label; /* "listeners[0].tls"; null without TLS */
	struct config_place ciphers_place;
	struct config_place ciphersuites_place;
	struct config_place client_ca_place;
};

/* Who the daemon is to be once it needs no privileges any more. */
struct config_identity {
	uint32_t uid; /* 0: it stays who it is */
	uint32_t gid; /* of `group`, else the user's own */
};

struct config_listener {
	char *name;             /* unique among listeners */
	char *listen;           /* as written */
	char *fd_name;          /* of systemd's sockets, if inherited */
	char *place;            /* "FILE:LINE: listeners[0].listen" */
	struct address address; /* parsed: INET or UNIX; none if inherited */
	bool is_inherited;      /* "systemd": its sockets are open already */
	uint32_t mode;          /* permission bits of a Unix socket */
	bool v6_only;           /* "[::]:port" is dual stack unless set */
	struct config_tls tls;
};

struct config_server {
	char *text;             /* as written */
	struct address address; /* parsed: a name is still to be resolved */
};

struct config_backend {
	char *name; /* unique among backends */
	struct config_server *servers;
	size_t server_count; /* at least 1 */
	char **server_texts; /* as written, server_count of them */
};

/* Whether its servers take datagrams: all of them do, or none. */
static inline bool config_backend_is_seqpacket(const struct config_backend *one)
{
	return one->servers[0].address.is_seqpacket;
}

/* Longest subprotocol: the buffer of an answer holds it. */
#define CONFIG_SUBPROTOCOL_MAX 128

enum config_message {
	CONFIG_MESSAGE_BINARY,
	CONFIG_MESSAGE_TEXT,
	CONFIG_MESSAGE_AUTO, /* never with a framing that keeps no messages */
};

/* What becomes of a target's text that is not UTF-8. */
enum config_invalid_utf8 {
	CONFIG_INVALID_UTF8_CLOSE,
	CONFIG_INVALID_UTF8_REPLACE,
};

enum config_compression { CONFIG_COMPRESSION_OFF, CONFIG_COMPRESSION_ON };

/* How messages are compressed, when they are (RFC 7692). */
struct config_deflate {
	uint32_t level;        /* 1 to 9, as zlib has them */
	size_t min_size;       /* shorter messages are not compressed */
	bool context_takeover; /* a session has a window of its own */
	uint32_t window_bits;  /* 9 to 15 */
	uint32_t memory_level; /* 1 to 9; of context takeover */
};

/* How messages stand on a target's connection; framing/ has the codecs. */
enum config_framing {
	CONFIG_FRAMING_STREAM,
	CONFIG_FRAMING_LINES,
	CONFIG_FRAMING_NUL,
	CONFIG_FRAMING_LENGTH8,
	CONFIG_FRAMING_LENGTH16,
	CONFIG_FRAMING_LENGTH32,
	CONFIG_FRAMING_LENGTH8_LE,
	CONFIG_FRAMING_LENGTH16_LE,
	CONFIG_FRAMING_LENGTH32_LE,
	CONFIG_FRAMING_TYPED_LENGTH32,
	CONFIG_FRAMING_SEQPACKET,
};

enum config_line_end { CONFIG_LINE_END_LF, CONFIG_LINE_END_CRLF };

/* A document held in memory, answered to a plain GET (used by --demo). */
struct config_page {
	const char *content_type; /* static */
	const char *policy;       /* Content-Security-Policy, static; or null */
	const char *body;         /* static */
	size_t body_len;
};

struct config_route {
	char *name;         /* unique among routes */
	char *host_text;    /* as written */
	char *path_text;    /* as written */
	char *backend_name; /* as written; null for a page */
	struct pattern_host host;
	struct pattern_path path;
	const struct config_backend *backend; /* null for a page */
	const struct config_page *page;       /* null for a relay */
	enum config_framing framing;
	enum config_line_end line_end; /* of framing "lines" */
	enum config_message message;
	enum config_invalid_utf8 invalid_utf8;
	enum config_compression compression;
	struct config_deflate deflate;
	char **subprotocols; /* in the order of preference */
	size_t subprotocol_count;
	char **origin_texts; /* as written, origin_count of them */
	struct pattern_origin *origins;
	size_t origin_count;         /* at least 1: "same" is a pattern too */
	struct config_limits limits; /* global ones and the route's */
	struct config_timeouts timeouts; /* likewise */
	uint32_t max_sessions;           /* of this route alone; 0: no limit */
};

/*
 * Every pointer inside, routes and their backends included, stays valid for as
 * long as a reference is held; nothing is written once others can see it.
 */
struct config {
	uint32_t refs; /* atomic; config_ref() and config_unref() */
	struct config_arena *arena; /* owns every string and array below */
	uint32_t workers; /* threads, at least 1: "auto" is resolved */
	char *user;  /* as written; "": none */
	char *group; /* as written; "": the user's */
	struct config_identity identity;
	struct config_log log;
	struct config_control control;
	struct config_limits limits;
	struct config_timeouts timeouts;
	struct config_listener admin; /* nameless; see config_has_admin() */
	struct config_listener *listeners;
	size_t listener_count; /* at least 1 */
	struct config_certificate *certificates; /* of all listeners */
	size_t certificate_count;
	struct config_backend *backends;
	size_t backend_count;
	struct config_route *routes; /* in the order they are tried */
	size_t route_count;
};

/*
 * Reads `path`, then every "*.conf" in conf.d beside it in name order, and
 * checks all of it.  Returns
 *   0        `*ret_config` holds one reference, config_unref() drops it
 *   -EINVAL  at least one line was added to `errors`; an unreadable file too
 *   -ENOMEM  out of memory; `errors` may hold lines
 * `errors` was zeroed or emptied by the caller, who also calls
 * config_errors_done().  Blocks on files: for the main thread.
 */
__attribute__((warn_unused_result)) int
config_load(const char *path, struct config_errors *errors,
	    struct config **ret_config);

/* As config_load() on a text; `name` stands for the file in errors. */
__attribute__((warn_unused_result)) int
config_parse_text(const char *name, const char *text,
		  struct config_errors *errors, struct config **ret_config);

/*
 * Adds a last route, of any host, that answers a plain GET of `path` with
 * `page`; both outlive the configuration.  Only before others can see it.
 * Returns 0, -EINVAL (not a path pattern, or the name is taken) or -ENOMEM.
 */
__attribute__((warn_unused_result)) int
config_add_page(struct config *config, const char *path,
		const struct config_page *page);

/*
 * The first listener speaks TLS with the certificate and key in `pem`, a text
 * that outlives the configuration (used by --demo).  Only before others can
 * see it.  0 or -ENOMEM.
 */
__attribute__((warn_unused_result)) int
config_set_certificate(struct config *config, const char *pem);

/* Whether a listener speaks TLS. */
static inline bool config_listener_has_tls(const struct config_listener *one)
{
	return one->tls.certificate_count != 0;
}

/* One more reference; returns `config`.  Any thread. */
struct config *config_ref(struct config *config);

/* Drops a reference, the last frees; clears the pointer, takes null. */
void config_unref(struct config **config);

/*
 * Writes every option with its value: a configuration that loads to the same.
 * Secrets are masked.  Errors stay in `out` (ferror).
 */
void config_dump(const struct config *config, FILE *out);

/* Whether the admin pages are served, so that config->admin has an address. */
bool config_has_admin(const struct config *config);

/* The route of that name, or null.  Borrowed from `config`. */
const struct config_route *config_route_by_name(const struct config *config,
						const char *name);
/* "1.5.0": the libconfig this was built with, constant text. */
const char *config_library_version(void);

#endif
