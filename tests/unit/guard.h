/* SPDX-License-Identifier: MIT */
/* Memory next to a page that must not be touched, for tests of parsers. */

#ifndef TESTS_UNIT_GUARD_H
#define TESTS_UNIT_GUARD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * A read or write of one byte outside ends the test with SIGSEGV.  The memory
 * has whole pages: below the bytes of guard_alloc_end() and above those of
 * guard_alloc_start() the rest of a page can be touched unnoticed.  A test
 * that cannot get memory aborts.
 */

static inline size_t guard_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Bytes of the readable pages which hold `len` bytes; at least one page. */
static inline size_t guard_body_size(size_t len)
{
	size_t page = guard_page_size();

	return (len / page + 1) * page;
}

/* Maps a body between two guard pages; returns the body's first byte. */
static inline uint8_t *guard_map(size_t len)
{
	size_t page = guard_page_size();
	size_t body = guard_body_size(len);
	uint8_t *map = mmap(NULL, body + 2 * page, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED ||
	    mprotect(map + page, body, PROT_READ | PROT_WRITE) != 0)
		abort();
	return map + page;
}

/* `len` bytes, zeroed, directly below a guard page; 0 gives its address. */
static inline uint8_t *guard_alloc_end(size_t len)
{
	return guard_map(len) + (guard_body_size(len) - len);
}

/* `len` bytes, zeroed, directly above a guard page. */
static inline uint8_t *guard_alloc_start(size_t len)
{
	return guard_map(len);
}

/* A copy of `len` bytes at `data`, directly below a guard page. */
static inline uint8_t *guard_copy_end(const void *data, size_t len)
{
	uint8_t *copy = guard_alloc_end(len);

	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

/* Frees what guard_alloc_end() or guard_copy_end() gave for this `len`. */
static inline void guard_free_end(uint8_t *bytes, size_t len)
{
	size_t page = guard_page_size();
	size_t body = guard_body_size(len);

	munmap(bytes - (body - len) - page, body + 2 * page);
}

/* Frees what guard_alloc_start() gave for this `len`. */
static inline void guard_free_start(uint8_t *bytes, size_t len)
{
	size_t page = guard_page_size();

	munmap(bytes - page, guard_body_size(len) + 2 * page);
}

#endif
