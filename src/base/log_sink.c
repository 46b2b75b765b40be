/* SPDX-License-Identifier: MIT */
/* The log's writer thread: takes lines from the ring and sees them written. */

#include "base/log_sink.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log_record.h"
#include "base/log_ring.h"

enum {
	/* What is taken from the ring at once; 8 of the longest lines. */
	BATCH_BYTES = 64 * 1024,
	/*
	 * After a batch the writer looks away this long before it asks to be
	 * woken: in traffic callers do not pay for a wake-up, 1 to 3 us each,
	 * and 200 writes a second suffice for any number of lines.
	 */
	NAP_MS = 5,
	CLOSE_MS = 1000,
	/* For a writer past its deadline to get from its poll to its end. */
	CLOSE_GRACE_MS = 200,
};

/* One allocation, buffers and all. */
struct log_sink {
	pthread_t thread;
	int wake_fd;      /* eventfd: interrupts the writer's poll */
	atomic_int style; /* enum log_style */
	atomic_uint_fast64_t dropped;

	pthread_mutex_t lock; /* for what follows, up to `ended` */
	pthread_cond_t ended_cond;
	struct log_ring ring;
	struct log_output next; /* to be taken over, unless closed */
	bool is_asleep;         /* the writer waits to be woken */
	bool is_urged;          /* woken from its nap already */
	bool reopen_wanted;
	bool is_stopping;
	uint64_t stop_at_ms; /* monotonic; valid when stopping */
	bool ended;

	/* The writer's own. */
	struct log_output output;
	char *batch;     /* BATCH_BYTES */
	size_t batch_at; /* written up to here */
	size_t batch_len;
	size_t notice_len;     /* of the line about drops it starts with */
	uint64_t notice_count; /* which tells of that many */
	uint64_t lost;         /* not written and not yet told of */

	char bytes[LOG_SINK_RING_BYTES + BATCH_BYTES];
};

static uint64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void count_dropped(struct log_sink *sink, uint64_t lines)
{
	atomic_fetch_add_explicit(&sink->dropped, lines, memory_order_relaxed);
}

