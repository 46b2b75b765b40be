/* SPDX-License-Identifier: MIT */
/* zlib's idea of an allocator, made of ours.  Private to ws/. */

#ifndef WS_ZLIB_MEMORY_H
#define WS_ZLIB_MEMORY_H

/* Input is const. */
#define ZLIB_CONST
#include <zlib.h>

#include "ws/allocator.h"

/*
 * Has `z` take its memory from `allocator`, which must live as long as `z`:
 * to be called before zlib's own initialisation.
 */
void ws_zlib_use(z_stream *z, struct ws_allocator *allocator);

#endif
