/* SPDX-License-Identifier: MIT */
/* The table that parsing, defaults, errors, the dump and the manual read. */

#include "config/config_table.h"

#include <assert.h>

#include "config/config.h"

#define FIELD(type, field) .offset = offsetof(struct type, field)
#define FIELDS(type, items, count)              \
	.offset = offsetof(struct type, items), \
	.count_offset = offsetof(struct type, count)
#define RANGE(low, high) .min = (low), .max = (high)

#define KIB 1024u
#define MIB (1024u * 1024u)
#define SECOND 1000u
#define HOUR (3600u * SECOND)
#define DAY (24u * HOUR)

/* Timers below are of no use; above, a mistyped unit is likelier. */
#define TIMEOUT_MIN 10u

/* Enough for a descriptor each; Linux allows no process more than 2^30. */
#define SESSIONS_MAX 100000000u

#define NAME_MAX_BYTES 128u
#define TEXT_MAX_BYTES 4096u

static const char *const words_format[] = { "text", "json", NULL };
static const char *const words_level[] = { "error", "warning", "notice",
					   "info",  "debug",   NULL };
static const char *const words_framing[] = {
	"stream",      "lines",          "nul",        "length8",
	"length16",    "length32",       "length8-le", "length16-le",
	"length32-le", "typed-length32", "seqpacket",  NULL,
};
static const char *const words_line_end[] = { "lf", "crlf", NULL };
static const char *const words_message[] = { "binary", "text", "auto", NULL };
static const char *const words_invalid_utf8[] = { "close", "replace", NULL };
static const char *const words_compression[] = { "off", "on", NULL };
static const char *const words_tls_version[] = { "1.2", "1.3", NULL };
static const char *const words_verify[] = { "none", "optional", "require",
					    NULL };

/* A choice is stored as its position among the words. */
static_assert(LOG_FORMAT_TEXT == 0 && LOG_FORMAT_JSON == 1, "words_format");
static_assert(LOG_LEVEL_ERROR == 0 && LOG_LEVEL_WARNING == 1 &&
		      LOG_LEVEL_NOTICE == 2 && LOG_LEVEL_INFO == 3 &&
		      LOG_LEVEL_DEBUG == 4,
	      "words_level");
static_assert(CONFIG_FRAMING_STREAM == 0 && CONFIG_FRAMING_LINES == 1 &&
		      CONFIG_FRAMING_NUL == 2 && CONFIG_FRAMING_LENGTH8 == 3 &&
		      CONFIG_FRAMING_LENGTH16 == 4 &&
		      CONFIG_FRAMING_LENGTH32 == 5 &&
		      CONFIG_FRAMING_LENGTH8_LE == 6 &&
		      CONFIG_FRAMING_LENGTH16_LE == 7 &&
		      CONFIG_FRAMING_LENGTH32_LE == 8 &&
		      CONFIG_FRAMING_TYPED_LENGTH32 == 9 &&
		      CONFIG_FRAMING_SEQPACKET == 10,
	      "words_framing");
static_assert(CONFIG_LINE_END_LF == 0 && CONFIG_LINE_END_CRLF == 1,
	      "words_line_end");
static_assert(CONFIG_MESSAGE_BINARY == 0 && CONFIG_MESSAGE_TEXT == 1 &&
		      CONFIG_MESSAGE_AUTO == 2,
	      "words_message");
static_assert(CONFIG_INVALID_UTF8_CLOSE == 0 &&
		      CONFIG_INVALID_UTF8_REPLACE == 1,
	      "words_invalid_utf8");
static_assert(CONFIG_COMPRESSION_OFF == 0 && CONFIG_COMPRESSION_ON == 1,
	      "words_compression");
static_assert(CONFIG_TLS_1_2 == 0 && CONFIG_TLS_1_3 == 1, "words_tls_version");
static_assert(CONFIG_CLIENT_VERIFY_NONE == 0 &&
		      CONFIG_CLIENT_VERIFY_OPTIONAL == 1 &&
		      CONFIG_CLIENT_VERIFY_REQUIRE == 2,
	      "words_verify");

