/* SPDX-License-Identifier: MIT */
/* A stream that reads what a test scripted and takes as much as it allows. */

#ifndef TESTS_UNIT_FAKE_STREAM_H
#define TESTS_UNIT_FAKE_STREAM_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/stream.h"
#include "relay/endpoint.h"

/* Takes every write whole. */
#define FAKE_ALL SIZE_MAX

/* One per endpoint; found again by the stream's callback argument. */
struct fake_stream {
	const uint8_t *input; /* what is still to be read */
	size_t input_len;
	size_t piece;      /* bytes a read gives at most; 0: no bound */
	ssize_t input_end; /* what a read gives then: -EAGAIN, 0, -errno */
	size_t credit;     /* bytes it still takes, or FAKE_ALL */
	int write_error;   /* -errno of every write, 0: none */
	int shutdown_error;
	unsigned reads;
	unsigned writes; /* that it took, be it nothing */
	unsigned shutdowns;
	uint8_t *output; /* what it took */
	size_t output_len;
	size_t output_size;
};

static inline ssize_t fake_read(struct stream *stream, void *ret_data,
				size_t len)
{
	struct fake_stream *fake = stream->arg;
	size_t n = fake->input_len;

	fake->reads++;
	if (!n)
		return fake->input_end;
	if (n > len)
		n = len;
	if (fake->piece && n > fake->piece)
		n = fake->piece;
	memcpy(ret_data, fake->input, n);
	fake->input += n;
	fake->input_len -= n;
	return (ssize_t)n;
}

/* Doubles, so that what is taken byte by byte is not copied as often. */
static inline void fake_make_room(struct fake_stream *fake, size_t len)
{
	size_t needs = fake->output_len + len + 1;

	if (needs <= fake->output_size)
		return;
	fake->output_size = 2 * needs;
	fake->output = realloc(fake->output, fake->output_size);
	assert_non_null(fake->output);
}

static inline ssize_t fake_write(struct stream *stream, const void *data,
				 size_t len)
{
	struct fake_stream *fake = stream->arg;

	if (fake->write_error)
		return fake->write_error;
	if (!fake->credit)
		return -EAGAIN;
	if (len > fake->credit)
		len = fake->credit;
	fake->writes++;
	if (fake->credit != FAKE_ALL)
		fake->credit -= len;
	fake_make_room(fake, len);
	memcpy(fake->output + fake->output_len, data, len);
	fake->output_len += len;
	return (ssize_t)len;
}

static inline int fake_shutdown(struct stream *stream)
{
	struct fake_stream *fake = stream->arg;

	fake->shutdowns++;
	return fake->shutdown_error;
}

static const struct stream_ops fake_stream_ops = {
	.read = fake_read,
	.write = fake_write,
	.shutdown = fake_shutdown,
};

/*
 * Puts `fake` into an initialised endpoint.  Its descriptor is one the kernel
 * knows nothing to tell about: no bytes wait in it.
 */
static inline void fake_stream_open(struct fake_stream *fake,
				    struct endpoint *end)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	*fake = (struct fake_stream){ .input_end = -EAGAIN,
				      .credit = FAKE_ALL };
	stream_open(&end->stream, NULL, fd, NULL, fake);
	end->stream.ops = &fake_stream_ops;
}

static inline void fake_stream_close(struct fake_stream *fake,
				     struct endpoint *end)
{
	endpoint_done(end);
	free(fake->output);
}

/* Scripts `len` bytes to be read; they stay the caller's. */
static inline void fake_stream_say(struct fake_stream *fake, const void *data,
				   size_t len)
{
	assert_int_equal(fake->input_len, 0);
	fake->input = data;
	fake->input_len = len;
}

/* What was taken is this, and is forgotten. */
static inline void fake_stream_check(struct fake_stream *fake, const void *data,
				     size_t len)
{
	assert_int_equal(fake->output_len, len);
	if (len)
		assert_memory_equal(fake->output, data, len);
	fake->output_len = 0;
}

static inline void fake_stream_check_text(struct fake_stream *fake,
					  const char *text)
{
	fake_stream_check(fake, text, strlen(text));
}

#endif
