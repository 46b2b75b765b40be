/* SPDX-License-Identifier: MIT */
/* A relay on a loop of its own between sockets a test holds the far ends of. */

#ifndef TESTS_UNIT_SESSION_FIXTURE_H
#define TESTS_UNIT_SESSION_FIXTURE_H

#include "config_text.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "net/socket.h"
#include "relay/session.h"
#include "ws_client.h"

/* Nothing takes longer unless it is broken. */
#define FIXTURE_PATIENCE_US 20000000

#define FIXTURE_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define FIXTURE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* A request for the path /t, whole but for the empty line. */
#define FIXTURE_HEAD(more)                                     \
	"GET /t HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n" \
	"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
	"Sec-WebSocket-Key: " FIXTURE_KEY "\r\n" more
#define FIXTURE_REQUEST FIXTURE_HEAD("\r\n")

/* What the hooks were told last. */
struct told {
	struct session_log_record record; /* its borrowed texts are null */
	char client[ADDRESS_TEXT_MAX];
	char host[64];
	char path[64];
	unsigned opened;
	unsigned closed;
	unsigned uncaused; /* closed without a cause */
	unsigned refused;
	unsigned status;
	unsigned pongs;
	uint32_t pong_usec;
};

/* One relay at a time is under test. */
static struct told told;

struct fixture {
	struct event_base *base;
	struct event *tick;
	struct resolver *resolver;
	struct resolve_client *resolve;
	struct admission *admission;
	struct config *config;
	struct relay relay;
	unsigned accepted;
	unsigned gone;
	int listener; /* the backend's */
	char server[64];
	int client;  /* the client's end, or -1 */
	int target;  /* the target's end, or -1 */
	uint8_t *in; /* what the client has read and not used */
	size_t in_len;
	bool client_eof;
};

/* Steps the loop until `condition` holds. */
#define WAIT_FOR(f, condition)                                   \
	do {                                                     \
		uint64_t begun_us = clock_now_us();              \
                                                                 \
		while (!(condition)) {                           \
			assert_true(clock_now_us() - begun_us <  \
				    FIXTURE_PATIENCE_US);        \
			event_base_loop((f)->base, EVLOOP_ONCE); \
		}                                                \
	} while (0)

static inline void fixture_copy(char *to, size_t size, struct slice from)
{
	snprintf(to, size, "%.*s", (int)from.len, from.len ? from.data : "");
}

static inline void fixture_keep(const struct session_log_record *record)
{
	told.record = *record;
	address_format(&record->client, told.client);
	fixture_copy(told.host, sizeof(told.host), record->host);
	fixture_copy(told.path, sizeof(told.path), record->path);
	told.record.host = slice_of("");
	told.record.path = slice_of("");
	told.record.origin = slice_of("");
}

static inline void fixture_on_opened(void *arg,
				     const struct session_log_record *record)
{
	(void)arg;
	fixture_keep(record);
	told.opened++;
}

static inline void fixture_on_closed(void *arg,
				     const struct session_log_record *record)
{
	(void)arg;
	fixture_keep(record);
	told.uncaused += !record->cause;
	told.closed++;
}

static inline void fixture_on_refused(void *arg,
				      const struct session_log_record *record,
				      unsigned status)
{
	(void)arg;
	fixture_keep(record);
	told.refused++;
	told.status = status;
}

static inline void fixture_on_pong(void *arg, uint32_t usec)
{
	(void)arg;
	told.pongs++;
	told.pong_usec = usec;
}

static inline void fixture_on_gone(void *arg)
{
	((struct fixture *)arg)->gone++;
}

static inline void fixture_on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* A backend on an abstract name that the kernel picks. */
static inline void fixture_listen(struct fixture *f)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sa_family_t);

	f->listener =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(f->listener >= 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&name, len), 0);
	len = sizeof(name);
	assert_int_equal(
		getsockname(f->listener, (struct sockaddr *)&name, &len), 0);
	assert_int_equal(listen(f->listener, 16), 0);
	snprintf(f->server, sizeof(f->server), "unix:@%.*s",
		 (int)(len - sizeof(sa_family_t) - 1), name.sun_path + 1);
}

