/* SPDX-License-Identifier: MIT */
/* The fastest compressor there is for a message by itself.  Private to ws/. */

#ifndef WS_IGZIP_H
#define WS_IGZIP_H

#include "ws/deflate.h"

/*
 * ISA-L's deflate.  zlib builds three Huffman codes for every block, ten
 * microseconds in which a line of 200 bytes cannot make 100 MB/s; igzip can do
 * with the codes that RFC 1951 fixes, at 400 MB/s, and builds its own for what
 * is longer.  It has one level, level 1, and no context takeover here.
 */
struct ws_igzip;

/* Whether it can do what the settings ask; never in a build without ISA-L. */
bool ws_igzip_suits(const struct ws_deflate_settings *settings);

/* As ws_deflate_new(), for settings that suit.  The allocator must outlive
 * the object.  Null: no memory. */
__attribute__((warn_unused_result)) struct ws_igzip *
ws_igzip_new(const struct ws_allocator *allocator, unsigned window_bits);

/* As ws_deflate_free(). */
void ws_igzip_free(struct ws_igzip **z, const struct ws_allocator *allocator);

/*
 * Compresses `len` > 0 bytes at `in` by themselves into ws_deflate_bound(len)
 * bytes at `out`, up to and with the 00 00 FF FF of a flush; returns how many
 * were written.
 */
size_t ws_igzip_run(struct ws_igzip *z, const uint8_t *in, size_t len,
		    uint8_t *out);

#endif
