/* SPDX-License-Identifier: MIT */
/* Messages both ways, and how they end. */

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "connect/session_record.h"
#include "net/stream_tls.h"
#include "ws/close_code.h"

void session_flow_end(struct session *s, enum session_ending ending,
		      uint16_t code)
{
	if (s->ending >= ending)
		return;
	s->ending = ending;
	s->ending_ms = clock_coarse_ms();
	s->close_code = code;
}

/* The server's Close: what is told of it, and what it comes to. */
static void hear_close(struct session *s)
{
	struct slice reason =
		slice_make(s->ws.peer_reason, s->ws.peer_reason_len);
	uint16_t code = s->ws.peer_code;
	bool is_normal = code == WS_CLOSE_NORMAL || code == WS_CLOSE_NO_STATUS;
	char text[REPORT_TEXT_SIZE];

	report_text(reason, text);
	if (is_normal || s->ending == ENDING_HURRY)
		report_note(s->report, "the server closed: %u %s%s%s", code,
			    ws_close_code_name(code), reason.len ? ": " : "",
			    text);
	else
		report_error(s->report, "the server closed: %u %s%s%s", code,
			     ws_close_code_name(code), reason.len ? ": " : "",
			     text);
	session_decide(s, is_normal ? EXIT_NORMAL : EXIT_ABNORMAL);
	s->is_over = true;
	session_flow_end(s, ENDING_SERVER, code);
}

static void hear_violation(struct session *s)
{
	report_error(s->report, "the server breaks the protocol: %s",
		     s->ws.fail_text);
	session_decide(s, EXIT_BAD_SERVER);
	s->is_over = true;
	session_flow_end(s, ENDING_SERVER, s->ws.fail_code);
}

static void decode(struct session *s, size_t offset, size_t len)
{
	enum ws_event event = downward_decode(&s->down, &s->ws, offset, len);

	if (event == WS_EVENT_CLOSE)
		hear_close(s);
	else if (event == WS_EVENT_FAIL)
		hear_violation(s);
}

void session_flow_begin(struct session *s, size_t offset, size_t len)
{
	decode(s, offset, len);
}

/* TCP's end, or an error in its place. */
static void hear_end(struct session *s, int error)
{
	const char *text = error ? strerror(-error) : "it hung up";

	s->is_ended = true;
	s->is_deaf = true;
	if (s->is_over)
		return;
	s->is_over = true;
	if (s->is_decided)
		return;
	if (error == -EPROTO && s->tls && stream_tls_reason(&s->stream))
		text = stream_tls_reason(&s->stream);
	report_error(s->report, "the server is gone without a Close: %s", text);
	session_decide(s, EXIT_ABNORMAL);
}

void session_flow_read(struct session *s)
{
	ssize_t n;

	if (s->phase > PHASE_LINGER || downward_owes(&s->down))
		return;
	n = stream_read(&s->stream, downward_input(&s->down),
			DOWNWARD_INPUT_MAX);
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		hear_end(s, (int)n);
		return;
	}
	session_time_note_life(s);
	/* Section 7.1.1: behind the Closes there is nothing to be heard. */
	if (!s->is_over)
		decode(s, 0, (size_t)n);
}

void session_flow_input(struct session *s)
{
	int error = upward_read(&s->up);

	if (error) {
		report_error(s->report, "stdin: %s", strerror(-error));
		session_decide(s, EXIT_STDIO);
		session_flow_end(s, ENDING_HURRY, WS_CLOSE_GOING_AWAY);
		return;
	}
	if (s->up.is_ended && !s->arguments->stays_open) {
		report_note(s->report, "stdin is at its end");
		session_flow_end(s, ENDING_INPUT, WS_CLOSE_NORMAL);
	}
}

/* Nobody reads stdout any more, which is no error, or it cannot be written. */
void session_flow_output(struct session *s)
{
	int error = downward_write(&s->down, &s->output);

	if (!error) {
		if (!downward_owes(&s->down))
			session_time_note_life(s);
		return;
	}
	if (error == -EPIPE && !s->signal)
		s->signal = SIGPIPE;
	else
		report_error(s->report, "stdout: %s", strerror(-error));
	session_decide(s, EXIT_STDIO);
	s->down.at = s->down.end = 0;
	s->down.is_discarded = true;
	session_flow_end(s, ENDING_HURRY, WS_CLOSE_GOING_AWAY);
}

static void encode(struct session *s)
{
	if (upward_encode(&s->up))
		return;
	report_error(s->report, "stdin is not UTF-8, as --text wants it");
	session_decide(s, EXIT_BAD_INPUT);
	session_flow_end(s, ENDING_HURRY, WS_CLOSE_INVALID_PAYLOAD);
}

static bool close_is_due(const struct session *s)
{
	if (s->ending == ENDING_INPUT)
		return upward_is_finished(&s->up) &&
		       clock_coarse_ms() >= session_time_close_ms(s);
	return s->ending != ENDING_NOT;
}

/* Section 5.5.1: nothing follows a Close. */
static void fill(struct session *s)
{
	if (s->is_close_sent || s->is_deaf)
		return;
	if (ws_conn_has_reply(&s->ws))
		upward_put_pong(&s->up, &s->ws);
	if (s->wants_ping)
		upward_put_ping(&s->up, &s->ws);
	s->wants_ping = false;
	if (s->ending <= ENDING_INPUT)
		encode(s);
	if (close_is_due(s)) {
		upward_put_close(&s->up, s->close_code, slice_of(NULL));
		s->is_close_sent = true;
	}
}

/* What the server sent before it went is still to be read. */
static void go_deaf(struct session *s)
{
	s->is_deaf = true;
	s->up.output_at = s->up.output_end;
	session_flow_end(s, ENDING_SERVER, WS_CLOSE_GOING_AWAY);
}

/*
 * Until the socket takes no more, or there is nothing.  What frames are made of
 * is a buffer at most, so this comes to an end.
 */
static void send_all(struct session *s)
{
	bool is_progress = true;

	while (is_progress && !s->is_deaf) {
		is_progress = false;
		if (!upward_owes(&s->up))
			fill(s);
		if (upward_send(&s->up, &s->stream, &is_progress))
			go_deaf(s);
	}
}

static void tell_figures(const struct session *s)
{
	report_note(s->report, "%llu bytes were sent, %llu received",
		    (unsigned long long)s->up.sent,
		    (unsigned long long)s->down.received);
}

/*
 * Both Closes are on their way and stdout has all: section 7.1.1 has the
 * server close TCP first, which is waited for a little.
 */
static void end_if_over(struct session *s)
{
	bool is_told = s->is_deaf || (s->is_close_sent && !upward_owes(&s->up));

	if (!s->is_over || downward_owes(&s->down) || !is_told)
		return;
	if (s->phase == PHASE_OPEN) {
		s->phase = PHASE_LINGER;
		s->phase_ms = clock_coarse_ms();
		tell_figures(s);
		if (!s->is_deaf)
			(void)!stream_shutdown(&s->stream);
	}
	if (s->is_ended)
		session_finish(s, EXIT_ABNORMAL);
}

void session_flow_go_on(struct session *s)
{
	if (s->phase != PHASE_OPEN && s->phase != PHASE_LINGER)
		return;
	if (s->phase == PHASE_OPEN)
		send_all(s);
	end_if_over(s);
}