/* The path /t relayed with `route` options; `global` options beside it. */
static inline struct config *fixture_parse(struct fixture *f, const char *route,
					   const char *global)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 TEXT_LISTENER "backends = { b = { servers = ( \"%s\" ); };"
			       "none = { servers = ( \"unix:@wsr-none\" ); };"
			       "};\nroutes = ( { name = \"t\"; path = \"/t\";"
			       "backend = \"b\"; %s },"
			       "{ name = \"none\"; path = \"/none\";"
			       "backend = \"none\"; } );\n%s",
		 f->server, route, global);
	return config_text_parse(text);
}

static inline void fixture_begin(struct fixture *f, const char *route,
				 const char *global)
{
	const struct timeval tick = { .tv_usec = 2000 };
	struct relay_options options;

	*f = (struct fixture){ .client = -1, .target = -1 };
	told = (struct told){ .opened = 0 };
	fixture_listen(f);
	f->base = event_base_new();
	f->tick = event_new(f->base, -1, EV_PERSIST, fixture_on_tick, NULL);
	event_add(f->tick, &tick);
	assert_int_equal(resolver_new(&f->resolver), 0);
	assert_int_equal(resolve_client_new(f->resolver, f->base, &f->resolve),
			 0);
	f->admission = admission_new();
	f->config = fixture_parse(f, route, global);
	options = (struct relay_options){
		.base = f->base,
		.resolver = f->resolve,
		.admission = f->admission,
		.hooks = { .opened = fixture_on_opened,
			   .closed = fixture_on_closed,
			   .refused = fixture_on_refused,
			   .gone = fixture_on_gone,
			   .pong = fixture_on_pong,
			   .arg = f },
		.worker = 3,
	};
	relay_init(&f->relay, &options);
	assert_int_equal(relay_configure(&f->relay, f->config), 0);
}

static inline void fixture_hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Ends everything; each connection must have been told gone. */
static inline void fixture_end(struct fixture *f)
{
	relay_done(&f->relay);
	assert_int_equal(f->gone, f->accepted);
	assert_int_equal(told.opened, told.closed);
	assert_int_equal(told.uncaused, 0);
	assert_int_equal(admission_key_count(f->admission), 0);
	admission_free(&f->admission);
	resolve_client_free(&f->resolve);
	resolver_free(&f->resolver);
	event_free(f->tick);
	event_base_free(f->base);
	config_unref(&f->config);
	fixture_hang_up(&f->client);
	fixture_hang_up(&f->target);
	fixture_hang_up(&f->listener);
	free(f->in);
}

/* The relay accepts a client with what `connection` says besides. */
static inline void fixture_connect_as(struct fixture *f,
				      struct relay_connection connection)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				    0, pair),
			 0);
	connection.id = ++f->accepted;
	connection.fd = pair[0];
	connection.config = config_ref(f->config);
	connection.listener = &f->config->listeners[0];
	connection.accepted_ms = clock_coarse_ms();
	f->client = pair[1];
	f->client_eof = false;
	f->in_len = 0;
	relay_accept(&f->relay, &connection);
}

/* A client without an address; `refusal` as the supervisor may hand it in. */
static inline void fixture_connect(struct fixture *f, enum relay_cause refusal)
{
	struct relay_connection connection = { .refusal = refusal };

	connection.peer.sa.sa_family = AF_UNIX;
	connection.peer.len = sizeof(sa_family_t);
	fixture_connect_as(f, connection);
}

static inline void fixture_write(int fd, const void *data, size_t len)
{
	assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
}

static inline void fixture_say(struct fixture *f, const char *text)
{
	fixture_write(f->client, text, strlen(text));
}

/* The client sends a frame. */
static inline void fixture_frame(struct fixture *f, uint8_t first,
				 const void *payload, size_t len)
{
	uint8_t *frame = malloc(len + WS_CLIENT_OVERHEAD);

	assert_non_null(frame);
	fixture_write(f->client, frame,
		      ws_client_frame(frame, first, payload, len));
	free(frame);
}

static inline void fixture_close_frame(struct fixture *f, uint16_t code)
{
	uint8_t frame[WS_CLIENT_OVERHEAD + 2];

	fixture_write(f->client, frame, ws_client_close(frame, code));
}

