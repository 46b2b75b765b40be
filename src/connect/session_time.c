/* SPDX-License-Identifier: MIT */
/* How long is waited for what, and how a server that vanished is found. */

#include "base/clock.h"
#include "connect/session_record.h"
#include "net/socket.h"

void session_time_note_life(struct session *s)
{
	s->life_ms = clock_coarse_ms();
	s->is_pinged = false;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t keep_alive_ms(const struct session *s)
{
	uint32_t interval_ms = s->arguments->ping_ms;

	if (interval_ms == 0)
		return UINT64_MAX;
	return (s->is_pinged ? s->pinged_ms : s->life_ms) + interval_ms;
}

uint64_t session_time_close_ms(const struct session *s)
{
	return later(s->life_ms, s->ending_ms) + s->arguments->wait_ms;
}

/* Until a ping is due, or its answer, or the Close that --wait put off. */
static uint64_t talk_ms(const struct session *s)
{
	uint64_t alive_ms = keep_alive_ms(s);
	uint64_t close_ms = session_time_close_ms(s);

	if (s->ending == ENDING_INPUT && upward_is_finished(&s->up) &&
	    !upward_owes(&s->up) && close_ms < alive_ms)
		return close_ms;
	return alive_ms;
}

/* As long as stdout takes nothing, the server is not heard: it has time. */
static uint64_t open_ms(const struct session *s)
{
	if (s->ending == ENDING_HURRY)
		return s->ending_ms + SESSION_HURRY_MS;
	if (s->is_over)
		return upward_owes(&s->up) && !s->is_deaf ?
			       s->ending_ms + SESSION_HURRY_MS :
			       UINT64_MAX;
	if (!s->is_close_sent && !s->is_deaf)
		return talk_ms(s);
	if (downward_owes(&s->down))
		return UINT64_MAX;
	return later(s->life_ms, s->ending_ms) + s->arguments->close_ms;
}

uint64_t session_time_deadline_ms(const struct session *s)
{
	switch (s->phase) {
	case PHASE_REACHING:
	case PHASE_TLS:
	case PHASE_ASKING:
		return s->phase_ms + s->arguments->connect_ms;
	case PHASE_REFUSED:
	case PHASE_LINGER:
		return s->phase_ms + SESSION_HURRY_MS;
	case PHASE_OPEN:
		return open_ms(s);
	case PHASE_DONE:
		break;
	}
	return UINT64_MAX;
}

/*
 * The ping may stand behind bytes that are on their way, or that the server
 * does not read for now: then its kernel answers for it.
 */
static bool is_behind_others(const struct session *s)
{
	int fd = s->stream.fd;

	return socket_outq(fd) > 0 &&
	       (socket_is_answered(fd) || socket_acked(fd) > s->acked);
}

/* No answer to a ping, and no other byte. */
static void keep_alive(struct session *s)
{
	if (!s->is_pinged) {
		s->is_pinged = true;
		s->wants_ping = true;
		s->pinged_ms = clock_coarse_ms();
		s->acked = socket_acked(s->stream.fd);
		return;
	}
	if (downward_owes(&s->down) || is_behind_others(s)) {
		session_time_note_life(s);
		return;
	}
	report_error(s->report,
		     "the server is gone: no answer to a ping in "
		     "%g seconds",
		     s->arguments->ping_ms / 1000.0);
	session_finish(s, EXIT_ABNORMAL);
}

static void not_open_in_time(struct session *s)
{
	static const char *const what[] = {
		[PHASE_REACHING] = "no connection",
		[PHASE_TLS] = "no end of the TLS handshake",
		[PHASE_ASKING] = "no answer to the request",
	};

	report_error(s->report, "%s port %u: %s in %g seconds",
		     s->arguments->host, s->arguments->url.port, what[s->phase],
		     s->arguments->connect_ms / 1000.0);
	session_finish(s, EXIT_UNREACHED);
}

static void open_is_due(struct session *s)
{
	if (s->ending == ENDING_HURRY || s->is_over) {
		session_finish(s, EXIT_ABNORMAL);
	} else if (!s->is_close_sent && !s->is_deaf) {
		if (clock_coarse_ms() >= keep_alive_ms(s))
			keep_alive(s);
	} else {
		report_error(s->report,
			     "the server did not close within %g seconds",
			     s->arguments->close_ms / 1000.0);
		session_finish(s, EXIT_ABNORMAL);
	}
}

void session_time_on_deadline(struct session *s)
{
	switch (s->phase) {
	case PHASE_REACHING:
	case PHASE_TLS:
	case PHASE_ASKING:
		not_open_in_time(s);
		return;
	case PHASE_REFUSED:
		session_open_refused(s);
		return;
	case PHASE_OPEN:
		open_is_due(s);
		return;
	case PHASE_LINGER:
		session_finish(s, EXIT_ABNORMAL);
		return;
	case PHASE_DONE:
		return;
	}
}
