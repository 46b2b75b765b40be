/* SPDX-License-Identifier: MIT */
/* The log's last step: a descriptor, and the care it needs. */

#include "base/log_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log_datagram.h"
#include "base/log_record.h"

static bool fd_is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

int log_output_open(struct log_output *output, const char *path)
{
	struct log_output opened = { .kind = LOG_OUTPUT_STDERR,
				     .fd = STDERR_FILENO };

	if (path) {
		opened.kind = LOG_OUTPUT_FILE;
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

int log_output_connect(struct log_output *output, enum log_output_kind kind,
		       const char *path)
{
	struct log_output opened = { .kind = kind, .path = strdup(path) };

	if (!opened.path)
		return -ENOMEM;
	opened.fd = log_datagram_connect(path);
	if (opened.fd < 0)
		opened.fd = -1;
	*output = opened;
	return 0;
}

bool log_output_is_connected(const struct log_output *output)
{
	return output->fd >= 0;
}

bool log_output_can_poll(const struct log_output *output)
{
	return output->fd >= 0 && !output->is_regular;
}

void log_output_done(struct log_output *output)
{
	if (output->path && output->fd >= 0)
		(void)close(output->fd);
	free(output->path);
	*output = LOG_OUTPUT_NONE;
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

static ssize_t write_stream(struct log_output *output, const char *data,
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

/* One line; its newline is there. */
static size_t to_datagram(const struct log_output *output, char *out,
			  const char *line, size_t len)
{
	time_t now = time(NULL);
	struct tm local = { .tm_mday = 1 };

	if (output->kind == LOG_OUTPUT_JOURNAL)
		return log_record_to_journal(out, line, len);
	(void)localtime_r(&now, &local);
	return log_record_to_syslog(out, line, len, &local, getpid());
}

static ssize_t write_datagram(struct log_output *output, const char *data,
			      size_t len)
{
	char datagram[LOG_RECORD_DATAGRAM_MAX];
	const char *end = memchr(data, '\n', len);
	size_t line_len = end ? (size_t)(end + 1 - data) : len;
	int error = log_datagram_send(&output->fd, output->path, datagram,
				      to_datagram(output, datagram, data,
						  line_len));

	return error ? error : (ssize_t)line_len;
}

ssize_t log_output_write(struct log_output *output, const char *data,
			 size_t len)
{
	switch (output->kind) {
	case LOG_OUTPUT_CLOSED:
		return -EBADF;
	case LOG_OUTPUT_STDERR:
	case LOG_OUTPUT_FILE:
		return write_stream(output, data, len);
	case LOG_OUTPUT_JOURNAL:
	case LOG_OUTPUT_SYSLOG:
		return write_datagram(output, data, len);
	}
	return -EBADF;
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