/* The client reads what is there; false when that was nothing. */
static inline bool fixture_read(struct fixture *f)
{
	ssize_t n;

	f->in = realloc(f->in, f->in_len + 65536);
	assert_non_null(f->in);
	n = recv(f->client, f->in + f->in_len, 65536, 0);
	if (n > 0)
		f->in_len += (size_t)n;
	if (n == 0)
		f->client_eof = true;
	return n > 0;
}

static inline void fixture_skip(struct fixture *f, size_t len)
{
	f->in_len -= len;
	memmove(f->in, f->in + len, f->in_len);
}

static inline bool fixture_has_frame(struct fixture *f,
				     struct ws_client_view *ret)
{
	while (!ws_client_parse(f->in, f->in_len, ret))
		if (!fixture_read(f))
			return false;
	return true;
}

/* Waits for the server's next frame; to be skipped by its size. */
static inline struct ws_client_view fixture_next(struct fixture *f)
{
	struct ws_client_view frame;

	WAIT_FOR(f, fixture_has_frame(f, &frame));
	return frame;
}

/* Waits for a Close behind whatever else comes; returns its code. */
static inline uint16_t fixture_next_close(struct fixture *f)
{
	struct ws_client_view frame = fixture_next(f);
	uint16_t code;

	while (frame.first != WS_CLOSE) {
		fixture_skip(f, frame.size);
		frame = fixture_next(f);
	}
	code = ws_client_code(&frame);
	fixture_skip(f, frame.size);
	return code;
}

static inline bool fixture_has_eof(struct fixture *f)
{
	while (fixture_read(f))
		;
	return f->client_eof;
}

/* Waits for the end of an HTTP head; returns its size. */
static inline size_t fixture_next_head(struct fixture *f)
{
	char *end = NULL;

	WAIT_FOR(f,
		 (fixture_read(f),
		  f->in_len > 0 && (f->in[f->in_len] = 0,
				    end = strstr((char *)f->in, "\r\n\r\n"))));
	return (size_t)(end + 4 - (char *)f->in);
}

static inline bool fixture_accepts(struct fixture *f)
{
	f->target =
		accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	return f->target >= 0;
}

/* A client connects and asks with `request`; it becomes a session. */
static inline void fixture_open_with(struct fixture *f, const char *request)
{
	fixture_connect(f, CAUSE_NONE);
	fixture_say(f, request);
	WAIT_FOR(f, fixture_accepts(f));
	fixture_skip(f, fixture_next_head(f));
	assert_int_equal(told.opened, told.closed + 1);
}

static inline void fixture_open(struct fixture *f)
{
	fixture_open_with(f, FIXTURE_REQUEST);
}

/* The target reads exactly these bytes. */
static inline void fixture_target_gets(struct fixture *f, const void *data,
				       size_t len)
{
	uint8_t *got = malloc(len + 1);
	size_t have = 0;
	ssize_t n = 0;

	assert_non_null(got);
	WAIT_FOR(f, (n = recv(f->target, got + have, len - have, 0),
		     have += n > 0 ? (size_t)n : 0, have == len));
	assert_memory_equal(got, data, len);
	free(got);
}

/* Waits until the target's end of file; nothing may come before it. */
static inline void fixture_target_gets_end(struct fixture *f)
{
	ssize_t n;
	char byte;

	WAIT_FOR(f, (n = recv(f->target, &byte, 1, 0)) >= 0);
	assert_int_equal(n, 0);
}

/* The one session there is. */
static inline struct session *fixture_session(struct fixture *f)
{
	assert_false(list_is_empty(&f->relay.sessions));
	return list_entry(f->relay.sessions.next, struct session, link);
}

/* Nobody accepts, and the queue is full. */
static inline void fixture_fill_backlog(struct fixture *f, int *ret_fds,
					size_t count)
{
	struct sockaddr_un name;
	socklen_t len = sizeof(name);

	assert_int_equal(listen(f->listener, 0), 0);
	assert_int_equal(
		getsockname(f->listener, (struct sockaddr *)&name, &len), 0);
	for (size_t i = 0; i < count; i++) {
		ret_fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(ret_fds[i], (struct sockaddr *)&name, len);
	}
}

/* A few turns of the loop, for what is ready. */
static inline void fixture_step(struct fixture *f)
{
	for (int i = 0; i < 3; i++)
		event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static inline void fixture_wait_gone(struct fixture *f)
{
	WAIT_FOR(f, f->gone == f->accepted);
}

#endif
