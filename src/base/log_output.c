/* SPDX-License-Identifier: MIT */
/* The log's last step: a descriptor, and the care partial writes need. */

#include "base/log_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fd_is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

int log_output_open(struct log_output *output, const char *path)
{
	struct log_output opened = { .fd = STDERR_FILENO };

	if (path) {
		/* O_NONBLOCK: a FIFO without a reader fails, not waits. */
		opened.fd = open(path,
				 O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
					 O_NOCTTY | O_NONBLOCK,
				 0640);
		if (opened.fd < 0)
			return -errno;
		opened.path = strdup(path);
		if (!opened.path) {
			(void)close(opened.fd);
			return -ENOMEM;
		}
	}
	opened.is_regular = fd_is_regular(opened.fd);
	*output = opened;
	return 0;
}

void log_output_done(struct log_output *output)
{
	if (output->path)
		(void)close(output->fd);
	free(output->path);
	*output = (struct log_output){ .fd = -1 };
}

/* As many whole lines as a pipe takes at once; a line is never longer. */
static size_t atomic_length(const char *data, size_t len)
{
	if (len <= PIPE_BUF)
		return len;
	const char *end = memrchr(data, '\n', PIPE_BUF);

	return end ? (size_t)(end + 1 - data) : PIPE_BUF;
}

static ssize_t write_once(int fd, const char *data, size_t len)
{
	ssize_t n = write(fd, data, len);

	if (n > 0)
		return n;
	if (n == 0 || errno == EINTR)
		return -EAGAIN;
	return -errno;
}

ssize_t log_output_write(struct log_output *output, const char *data,
			 size_t len)
{
	if (output->is_torn) {
		ssize_t n = write_once(output->fd, "\n", 1);

		if (n < 0)
			return n;
		output->is_torn = false;
	}
	if (!output->is_regular)
		len = atomic_length(data, len);
	ssize_t n = write_once(output->fd, data, len);
	if (n > 0)
		output->is_mid_line = data[n - 1] != '\n';
	return n;
}

void log_output_break(struct log_output *output)
{
	if (output->is_mid_line)
		output->is_torn = true;
	output->is_mid_line = false;
}

bool log_output_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device;
	unsigned long long inode;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device &&
	       st.st_ino == inode;
}
