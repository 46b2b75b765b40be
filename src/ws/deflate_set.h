/* SPDX-License-Identifier: MIT */
/* The compressors of one worker, for all sessions without context takeover. */

#ifndef WS_DEFLATE_SET_H
#define WS_DEFLATE_SET_H

#include "ws/deflate.h"

/*
 * Sessions agree on windows of different sizes; each size gets its compressor
 * when the first message asks for it.  Eight at most, so the memory is
 * bounded whatever clients ask for.  One thread at a time.
 */
struct ws_deflate_set;

/* An empty set whose compressors will have this level and mem_level, see
 * struct ws_deflate_settings.  Null: no memory. */
__attribute__((warn_unused_result)) struct ws_deflate_set *
ws_deflate_set_new(const struct ws_allocator *allocator, unsigned level,
		   unsigned mem_level);

/* Frees the set with its compressors and makes the pointer null; a null
 * pointer there is fine. */
void ws_deflate_set_free(struct ws_deflate_set **set);

/*
 * The compressor, without context takeover, for a window of 2^window_bits
 * bytes (WS_WINDOW_BITS_MIN to _MAX).  It belongs to the set and stays until
 * the set is freed.  Null: no memory, now; ask again later.
 */
__attribute__((warn_unused_result)) struct ws_deflate *
ws_deflate_set_get(struct ws_deflate_set *set, unsigned window_bits);

#endif
