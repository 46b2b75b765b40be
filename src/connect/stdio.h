/* SPDX-License-Identifier: MIT */
/* stdin and stdout, whatever they are: pipes, files, sockets, terminals. */

#ifndef CONNECT_STDIO_H
#define CONNECT_STDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Both are waited for and then used without O_NONBLOCK: that flag belongs to
 * the open file, which a shell and others share with us and would find changed.
 * Writes are bounded instead, so that one that was waited for does not block.
 */
struct output {
	int fd;
	size_t most;    /* bytes of a write that does not block */
	bool is_socket; /* it can be told not to, call by call */
	bool is_own;    /* `fd` is to be closed */
};

/* Opens /dev/null where one of the three is closed: 0 or -errno. */
__attribute__((warn_unused_result)) int stdio_complete(void);

/* Looks at stdout.  A terminal is opened anew, as a file of our own. */
void output_init(struct output *output);

/* Closes what output_init() opened. */
void output_done(struct output *output);

/* Bytes written, -EAGAIN if there is no room, or -errno. */
__attribute__((warn_unused_result)) ssize_t
output_write(const struct output *output, const uint8_t *data, size_t len);

/* Of stdin, when it is ready: bytes read, 0 at the end, -EAGAIN or -errno. */
__attribute__((warn_unused_result)) ssize_t input_read(uint8_t *ret_data,
						       size_t len);

#endif
