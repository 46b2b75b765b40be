/* SPDX-License-Identifier: MIT */
/* Unmasking by blocks the compiler turns into vector instructions. */

#include "ws/mask.h"

#include <string.h>

/*
 * gcc compiles the function twice and the loader takes the wider one where the
 * processor has it.  That takes an indirect function, whose resolver runs
 * before a sanitizer's run time is ready: there one version must do.  So it
 * must with clang, which gives the indirect function a name of its own, one
 * that callers in other files do not know.
 */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && \
	!defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&          \
	!defined(__SANITIZE_THREAD__) &&                                  \
	!defined(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
#define WS_MASK_VERSIONS __attribute__((target_clones("avx2", "default")))
#else
#define WS_MASK_VERSIONS
#endif

/*
 * A block is a vector of the compiler's language extension: loaded whole, then
 * stored whole.  As dst <= src its store ends at or below the next load, so
 * the loop is right at every distance, also where dst and src are less than a
 * vector apart; a loop left to the vectoriser would be guarded by a test for
 * overlap and take its slow path for just the distances frames have.
 */
struct ws_mask_block {
	uint64_t words __attribute__((vector_size(32)));
} __attribute__((packed, may_alias));

/* The key as the payload sees it from `offset` on, twice over. */
static uint64_t ws_mask_word(const uint8_t key[WS_MASK_KEY_SIZE], size_t offset)
{
	unsigned down = 8 * (offset % WS_MASK_KEY_SIZE);
	unsigned up = (32 - down) % 32;
	uint32_t word;

	memcpy(&word, key, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	word = word >> down | word << up;
#else
	word = word << down | word >> up;
#endif
	return (uint64_t)word << 32 | word;
}

WS_MASK_VERSIONS
void ws_mask_move(uint8_t *dst, const uint8_t *src, size_t len,
		  const uint8_t key[WS_MASK_KEY_SIZE], size_t offset)
{
	const uint64_t mask = ws_mask_word(key, offset);
	const struct ws_mask_block block = { { mask, mask, mask, mask } };
	size_t at = 0;

	for (; len - at >= sizeof(block); at += sizeof(block)) {
		const struct ws_mask_block *from = (const void *)(src + at);
		struct ws_mask_block *to = (void *)(dst + at);

		to->words = from->words ^ block.words;
	}
	for (; len - at >= sizeof(mask); at += sizeof(mask)) {
		uint64_t word;

		memcpy(&word, src + at, sizeof(word));
		word ^= mask;
		memcpy(dst + at, &word, sizeof(word));
	}
	/* Whole words are multiples of the key, so `at` may stand for it. */
	for (; at < len; at++)
		dst[at] = src[at] ^ key[(offset + at) % WS_MASK_KEY_SIZE];
}
