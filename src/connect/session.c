/* SPDX-License-Identifier: MIT */
/* One connection: its loop, and what it waits for. */

#include "connect/session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "connect/session_record.h"
#include "ws/close_code.h"

/* What ends the program from outside. */
static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))
_Static_assert(SIGNAL_COUNT == sizeof(((struct session *)NULL)->signals) /
				       sizeof(struct event),
	       "an event each");

void session_decide(struct session *s, enum exit_code code)
{
	if (s->is_decided)
		return;
	s->is_decided = true;
	s->code = code;
}

void session_finish(struct session *s, enum exit_code code)
{
	session_decide(s, code);
	s->phase = PHASE_DONE;
	event_base_loopbreak(s->base);
}

/* Events of stdin and stdout are armed as they are wanted. */
static bool set_armed(struct event *event, bool is_armed, bool is_wanted)
{
	if (is_armed == is_wanted)
		return is_armed;
	if (is_wanted)
		return event_add(event, NULL) == 0;
	event_del(event);
	return false;
}

static bool wants_input(const struct session *s)
{
	return s->phase == PHASE_OPEN && s->ending == ENDING_NOT &&
	       upward_wants_input(&s->up);
}

static unsigned stream_interest(const struct session *s)
{
	unsigned interest = STREAM_NOTHING;

	if (!s->is_ended && !downward_owes(&s->down))
		interest |= STREAM_READ;
	if (!s->is_deaf && s->phase >= PHASE_ASKING && upward_owes(&s->up))
		interest |= STREAM_WRITE;
	return interest;
}

static bool update_timer(struct session *s)
{
	uint64_t due_ms = session_time_deadline_ms(s);
	uint64_t now_ms = clock_coarse_ms();

	/* One that fires too early arms itself for the rest. */
	if (due_ms >= s->timer_ms)
		return true;
	s->timer_ms = due_ms;
	return !timer_arm(&s->timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

void session_update(struct session *s)
{
	bool wants = wants_input(s);
	bool owes = downward_owes(&s->down);
	bool is_fine = true;

	if (s->phase == PHASE_DONE)
		return;
	s->is_input_armed =
		set_armed(&s->input_ready, s->is_input_armed, wants);
	s->is_output_armed =
		set_armed(&s->output_ready, s->is_output_armed, owes);
	if (stream_is_open(&s->stream))
		is_fine = !stream_watch(&s->stream, stream_interest(s));
	if (update_timer(s) && is_fine && s->is_input_armed == wants &&
	    s->is_output_armed == owes)
		return;
	report_error(s->report, "out of memory");
	session_finish(s, EXIT_BROKEN);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	(void)what;
	session_flow_input(s);
	session_flow_go_on(s);
	session_update(s);
}

static void on_output(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	(void)what;
	session_flow_output(s);
	session_flow_go_on(s);
	session_update(s);
}

static void on_timer(void *arg)
{
	struct session *s = arg;

	s->timer_ms = UINT64_MAX;
	if (clock_coarse_ms() >= session_time_deadline_ms(s)) {
		session_time_on_deadline(s);
		session_flow_go_on(s);
	}
	session_update(s);
}

/* The first has the server told; the second is obeyed at once. */
static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct session *s = arg;
	bool is_first = !s->signal;

	(void)what;
	s->signal = (int)number;
	if (s->phase != PHASE_OPEN || !is_first) {
		session_finish(s, EXIT_ABNORMAL);
		return;
	}
	session_flow_end(s, ENDING_HURRY, WS_CLOSE_GOING_AWAY);
	session_flow_go_on(s);
	session_update(s);
}

/*
 * epoll refuses regular files, which stdin and stdout may be.  With three
 * descriptors poll() is as good.
 */
static struct event_base *new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (!config)
		return NULL;
	if (!event_config_require_features(config, EV_FEATURE_FDS) &&
	    !event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK))
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

/* What was ignored before, as by nohup(1), goes on being ignored. */
static int watch_signal(struct session *s, size_t i)
{
	struct sigaction before;

	evsignal_assign(&s->signals[i], s->base, signals[i], on_signal, s);
	if (sigaction(signals[i], NULL, &before))
		return -errno;
	if (before.sa_handler == SIG_IGN)
		return 0;
	return evsignal_add(&s->signals[i], NULL) ? -ENOMEM : 0;
}

static int set_up(struct session *s)
{
	int error;

	s->base = new_base();
	if (!s->base)
		return -ENOMEM;
	event_assign(&s->input_ready, s->base, STDIN_FILENO,
		     EV_READ | EV_PERSIST, on_input, s);
	output_init(&s->output);
	event_assign(&s->output_ready, s->base, s->output.fd,
		     EV_WRITE | EV_PERSIST, on_output, s);
	timer_init(&s->timer, s->base, on_timer, s);
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		error = watch_signal(s, i);
		if (error)
			return error;
	}
	error = resolver_new(&s->resolver);
	if (error)
		return error;
	return resolve_client_new(s->resolver, s->base, &s->resolve_client);
}

static void tear_down(struct session *s)
{
	reach_cancel(&s->reach);
	stream_close(&s->stream);
	tls_client_free(&s->tls);
	resolve_client_free(&s->resolve_client);
	resolver_free(&s->resolver);
	output_done(&s->output);
	if (!s->base)
		return;
	timer_cancel(&s->timer);
	event_del(&s->input_ready);
	event_del(&s->output_ready);
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		if (event_initialized(&s->signals[i]))
			event_del(&s->signals[i]);
	}
	event_base_free(s->base);
}

static bool has_trust(struct session *s)
{
	const struct tls_client_options *options = &s->arguments->tls;
	const char *const files[] = {
		[TLS_CLIENT_CA] = options->ca,
		[TLS_CLIENT_CERTIFICATE] = options->certificate,
		[TLS_CLIENT_KEY] = options->key ? options->key :
						  options->certificate,
		[TLS_CLIENT_MEMORY] = NULL,
	};
	const char *text;
	enum tls_client_fault fault;

	if (!s->arguments->url.is_secure)
		return true;
	fault = tls_client_new(options, &s->tls, &text);
	if (!fault)
		return true;
	report_error(s->report, "%s: %s", files[fault] ? files[fault] : "TLS",
		     text);
	session_decide(s, fault == TLS_CLIENT_MEMORY ? EXIT_BROKEN :
						       EXIT_BAD_FILE);
	return false;
}

static void run(struct session *s)
{
	int error = set_up(s);

	if (error) {
		report_error(s->report, "%s", strerror(-error));
		session_decide(s, EXIT_BROKEN);
		return;
	}
	if (!has_trust(s))
		return;
	session_open(s);
	session_update(s);
	if (s->phase != PHASE_DONE && event_base_dispatch(s->base) < 0) {
		report_error(s->report, "the event loop failed");
		session_decide(s, EXIT_BROKEN);
	}
}

struct session_outcome session_run(const struct arguments *arguments)
{
	struct session *s = calloc(1, sizeof(*s));
	struct session_outcome outcome = { .code = EXIT_BROKEN };

	if (!s) {
		report_error(&arguments->report, "out of memory");
		return outcome;
	}
	s->arguments = arguments;
	s->report = &arguments->report;
	s->timer_ms = UINT64_MAX;
	stream_init(&s->stream);
	s->up.is_text = arguments->is_text;
	s->up.is_lines = s->down.is_lines = arguments->is_lines;
	run(s);
	outcome.code = s->code;
	outcome.signal = s->signal;
	tear_down(s);
	free(s);
	return outcome;
}