#define GLOBAL .scope = CONFIG_SCOPE_GLOBAL
#define LISTENER .scope = CONFIG_SCOPE_LISTENER
#define BACKEND .scope = CONFIG_SCOPE_BACKEND
#define ROUTE .scope = CONFIG_SCOPE_ROUTE
#define CERTIFICATE .scope = CONFIG_SCOPE_CERTIFICATE

/*
 * Forward secrecy and authenticated encryption only; AES-128 first, which is
 * the cheapest where the processor has AES (clients without prefer ChaCha20,
 * and get it).
 */
#define CIPHERS                                                         \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"    \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"    \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define CIPHERSUITES                                                    \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"                \
	"TLS_CHACHA20_POLY1305_SHA256"

const struct config_option config_options[] = {
	{ GLOBAL, .path = "workers", .type = CONFIG_OPTION_COUNT,
	  .flags = CONFIG_AUTO, FIELD(config, workers), RANGE(1, 256),
	  .fallback = "auto",
	  .text = "Threads that serve sessions.\n"
		  "\"auto\" is one per processor this process may use." },
	{ GLOBAL, .path = "user", .type = CONFIG_OPTION_TEXT,
	  FIELD(config, user), .max = NAME_MAX_BYTES, .fallback = "",
	  .text = "Who the daemon becomes when it was started as root, once "
		  "its sockets and its log are open.\n"
		  "\"\" changes nothing: under systemd the unit says who it "
		  "is.\n"
		  "Sockets in the file system and a log file that root owns "
		  "are given to that user." },
	{ GLOBAL, .path = "group", .type = CONFIG_OPTION_TEXT,
	  FIELD(config, group), .max = NAME_MAX_BYTES, .fallback = "",
	  .text = "Its group then; \"\" is that of the user." },

	{ GLOBAL, .path = "log.target", .type = CONFIG_OPTION_TEXT,
	  FIELD(config, log.target), .max = TEXT_MAX_BYTES, .fallback = "auto",
	  .text = "Where the log goes: \"auto\", \"stderr\", \"journal\", "
		  "\"syslog\" or \"file:\" and an absolute path.\n"
		  "\"auto\" is the journal when systemd connected standard "
		  "error to it, else standard error.\n"
		  "The journal gets every value as a field, \"syslog\" is the "
		  "facility daemon at /dev/log.\n"
		  "A file is opened again on SIGUSR1." },
	{ GLOBAL, .path = "log.format", .type = CONFIG_OPTION_CHOICE,
	  FIELD(config, log.format), .fallback = "text", .words = words_format,
	  .text = "One line of text or one JSON object per event.\n"
		  "The journal has fields whatever is said here." },
	{ GLOBAL, .path = "log.level", .type = CONFIG_OPTION_CHOICE,
	  FIELD(config, log.level), .fallback = "info", .words = words_level,
	  .text = "The least important lines that are written.\n"
		  "The two lines of a session are \"info\"." },

	{ GLOBAL, .path = "admin.listen", .type = CONFIG_OPTION_TEXT,
	  FIELD(config, admin.listen), .max = TEXT_MAX_BYTES, .fallback = "off",
	  .text = "Where metrics and status are served, for whoever may "
		  "connect there: an address as that of a listener, or "
		  "\"off\".\n"
		  "wsrelayd(8) tells of the pages." },
	{ GLOBAL, .path = "admin.mode", .type = CONFIG_OPTION_MODE,
	  FIELD(config, admin.mode), .max = 0777, .fallback = "0660",
	  .text = "Permission bits of a Unix socket, octal digits in quotes." },

	{ GLOBAL, .path = "control.socket", .type = CONFIG_OPTION_TEXT,
	  .flags = CONFIG_EMPTY, FIELD(config, control.socket),
	  .max = TEXT_MAX_BYTES, .fallback = "/run/wsrelayd/control.sock",
	  .text = "The path of the Unix socket that wsrelayctl(1) talks to; "
		  "\"\" is none.\n"
		  "One that is written here must be possible; the default is "
		  "done without where it is not, and the log says so." },
	{ GLOBAL, .path = "control.mode", .type = CONFIG_OPTION_MODE,
	  FIELD(config, control.mode), .max = 0777, .fallback = "0660",
	  .text = "Its permission bits, octal digits in quotes: who may write "
		  "to it may stop sessions.\n"
		  "Root and the daemon's own user always may." },

	{ GLOBAL, .path = "limits.max_sessions", .type = CONFIG_OPTION_COUNT,
	  .flags = CONFIG_ZERO, FIELD(config, limits.max_sessions),
	  RANGE(1, SESSIONS_MAX), .fallback = "0",
	  .text = "Sessions at a time; more are answered 503.\n"
		  "0 is what the limit of file descriptors allows, less a "
		  "reserve." },
	{ GLOBAL, .path = "limits.max_sessions_per_ip",
	  .type = CONFIG_OPTION_COUNT, .flags = CONFIG_ZERO,
	  FIELD(config, limits.max_sessions_per_ip), RANGE(1, SESSIONS_MAX),
	  .fallback = "0",
	  .text = "Sessions at a time from one client address; more are "
		  "answered 429.\n"
		  "0 is no limit." },
	{ GLOBAL, .path = "limits.handshakes_per_second_per_ip",
	  .type = CONFIG_OPTION_COUNT, .flags = CONFIG_ZERO,
	  FIELD(config, limits.handshakes_per_second_per_ip), RANGE(1, 1000000),
	  .fallback = "0",
	  .text = "Handshakes a second from one client address; more are "
		  "answered 429.\n"
		  "0 is no limit." },
	{ GLOBAL, .path = "limits.request_line", .type = CONFIG_OPTION_SIZE,
	  FIELD(config, limits.request_line), RANGE(64, 64 * KIB),
	  .fallback = "8K",
	  .text = "Bytes of a request line; a longer one is answered 414." },
	{ GLOBAL, .path = "limits.headers", .type = CONFIG_OPTION_SIZE,
	  FIELD(config, limits.headers), RANGE(256, 256 * KIB),
	  .fallback = "16K",
	  .text = "Bytes of all header lines of a request together; more are "
		  "answered 431." },
	{ GLOBAL, .path = "limits.header_count", .type = CONFIG_OPTION_COUNT,
	  FIELD(config, limits.header_count), RANGE(8, 1024), .fallback = "128",
	  .text = "Header lines of a request; more are answered 431." },
	{ GLOBAL, .path = "limits.message", .type = CONFIG_OPTION_SIZE,
	  FIELD(config, limits.message), RANGE(125, 64 * MIB),
	  .fallback = "1M",
	  .text = "Bytes of a message that has to be whole before it can go "
		  "on; a longer one ends the session with 1009.\n"
		  "FRAMINGS tells which have to be; the others may be of any "
		  "length, and a stream has no need of it." },
	{ GLOBAL, .path = "limits.buffer", .type = CONFIG_OPTION_SIZE,
	  FIELD(config, limits.buffer), RANGE(4 * KIB, 16 * MIB),
	  .fallback = "64K",
	  .text = "Bytes a session holds at most in each direction.\n"
		  "An idle session holds none." },

	{ GLOBAL, .path = "timeouts.handshake", .type = CONFIG_OPTION_DURATION,
	  FIELD(config, timeouts.handshake_ms), RANGE(TIMEOUT_MIN, HOUR),
	  .fallback = "10s",
	  .text = "From the accepted connection to the answer 101, the "
		  "request and the connection to the backend together.\n"
		  "An unfinished request is answered 408." },
	{ GLOBAL, .path = "timeouts.connect", .type = CONFIG_OPTION_DURATION,
	  FIELD(config, timeouts.connect_ms), RANGE(TIMEOUT_MIN, HOUR),
	  .fallback = "5s",
	  .text = "For the connection to one server of a backend; then the "
		  "next is tried.\n"
		  "When none is left the answer is 504." },
	{ GLOBAL, .path = "timeouts.ping_interval",
	  .type = CONFIG_OPTION_DURATION, .flags = CONFIG_ZERO,
	  FIELD(config, timeouts.ping_interval_ms), RANGE(TIMEOUT_MIN, DAY),
	  .fallback = "20s",
	  .text = "Between pings to the client.\n"
		  "0 sends none; then a peer that vanishes is not found." },
	{ GLOBAL, .path = "timeouts.ping_timeout",
	  .type = CONFIG_OPTION_DURATION,
	  FIELD(config, timeouts.ping_timeout_ms), RANGE(TIMEOUT_MIN, DAY),
	  .fallback = "20s",
	  .text = "For the answer to a ping; without one the session ends "
		  "with 1011." },
	{ GLOBAL, .path = "timeouts.idle", .type = CONFIG_OPTION_DURATION,
	  .flags = CONFIG_ZERO, FIELD(config, timeouts.idle_ms),
	  RANGE(TIMEOUT_MIN, 40 * DAY), .fallback = "0",
	  .text = "Without a byte of payload in either direction the session "
		  "ends with 1008.\n"
		  "0 is no limit." },
	{ GLOBAL, .path = "timeouts.close", .type = CONFIG_OPTION_DURATION,
	  FIELD(config, timeouts.close_ms), RANGE(TIMEOUT_MIN, HOUR),
	  .fallback = "10s",
	  .text = "For the closing handshake and what is still to be "
		  "delivered before it." },
	{ GLOBAL, .path = "timeouts.send_stall", .type = CONFIG_OPTION_DURATION,
	  .flags = CONFIG_ZERO, FIELD(config, timeouts.send_stall_ms),
	  RANGE(TIMEOUT_MIN, DAY), .fallback = "60s",
	  .text = "A peer that takes nothing for so long, while bytes wait "
		  "for it, ends the session with 1013.\n"
		  "0 is no limit." },
	{ GLOBAL, .path = "timeouts.drain", .type = CONFIG_OPTION_DURATION,
	  .flags = CONFIG_ZERO, FIELD(config, timeouts.drain_ms),
	  RANGE(TIMEOUT_MIN, 40 * DAY), .fallback = "0",
	  .text = "When stopping, how long open sessions may take to end by "
		  "themselves.\n"
		  "0 does not wait for them." },
	{ GLOBAL, .path = "timeouts.close_spread",
	  .type = CONFIG_OPTION_DURATION, .flags = CONFIG_ZERO,
	  FIELD(config, timeouts.close_spread_ms), RANGE(TIMEOUT_MIN, HOUR),
	  .fallback = "0",
	  .text = "When stopping, the time over which the remaining sessions "
		  "are closed with 1001.\n"
		  "0 closes all at once." },

	{ LISTENER, .path = "name", .type = CONFIG_OPTION_TEXT,
	  FIELD(config_listener, name), .max = NAME_MAX_BYTES,
	  .text = "Its name in the log.\n"
		  "Without one it is called by its address." },
	{ LISTENER, .path = "listen", .type = CONFIG_OPTION_TEXT,
	  .flags = CONFIG_REQUIRED, FIELD(config_listener, listen),
	  .max = TEXT_MAX_BYTES,
	  .text = "\"192.0.2.1:8080\", \"[2001:db8::1]:8080\", \"*:8080\" "
		  "for every address of both families, \"unix:/path\", "
		  "\"unix:@name\" for an abstract name, or \"systemd\" for "
		  "the sockets that systemd opened.\n"
		  "Addresses are numeric; port 0 lets the kernel choose." },
	{ LISTENER, .path = "fd_name", .type = CONFIG_OPTION_TEXT,
	  .flags = CONFIG_SYSTEMD, FIELD(config_listener, fd_name),
	  .max = NAME_MAX_BYTES, .fallback = "wsrelayd.socket",
	  .text = "Which of them: FileDescriptorName= of the socket unit, "
		  "without one the unit's name.\n"
		  "All sockets of that name are taken." },
	{ LISTENER, .path = "mode", .type = CONFIG_OPTION_MODE,
	  .flags = CONFIG_UNIX, FIELD(config_listener, mode), .max = 0777,
	  .fallback = "0660",
	  .text = "Permission bits of a Unix socket, octal digits in quotes." },
	{ LISTENER, .path = "v6_only", .type = CONFIG_OPTION_BOOL,
	  .flags = CONFIG_IPV6, FIELD(config_listener, v6_only),
	  .fallback = "false",
	  .text = "Whether an IPv6 address takes no IPv4 connections.\n"
		  "\"[::]:8080\" takes both unless this is true." },
	{ LISTENER, .path = "tls.certificates", .type = CONFIG_OPTION_OBJECTS,
	  .flags = CONFIG_TLS | CONFIG_GROUP,
	  FIELDS(config_listener, tls.certificates, tls.certificate_count),
	  .items = CONFIG_SCOPE_CERTIFICATE,
	  .text = "Certificates to choose from by the name a client asks for; "
		  "the first serves where none has that name.\n"
		  "An ECDSA and an RSA certificate of one name stand side by "
		  "side: the client has the one it can check.\n"
		  "They are read again when a file changes." },
	{ LISTENER, .path = "tls.min_version", .type = CONFIG_OPTION_CHOICE,
	  .flags = CONFIG_TLS, FIELD(config_listener, tls.min_version),
	  .fallback = "1.2", .words = words_tls_version,
	  .text = "The oldest version of TLS that is spoken." },
	{ LISTENER, .path = "tls.ciphers", .type = CONFIG_OPTION_TEXT,
	  .flags = CONFIG_TLS, FIELD(config_listener, tls.ciphers),
	  .max = TEXT_MAX_BYTES, .fallback = CIPHERS,
	  .text = "Ciphers of TLS 1.2 in the order of preference, as "
		  "openssl-ciphers(1) writes them." },
	{ LISTENER, .path = "tls.ciphersuites", .type = CONFIG_OPTION_TEXT,
	  .flags = CONFIG_TLS, FIELD(config_listener, tls.ciphersuites),
	  .max = TEXT_MAX_BYTES, .fallback = CIPHERSUITES,
	  .text = "Ciphersuites of TLS 1.3, likewise." },
	{ LISTENER, .path = "tls.client_ca", .type = CONFIG_OPTION_TEXT,
	  .flags = CONFIG_TLS, FIELD(config_listener, tls.client_ca),
	  .max = TEXT_MAX_BYTES,
	  .text = "The authorities that may have signed a client's "
		  "certificate: a file, as of a certificate.\n"
		  "It goes with client_verify." },
	{ LISTENER, .path = "tls.client_verify", .type = CONFIG_OPTION_CHOICE,
	  .flags = CONFIG_TLS, FIELD(config_listener, tls.client_verify),
	  .fallback = "none", .words = words_verify,
	  .text = "Whether clients are asked for a certificate: \"none\", "
		  "\"optional\" (one that is sent must be valid) or "
		  "\"require\".\n"
		  "Its subject stands in the log." },
	{ LISTENER, .path = "tls.ktls", .type = CONFIG_OPTION_BOOL,
	  .flags = CONFIG_TLS, FIELD(config_listener, tls.ktls),
	  .fallback = "false",
	  .text = "Whether the kernel encrypts, where it and OpenSSL can.\n"
		  "The log says so if they cannot." },

	{ CERTIFICATE, .path = "certificate", .type = CONFIG_OPTION_TEXT,
	  .flags = CONFIG_REQUIRED, FIELD(config_certificate, certificate),
	  .max = TEXT_MAX_BYTES,
	  .text = "An absolute path, or \"credential:NAME\" for a credential "
		  "of systemd: PEM, the certificate and the intermediate ones "
		  "behind it." },
	{ CERTIFICATE, .path = "key", .type = CONFIG_OPTION_TEXT,
	  FIELD(config_certificate, key), .max = TEXT_MAX_BYTES,
	  .text = "Its private key, likewise, without a passphrase.\n"
		  "Without one it is in the certificate's file." },

	{ BACKEND, .path = "servers", .type = CONFIG_OPTION_TEXTS,
	  .flags = CONFIG_REQUIRED,
	  FIELDS(config_backend, server_texts, server_count),
	  RANGE(1, TEXT_MAX_BYTES),
	  .text = "Where to connect, tried in order: \"host:port\", "
		  "\"[2001:db8::1]:port\", \"unix:/path\" or \"unix:@name\" "
		  "for an abstract name, and \"unix-seqpacket:\" likewise for "
		  "sockets of datagrams, which framing \"seqpacket\" needs.\n"
		  "Of a host name every address is tried." },

	{ ROUTE, .path = "name", .type = CONFIG_OPTION_TEXT,
	  FIELD(config_route, name), .max = NAME_MAX_BYTES,
	  .text = "Its name in the log, and what a reload knows it by: "
		  "sessions of a name that is gone end with 1012.\n"
		  "Without one it is called by its path." },
	{ ROUTE, .path = "host", .type = CONFIG_OPTION_TEXT,
	  FIELD(config_route, host_text), .max = TEXT_MAX_BYTES,
	  .fallback = "*",
	  .text = "The host a request has to name: \"*\" for any, a name, or "
		  "\"*.example.org\" for the names below one.\n"
		  "Port and letter case do not count." },
	{ ROUTE, .path = "path", .type = CONFIG_OPTION_TEXT,
	  .flags = CONFIG_REQUIRED, FIELD(config_route, path_text),
	  .max = TEXT_MAX_BYTES,
	  .text = "The path a request has to name: \"/a\" exactly, \"/a/*\" "
		  "for everything below \"/a/\", \"/a/{x}\" for any one "
		  "segment.\n"
		  "It is compared decoded, without the query." },
	{ ROUTE, .path = "backend", .type = CONFIG_OPTION_TEXT,
	  .flags = CONFIG_REQUIRED, FIELD(config_route, backend_name),
	  .max = TEXT_MAX_BYTES,
	  .text = "The backend its sessions are connected to." },
	{ ROUTE, .path = "framing", .type = CONFIG_OPTION_CHOICE,
	  FIELD(config_route, framing), .fallback = "stream",
	  .words = words_framing,
	  .text = "How messages stand on the backend's connection: \"stream\" "
		  "is their payload, one behind the other; the others keep "
		  "them apart.\n"
		  "FRAMINGS below tells of each." },
	{ ROUTE, .path = "line_end", .type = CONFIG_OPTION_CHOICE,
	  .flags = CONFIG_LINES, FIELD(config_route, line_end),
	  .fallback = "lf", .words = words_line_end,
	  .text = "How a line ends that is written to the backend: \"lf\" or "
		  "\"crlf\".\n"
		  "With \"crlf\" a line that is read ends with LF too, and a "
		  "CR before it goes with it." },
	{ ROUTE, .path = "message", .type = CONFIG_OPTION_CHOICE,
	  FIELD(config_route, message), .fallback = "binary",
	  .words = words_message,
	  .text = "The type of messages in both directions; one of the other "
		  "type ends the session with 1003.\n"
		  "\"text\" is checked to be UTF-8 in both directions and ends "
		  "the session with 1007 where it is not.\n"
		  "\"auto\" takes both types, and sends a record as text where "
		  "all of it is UTF-8; not with framing \"stream\", which has "
		  "no records.\n"
		  "The records of \"typed-length32\" tell their type: both go "
		  "through." },
	{ ROUTE, .path = "invalid_utf8", .type = CONFIG_OPTION_CHOICE,
	  FIELD(config_route, invalid_utf8), .fallback = "close",
	  .words = words_invalid_utf8,
	  .text = "What becomes of the backend's text that is not UTF-8: "
		  "\"close\" ends the session with 1007, \"replace\" sends "
		  "U+FFFD for it.\n"
		  "The client's always ends the session." },
	{ ROUTE, .path = "compression", .type = CONFIG_OPTION_CHOICE,
	  FIELD(config_route, compression), .fallback = "off",
	  .words = words_compression,
	  .text = "\"on\" agrees to permessage-deflate (RFC 7692) with clients "
		  "that offer it.\n"
		  "COMPRESSION below tells what it costs." },
	{ ROUTE, .path = "deflate.level", .type = CONFIG_OPTION_COUNT,
	  FIELD(config_route, deflate.level), RANGE(1, 9), .fallback = "1",
	  .text = "From 1, the fastest, to 9, the smallest." },
	{ ROUTE, .path = "deflate.min_size", .type = CONFIG_OPTION_SIZE,
	  .flags = CONFIG_ZERO, FIELD(config_route, deflate.min_size),
	  RANGE(1, 16 * MIB), .fallback = "64",
	  .text = "Shorter messages are sent as they are.\n"
		  "0 compresses all." },
	{ ROUTE, .path = "deflate.context_takeover",
	  .type = CONFIG_OPTION_BOOL,
	  FIELD(config_route, deflate.context_takeover), .fallback = "false",
	  .text = "Whether a message may refer to those before it.\n"
		  "Then a session has memory of its own for it." },
	{ ROUTE, .path = "deflate.window_bits", .type = CONFIG_OPTION_COUNT,
	  FIELD(config_route, deflate.window_bits), RANGE(9, 15),
	  .fallback = "15",
	  .text = "Messages refer back by at most 2 to the power of this "
		  "many bytes; a client may ask for less." },
	{ ROUTE, .path = "deflate.memory_level", .type = CONFIG_OPTION_COUNT,
	  FIELD(config_route, deflate.memory_level), RANGE(1, 9),
	  .fallback = "8",
	  .text = "Memory of a session's compressor with context takeover, "
		  "from 1 to 9." },
	{ ROUTE, .path = "subprotocols", .type = CONFIG_OPTION_TEXTS,
	  FIELDS(config_route, subprotocols, subprotocol_count),
	  .max = CONFIG_SUBPROTOCOL_MAX,
	  .text = "Subprotocols to choose from, in this order, among those "
		  "the client offers.\n"
		  "None in common: the session has none." },
	{ ROUTE, .path = "origins", .type = CONFIG_OPTION_TEXTS,
	  FIELDS(config_route, origin_texts, origin_count),
	  RANGE(1, TEXT_MAX_BYTES), .fallback = "same",
	  .text = "Pages that may connect: \"same\" for those of the host the "
		  "request names, \"https://example.org\", "
		  "\"https://*.example.org\", \"null\", or \"*\" for any.\n"
		  "Others are answered 403.\n"
		  "A request without an origin is not from a browser and is "
		  "let in." },
	{ ROUTE, .path = "limits.message", .type = CONFIG_OPTION_SIZE,
	  .flags = CONFIG_INHERITED, FIELD(config_route, limits.message),
	  RANGE(125, 64 * MIB), .text = "As the global one." },
	{ ROUTE, .path = "limits.buffer", .type = CONFIG_OPTION_SIZE,
	  .flags = CONFIG_INHERITED, FIELD(config_route, limits.buffer),
	  RANGE(4 * KIB, 16 * MIB), .text = "As the global one." },
	{ ROUTE, .path = "limits.max_sessions", .type = CONFIG_OPTION_COUNT,
	  .flags = CONFIG_ZERO, FIELD(config_route, max_sessions),
	  RANGE(1, SESSIONS_MAX), .fallback = "0",
	  .text = "Sessions of this route at a time; more are answered 503.\n"
		  "0 is no limit but the global one." },
	{ ROUTE, .path = "timeouts.connect", .type = CONFIG_OPTION_DURATION,
	  .flags = CONFIG_INHERITED, FIELD(config_route, timeouts.connect_ms),
	  RANGE(TIMEOUT_MIN, HOUR), .text = "As the global one." },
	{ ROUTE, .path = "timeouts.ping_interval",
	  .type = CONFIG_OPTION_DURATION,
	  .flags = CONFIG_INHERITED | CONFIG_ZERO,
	  FIELD(config_route, timeouts.ping_interval_ms),
	  RANGE(TIMEOUT_MIN, DAY), .text = "As the global one." },
	{ ROUTE, .path = "timeouts.ping_timeout",
	  .type = CONFIG_OPTION_DURATION, .flags = CONFIG_INHERITED,
	  FIELD(config_route, timeouts.ping_timeout_ms),
	  RANGE(TIMEOUT_MIN, DAY), .text = "As the global one." },
	{ ROUTE, .path = "timeouts.idle", .type = CONFIG_OPTION_DURATION,
	  .flags = CONFIG_INHERITED | CONFIG_ZERO,
	  FIELD(config_route, timeouts.idle_ms), RANGE(TIMEOUT_MIN, 40 * DAY),
	  .text = "As the global one." },
	{ ROUTE, .path = "timeouts.close", .type = CONFIG_OPTION_DURATION,
	  .flags = CONFIG_INHERITED, FIELD(config_route, timeouts.close_ms),
	  RANGE(TIMEOUT_MIN, HOUR), .text = "As the global one." },
	{ ROUTE, .path = "timeouts.send_stall", .type = CONFIG_OPTION_DURATION,
	  .flags = CONFIG_INHERITED | CONFIG_ZERO,
	  FIELD(config_route, timeouts.send_stall_ms), RANGE(TIMEOUT_MIN, DAY),
	  .text = "As the global one." },
};

const size_t config_option_count =
	sizeof(config_options) / sizeof(*config_options);

static_assert(sizeof(config_options) / sizeof(*config_options) <=
		      CONFIG_OPTIONS_MAX,
	      "CONFIG_OPTIONS_MAX");