static void sink_wake(struct log_sink *sink)
{
	uint64_t one = 1;

	/* Cannot fail but by a full counter, and then it is readable. */
	if (write(sink->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/* ---- the writer thread ---- */

static bool batch_is_empty(const struct log_sink *sink)
{
	return sink->batch_at == sink->batch_len;
}

static size_t batch_left(const struct log_sink *sink)
{
	return sink->batch_len - sink->batch_at;
}

/* A line of the log's own.  `out` has room for LOG_RECORD_MAX bytes. */
static size_t format_own(struct log_sink *sink, char *out, enum log_level level,
			 const char *event, struct log_field field)
{
	struct log_line line = {
		.style = log_sink_style(sink),
		.level = level,
		.wall_usec = clock_ms(CLOCK_REALTIME) * 1000,
		.event = slice_of(event),
		.fields = &field,
		.field_count = 1,
	};

	return log_format_line(out, &line);
}

static size_t line_length(const struct log_sink *sink)
{
	const char *line = sink->batch + sink->batch_at;
	const char *end = memchr(line, '\n', batch_left(sink));

	return end ? (size_t)(end + 1 - line) : batch_left(sink);
}

/* Lines that were made for a target of another kind. */
static void batch_suit(struct log_sink *sink)
{
	if (sink->output.kind == LOG_OUTPUT_JOURNAL)
		return;
	sink->batch_len = sink->batch_at +
			  log_record_flatten(sink->batch + sink->batch_at,
					     batch_left(sink));
	if (sink->batch_at < sink->notice_len)
		sink->notice_len = line_length(sink);
}

/* With the lock held.  The line about drops stands where they happened. */
static void batch_fill(struct log_sink *sink)
{
	if (!log_ring_has_any(&sink->ring))
		return;
	sink->notice_count = sink->lost + log_ring_take_missed(&sink->ring);
	sink->lost = 0;
	sink->notice_len = 0;
	if (sink->notice_count)
		sink->notice_len =
			format_own(sink, sink->batch, LOG_LEVEL_NOTICE,
				   "log lines dropped",
				   log_field_u64("count", sink->notice_count));
	sink->batch_at = 0;
	sink->batch_len = sink->notice_len +
			  log_ring_take(&sink->ring,
					sink->batch + sink->notice_len,
					BATCH_BYTES - sink->notice_len);
	batch_suit(sink);
}

/* Gives up on the batch; its line about drops is not one that was logged. */
static void batch_drop(struct log_sink *sink)
{
	uint64_t lines = 0;

	if (sink->batch_at < sink->notice_len) {
		sink->lost += sink->notice_count;
		sink->batch_at = sink->notice_len;
	}
	for (size_t i = sink->batch_at; i < sink->batch_len; i++)
		lines += sink->batch[i] == '\n';
	sink->lost += lines;
	sink->batch_at = sink->batch_len;
	count_dropped(sink, lines);
	log_output_break(&sink->output);
}

/* A line begun in the old output is written whole into the new one. */
static void sink_switch_output(struct log_sink *sink, struct log_output *next)
{
	log_output_done(&sink->output);
	sink->output = *next;
	*next = LOG_OUTPUT_NONE;
	while (sink->batch_at > 0 && sink->batch[sink->batch_at - 1] != '\n')
		sink->batch_at--;
	batch_suit(sink);
}

static void sink_reopen(struct log_sink *sink)
{
	char line[LOG_RECORD_MAX];
	struct log_output next;

	if (sink->output.kind != LOG_OUTPUT_FILE)
		return;
	int error = log_output_open(&next, sink->output.path);
	if (!error) {
		sink_switch_output(sink, &next);
		return;
	}
	log_sink_put(
		sink, line,
		format_own(sink, line, LOG_LEVEL_WARNING,
			   "log file not reopened",
			   log_field_text("error",
					  slice_of(strerrordesc_np(-error)))));
}

/* When the poll has to end: never, while nobody wants the writer to stop. */
static int poll_timeout(bool stopping, uint64_t stop_at_ms, int otherwise)
{
	if (!stopping)
		return otherwise;
	uint64_t now = clock_ms(CLOCK_MONOTONIC);

	return now < stop_at_ms ? (int)(stop_at_ms - now) : 0;
}

/* Waits to be woken, for the output if it is wanted, and for the timeout. */
static bool sink_poll(struct log_sink *sink, bool output, int timeout_ms)
{
	struct pollfd fds[2] = {
		{ .fd = sink->wake_fd, .events = POLLIN },
		{ .fd = output ? sink->output.fd : -1, .events = POLLOUT },
	};
	uint64_t count;

	(void)poll(fds, 2, timeout_ms);
	if (fds[0].revents && read(sink->wake_fd, &count, sizeof(count)) < 0)
		return false;
	return fds[1].revents != 0;
}

/* One write, once the output takes it. */
static void sink_write(struct log_sink *sink, bool stopping,
		       uint64_t stop_at_ms)
{
	int timeout_ms = poll_timeout(stopping, stop_at_ms, -1);

	if (log_output_can_poll(&sink->output) &&
	    !sink_poll(sink, true, timeout_ms))
		return;
	ssize_t n = log_output_write(
		&sink->output, sink->batch + sink->batch_at, batch_left(sink));
	if (n > 0)
		sink->batch_at += (size_t)n;
	else if (n != -EAGAIN)
		batch_drop(sink);
}

enum writer_step { STEP_WRITE, STEP_NAP, STEP_SLEEP, STEP_END };

/* With the lock held: what is there to do. */
static enum writer_step sink_next_step(struct log_sink *sink, bool napped)
{
	sink->is_urged = false;
	if (batch_is_empty(sink))
		batch_fill(sink);
	if (!batch_is_empty(sink)) {
		bool late = sink->is_stopping &&
			    clock_ms(CLOCK_MONOTONIC) >= sink->stop_at_ms;
		return late ? STEP_END : STEP_WRITE;
	}
	if (sink->is_stopping)
		return STEP_END;
	if (!napped)
		return STEP_NAP;
	sink->is_asleep = true;
	return STEP_SLEEP;
}

/* With the lock held. */
static void sink_take_requests(struct log_sink *sink, bool *ret_reopen)
{
	*ret_reopen = sink->reopen_wanted;
	sink->reopen_wanted = false;
	sink->is_asleep = false;
	if (sink->next.kind != LOG_OUTPUT_CLOSED)
		sink_switch_output(sink, &sink->next);
}

/* What could not be written in time counts as dropped; then nobody waits. */
static void sink_end(struct log_sink *sink)
{
	(void)pthread_mutex_lock(&sink->lock);
	do {
		batch_drop(sink);
		batch_fill(sink);
	} while (!batch_is_empty(sink));
	sink->ended = true;
	(void)pthread_cond_signal(&sink->ended_cond);
	(void)pthread_mutex_unlock(&sink->lock);
}

static void *writer_main(void *argument)
{
	struct log_sink *sink = argument;
	bool napped = false;

	for (;;) {
		bool reopen;

		(void)pthread_mutex_lock(&sink->lock);
		sink_take_requests(sink, &reopen);
		enum writer_step step = sink_next_step(sink, napped);
		bool stopping = sink->is_stopping;
		uint64_t stop_at_ms = sink->stop_at_ms;
		(void)pthread_mutex_unlock(&sink->lock);

		if (reopen)
			sink_reopen(sink);
		napped = step == STEP_NAP;
		switch (step) {
		case STEP_WRITE:
			sink_write(sink, stopping, stop_at_ms);
			break;
		case STEP_NAP:
			(void)sink_poll(sink, false, NAP_MS);
			break;
		case STEP_SLEEP:
			(void)sink_poll(sink, false, -1);
			break;
		case STEP_END:
			sink_end(sink);
			return NULL;
		}
	}
}

/* ---- its callers ---- */

void log_sink_put(struct log_sink *sink, const char *line, size_t len)
{
	bool wake = false;

	(void)pthread_mutex_lock(&sink->lock);
	bool put = log_ring_put(&sink->ring, line, len);
	if (sink->is_asleep) {
		sink->is_asleep = false;
		wake = true;
	} else if (!sink->is_urged &&
		   log_ring_fill(&sink->ring) > LOG_SINK_RING_BYTES / 2) {
		sink->is_urged = true;
		wake = true;
	}
	(void)pthread_mutex_unlock(&sink->lock);
	if (!put)
		count_dropped(sink, 1);
	if (wake)
		sink_wake(sink);
}

void log_sink_set_output(struct log_sink *sink, struct log_output *output,
			 enum log_style style)
{
	(void)pthread_mutex_lock(&sink->lock);
	log_output_done(&sink->next);
	sink->next = *output;
	atomic_store_explicit(&sink->style, (int)style, memory_order_relaxed);
	(void)pthread_mutex_unlock(&sink->lock);
	*output = LOG_OUTPUT_NONE;
	sink_wake(sink);
}

void log_sink_reopen(struct log_sink *sink)
{
	(void)pthread_mutex_lock(&sink->lock);
	sink->reopen_wanted = true;
	(void)pthread_mutex_unlock(&sink->lock);
	sink_wake(sink);
}

enum log_style log_sink_style(const struct log_sink *sink)
{
	return (enum log_style)atomic_load_explicit(&sink->style,
						    memory_order_relaxed);
}

uint64_t log_sink_dropped(const struct log_sink *sink)
{
	return atomic_load_explicit(&sink->dropped, memory_order_relaxed);
}

/* A signal handled by this thread could find the log's lock taken. */
static int thread_start(struct log_sink *sink)
{
	sigset_t all;
	sigset_t before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&sink->thread, NULL, writer_main, sink);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		(void)pthread_setname_np(sink->thread, "log");
	return -error;
}

static void sink_init(struct log_sink *sink, enum log_style style)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&sink->ended_cond, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	(void)pthread_mutex_init(&sink->lock, NULL);
	log_ring_init(&sink->ring, sink->bytes, LOG_SINK_RING_BYTES);
	sink->batch = sink->bytes + LOG_SINK_RING_BYTES;
	sink->next = LOG_OUTPUT_NONE;
	atomic_store(&sink->style, (int)style);
}

static void sink_destroy(struct log_sink *sink)
{
	log_output_done(&sink->next);
	log_output_done(&sink->output);
	(void)close(sink->wake_fd);
	(void)pthread_cond_destroy(&sink->ended_cond);
	(void)pthread_mutex_destroy(&sink->lock);
	free(sink);
}

int log_sink_new(struct log_output *output, enum log_style style,
		 struct log_sink **ret_sink)
{
	struct log_sink *sink = calloc(1, sizeof(*sink));
	int error;

	if (!sink)
		return -ENOMEM;
	sink->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sink->wake_fd < 0) {
		error = -errno;
		free(sink);
		return error;
	}
	sink_init(sink, style);
	sink->output = *output;
	error = thread_start(sink);
	if (error) {
		sink->output = LOG_OUTPUT_NONE;
		sink_destroy(sink);
		return error;
	}
	*output = LOG_OUTPUT_NONE;
	*ret_sink = sink;
	return 0;
}

