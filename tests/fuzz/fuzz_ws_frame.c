/* SPDX-License-Identifier: MIT */
/* Fuzzes the frame header: the same in every cut, and when encoded again. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ws/frame.h"

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	enum ws_frame_status status;
	struct ws_frame_header header;
	size_t used;
};

/* Decodes pieces that end at `cut` and at `size`, of a client or a server. */
static struct result decode(const uint8_t *data, size_t size, size_t cut,
			    bool from_server)
{
	const uint8_t *in = data;
	struct result result;

	if (from_server)
		ws_frame_header_init_client(&result.header);
	else
		ws_frame_header_init(&result.header);
	result.status = ws_frame_decode(&result.header, &in, data + cut);
	CHECK(in >= data && in <= data + cut);
	if (result.status == WS_FRAME_INCOMPLETE) {
		CHECK(in == data + cut);
		result.status =
			ws_frame_decode(&result.header, &in, data + size);
		CHECK(in >= data + cut && in <= data + size);
	}
	result.used = (size_t)(in - data);
	CHECK(ws_frame_status_text(result.status) != NULL);
	return result;
}

/* What was taken must be what the encoder makes, mask and key aside. */
static void check_encoded(const struct result *result, const uint8_t *data,
			  bool from_server)
{
	size_t key_size = from_server ? 0 : WS_MASK_KEY_SIZE;
	static const uint8_t no_key[WS_MASK_KEY_SIZE];
	uint8_t room[WS_FRAME_HEADER_MAX];
	uint8_t *payload = room + sizeof(room);
	size_t size = ws_frame_header_before(payload,
					     result->header.payload_len,
					     result->header.opcode,
					     result->header.fin);
	uint8_t *frame = payload - size;

	frame[1] |= from_server ? 0 : 0x80;
	CHECK(size + key_size == result->used);
	CHECK(memcmp(frame, data, size) == 0);
	CHECK(memcmp(result->header.key, from_server ? no_key : data + size,
		     WS_MASK_KEY_SIZE) == 0);
}

static void check_header(const uint8_t *data, size_t size, bool from_server)
{
	struct result whole = decode(data, size, size, from_server);

	if (whole.status == WS_FRAME_COMPLETE)
		check_encoded(&whole, data, from_server);
	if (whole.status == WS_FRAME_INCOMPLETE)
		CHECK(whole.used == size && size < WS_FRAME_CLIENT_HEADER_MAX);
	for (size_t cut = 0; cut < size && cut < 20; cut++) {
		struct result part = decode(data, size, cut, from_server);

		CHECK(part.status == whole.status);
		if (whole.status != WS_FRAME_COMPLETE)
			continue;
		CHECK(part.used == whole.used);
		CHECK(part.header.payload_len == whole.header.payload_len);
		CHECK(part.header.opcode == whole.header.opcode);
		CHECK(part.header.fin == whole.header.fin);
		CHECK(memcmp(part.header.key, whole.header.key,
			     WS_MASK_KEY_SIZE) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_header(data, size, false);
	check_header(data, size, true);
	return 0;
}
