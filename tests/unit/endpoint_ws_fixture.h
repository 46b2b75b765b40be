/* SPDX-License-Identifier: MIT */
/* A client's end and a raw target's over fake streams, pumped by hand. */

#ifndef TESTS_UNIT_ENDPOINT_WS_FIXTURE_H
#define TESTS_UNIT_ENDPOINT_WS_FIXTURE_H

#include "fake_stream.h"

#include "relay/endpoint_raw.h"
#include "relay/endpoint_ws.h"
#include "relay/pump.h"
#include "ws_client.h"

/* Longer than any timeout here, in milliseconds. */
#define LONG 1000000

struct fixture {
	struct buffer_pool pool;
	struct endpoint_ws client;
	struct endpoint target;
	struct fake_stream to_client;
	struct fake_stream to_target;
	uint8_t block[ENDPOINT_HEADROOM + 1024];
	struct pump_scratch scratch;
};

static inline struct fixture *fixture_new(bool is_text)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	endpoint_ws_init(&f->client, &f->pool);
	endpoint_init(&f->target, &endpoint_raw_ops, &f->pool);
	fake_stream_open(&f->to_client, &f->client.end);
	fake_stream_open(&f->to_target, &f->target);
	f->scratch.data = f->block + ENDPOINT_HEADROOM;
	f->scratch.size = sizeof(f->block) - ENDPOINT_HEADROOM;
	endpoint_ws_begin(&f->client, is_text ? WS_MESSAGES_TEXT :
						WS_MESSAGES_BINARY);
	return f;
}

static inline void fixture_free(struct fixture *f)
{
	fake_stream_close(&f->to_client, &f->client.end);
	fake_stream_close(&f->to_target, &f->target);
	buffer_pool_done(&f->pool);
	free(f);
}

static inline int setup(void **state)
{
	*state = fixture_new(false);
	return 0;
}

static inline int setup_text(void **state)
{
	*state = fixture_new(true);
	return 0;
}

static inline int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

/* One read of the target. */
static inline struct pump_result down(struct fixture *f, const void *data,
				      size_t len)
{
	fake_stream_say(&f->to_target, data, len);
	return pump_run(&f->target, &f->client.end, &f->scratch);
}

/* One read of the client. */
static inline struct pump_result up(struct fixture *f, const void *data,
				    size_t len)
{
	fake_stream_say(&f->to_client, data, len);
	return pump_run(&f->client.end, &f->target, &f->scratch);
}

static inline struct pump_result up_frame(struct fixture *f, uint8_t first,
					  const char *payload)
{
	uint8_t frame[512];

	return up(f, frame,
		  ws_client_frame(frame, first, payload, strlen(payload)));
}

/* The client's next frame is this; the rest moves up. */
static inline void check_frame(struct fixture *f, uint8_t first,
			       const void *payload, size_t len)
{
	struct fake_stream *fake = &f->to_client;
	struct ws_client_view frame = { 0 };

	assert_true(ws_client_parse(fake->output, fake->output_len, &frame));
	assert_int_equal(frame.first, first);
	assert_int_equal(frame.len, len);
	if (len)
		assert_memory_equal(frame.payload, payload, len);
	fake->output_len -= frame.size;
	memmove(fake->output, fake->output + frame.size, fake->output_len);
}

static inline void check_no_more(struct fixture *f)
{
	assert_int_equal(f->to_client.output_len, 0);
}

#endif
