/* SPDX-License-Identifier: MIT */
/* Both ends by the piece, over fake streams that take what credit allows. */

#ifndef TESTS_UNIT_PIECES_FIXTURE_H
#define TESTS_UNIT_PIECES_FIXTURE_H

#include "fake_stream.h"

#include "relay/endpoint_record.h"
#include "relay/endpoint_ws.h"
#include "relay/framings.h"
#include "relay/pump.h"
#include "relay/workshop.h"
#include "ws_client.h"

/* As small as can be, so that everything has to be done in steps. */
#define PIECES_BUFFER 4096

struct pieces_options {
	enum config_framing framing;
	enum config_line_end line_end;
	enum ws_messages messages;
	bool replaces; /* text of the target that is not UTF-8 */
	size_t limit;  /* limits.message; 0: plenty */
	const struct http_deflate_agreement *deflate; /* or null */
	size_t min_size;
};

struct pieces {
	struct buffer_pool pool;
	struct endpoint_ws client;
	struct endpoint_record target;
	struct fake_stream to_client;
	struct fake_stream to_target;
	struct config_backend backend;
	struct config_route route;
	struct config config;
	struct workshop shop;
	uint8_t block[ENDPOINT_HEADROOM + PIECES_BUFFER];
	struct pump_scratch scratch;
	struct pump_result result; /* of the last run */
	size_t gathered; /* most there was of a message */
	uint32_t seed;
};

static inline uint32_t pieces_random(struct pieces *p)
{
	p->seed ^= p->seed << 13;
	p->seed ^= p->seed >> 17;
	p->seed ^= p->seed << 5;
	return p->seed;
}

static inline void pieces_route(struct pieces *p,
				const struct pieces_options *options)
{
	p->route = (struct config_route){
		.backend = &p->backend,
		.framing = options->framing,
		.line_end = options->line_end,
		.compression = CONFIG_COMPRESSION_ON,
		.invalid_utf8 = options->replaces ?
					CONFIG_INVALID_UTF8_REPLACE :
					CONFIG_INVALID_UTF8_CLOSE,
		.limits = { .buffer = PIECES_BUFFER,
			    .message = options->limit ? options->limit :
							1 << 24 },
		.deflate = { .level = 1,
			     .memory_level = 8,
			     .min_size = options->min_size },
	};
	p->config = (struct config){ .routes = &p->route, .route_count = 1 };
}

static inline struct pieces *pieces_new(const struct pieces_options *options)
{
	struct pieces *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->seed = 0x9E3779B9;
	pieces_route(p, options);
	assert_int_equal(workshop_fit(&p->shop, &p->config), 0);
	endpoint_ws_init(&p->client, &p->pool);
	endpoint_record_init(&p->target, &p->pool);
	fake_stream_open(&p->to_client, &p->client.end);
	fake_stream_open(&p->to_target, &p->target.end);
	p->scratch = (struct pump_scratch){
		.data = p->block + ENDPOINT_HEADROOM,
		.size = workshop_share(&p->route),
		.piece = workshop_piece(&p->route),
		.shop = &p->shop,
		.route = &p->route,
	};
	endpoint_ws_begin(&p->client, options->messages);
	endpoint_ws_begin_pieces(&p->client, options->replaces);
	if (options->deflate)
		assert_int_equal(
			endpoint_ws_begin_deflate(&p->client, options->deflate,
						  &p->route.deflate),
			0);
	assert_int_equal(endpoint_record_begin(&p->target,
					       framing_of_route(&p->route)),
			 0);
	return p;
}

static inline void pieces_free(struct pieces *p)
{
	endpoint_ws_done(&p->client);
	endpoint_record_done(&p->target);
	free(p->to_client.output);
	free(p->to_target.output);
	assert_int_equal(counter_get(&p->pool.lent), 0);
	buffer_pool_done(&p->pool);
	workshop_done(&p->shop);
	free(p);
}

/*
 * The bound that holds whatever the peers do; a message that was gathered is
 * owed on top of it.
 */
static inline void pieces_check_bound(struct pieces *p,
				      const struct endpoint *from,
				      const struct endpoint *to)
{
	size_t bound = PIECES_BUFFER;

	if (stash_len(to->gather) > p->gathered)
		p->gathered = stash_len(to->gather);
	if (p->gathered)
		bound += p->gathered + p->scratch.size;
	assert_true(stash_len(from->held) + to->out.len <= bound);
}

/*
 * Relays `len` bytes of the client, or the target, in reads of at most `piece`
 * bytes, to the other, which takes `credit` bytes each time it is asked (0: as
 * many as chance will have it; FAKE_ALL: all).  Until nothing is left to do, or
 * something else than bytes moved came of it: `p->result`.
 */
static inline void pieces_relay(struct pieces *p, bool is_up, const void *data,
				size_t len, size_t piece, size_t credit)
{
	struct fake_stream *source = is_up ? &p->to_client : &p->to_target;
	struct fake_stream *sink = is_up ? &p->to_target : &p->to_client;
	struct endpoint *from = is_up ? &p->client.end : &p->target.end;
	struct endpoint *to = is_up ? &p->target.end : &p->client.end;

	fake_stream_say(source, data, len);
	source->piece = piece;
	do {
		unsigned reads = source->reads;
		bool had_more = endpoint_has_more(from);

		sink->credit = credit ? credit : pieces_random(p) % 700;
		if (endpoint_owes(to)) {
			assert_int_equal(endpoint_flush(to), 0);
			continue;
		}
		p->result = pump_run(from, to, &p->scratch);
		assert_true(!had_more || source->reads == reads);
		pieces_check_bound(p, from, to);
	} while (p->result.outcome == PUMP_MOVED || endpoint_owes(to));
	sink->credit = FAKE_ALL;
	source->input_len = 0;
}

static inline void pieces_up(struct pieces *p, const void *data, size_t len,
			     size_t piece, size_t credit)
{
	pieces_relay(p, true, data, len, piece, credit);
}

static inline void pieces_down(struct pieces *p, const void *data, size_t len,
			       size_t piece, size_t credit)
{
	pieces_relay(p, false, data, len, piece, credit);
}

/* Bytes that grow. */
struct bytes {
	uint8_t *data;
	size_t len;
	size_t size;
};

static inline void bytes_add(struct bytes *b, const void *data, size_t len)
{
	if (b->len + len >= b->size) {
		b->size = 2 * (b->len + len) + 1;
		b->data = realloc(b->data, b->size);
		assert_non_null(b->data);
	}
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

/* Adds a client's frame. */
static inline void bytes_add_frame(struct bytes *b, uint8_t first,
				   const void *payload, size_t len)
{
	uint8_t *frame = malloc(len + WS_CLIENT_OVERHEAD);

	assert_non_null(frame);
	bytes_add(b, frame, ws_client_frame(frame, first, payload, len));
	free(frame);
}

static inline void bytes_free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ .data = NULL };
}

#endif
