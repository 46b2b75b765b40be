/* SPDX-License-Identifier: MIT */
/* Where compression gets its memory from: ws/ itself has none. */

#ifndef WS_ALLOCATOR_H
#define WS_ALLOCATOR_H

#include <stddef.h>

/*
 * Two functions and their argument, which must outlive every object made with
 * them; the struct itself is copied.  They are called by the thread that uses
 * the object.
 */
struct ws_allocator {
	/* `size` > 0 bytes, aligned for anything, any content; null: none. */
	void *(*alloc)(void *arg, size_t size);
	/* Gives back what alloc() gave; never null. */
	void (*free)(void *arg, void *memory);
	void *arg;
};

#endif
