/* SPDX-License-Identifier: MIT */
/* stdin and stdout, whatever they are: pipes, files, sockets, terminals. */

#include "connect/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A regular file takes what it is given; the size bounds the time it takes. */
#define WRITE_MOST 65536

int stdio_complete(void)
{
	int fd;

	/* The lowest that is free: those below are open by then. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Where that cannot be, the terminal is written to as it is. */
static void open_terminal(struct output *output)
{
	char name[PATH_MAX];
	int fd;

	if (ttyname_r(output->fd, name, sizeof(name)))
		return;
	fd = open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	output->fd = fd;
	output->is_own = true;
}

void output_init(struct output *output)
{
	struct stat file;

	*output = (struct output){ .fd = STDOUT_FILENO, .most = PIPE_BUF };
	if (fstat(output->fd, &file))
		return;
	output->is_socket = S_ISSOCK(file.st_mode);
	if (S_ISREG(file.st_mode) || output->is_socket)
		output->most = WRITE_MOST;
	if (isatty(output->fd))
		open_terminal(output);
}

void output_done(struct output *output)
{
	if (output->is_own)
		close(output->fd);
	output->is_own = false;
}

ssize_t output_write(const struct output *output, const uint8_t *data,
		     size_t len)
{
	size_t size = len < output->most ? len : output->most;
	ssize_t n;

	do {
		if (output->is_socket)
			n = send(output->fd, data, size,
				 MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			n = write(output->fd, data, size);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t input_read(uint8_t *ret_data, size_t len)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, ret_data, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}