static struct timespec timespec_of_ms(uint64_t ms)
{
	return (struct timespec){
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};
}

/* Asks the thread to end; returns whether it did so in time. */
static bool sink_stop(struct log_sink *sink)
{
	uint64_t stop_at_ms = clock_ms(CLOCK_MONOTONIC) + CLOSE_MS;
	struct timespec give_up = timespec_of_ms(stop_at_ms + CLOSE_GRACE_MS);
	int error = 0;

	(void)pthread_mutex_lock(&sink->lock);
	sink->is_stopping = true;
	sink->stop_at_ms = stop_at_ms;
	sink_wake(sink);
	while (!sink->ended && !error)
		error = pthread_cond_timedwait(&sink->ended_cond, &sink->lock,
					       &give_up);
	bool ended = sink->ended;
	(void)pthread_mutex_unlock(&sink->lock);
	return ended;
}

uint64_t log_sink_free(struct log_sink **sink_at)
{
	struct log_sink *sink = *sink_at;

	if (!sink)
		return 0;
	*sink_at = NULL;
	bool ended = sink_stop(sink);
	uint64_t dropped = log_sink_dropped(sink);
	if (ended) {
		(void)pthread_join(sink->thread, NULL);
		sink_destroy(sink);
	} else {
		(void)pthread_detach(sink->thread);
	}
	return dropped;
}
