/* SPDX-License-Identifier: MIT */
/* Log lines as the journal and syslog want them: one datagram each. */

#include "base/log_record.h"

#include <stdio.h>
#include <string.h>

#define PREFIX_LEN (sizeof(LOG_RECORD_MESSAGE) - 1)

enum {
	FACILITY_DAEMON = 3 << 3, /* as syslog(3) numbers them */
	PRIORITY_NOTICE = 5,
};

static bool is_record(const char *line, size_t len)
{
	return len > PREFIX_LEN &&
	       memcmp(line, LOG_RECORD_MESSAGE, PREFIX_LEN) == 0;
}

/* The message of one line and its length. */
static const char *message_of(const char *line, size_t len, size_t *ret_len)
{
	if (!is_record(line, len)) {
		*ret_len = len;
		return line;
	}
	const char *message = line + PREFIX_LEN;
	const char *end =
		memchr(message, LOG_RECORD_SEPARATOR, len - PREFIX_LEN);

	*ret_len = end ? (size_t)(end - message) : len - PREFIX_LEN;
	return message;
}

size_t log_record_flatten(char *data, size_t len)
{
	const char *from = data;
	const char *end = data + len;
	char *to = data;

	while (from < end) {
		const char *newline = memchr(from, '\n', (size_t)(end - from));
		size_t line_len = (size_t)((newline ? newline : end) - from);
		size_t message_len;
		const char *message = message_of(from, line_len, &message_len);

		memmove(to, message, message_len);
		to += message_len;
		if (newline)
			*to++ = '\n';
		from += line_len + (newline ? 1 : 0);
	}
	return (size_t)(to - data);
}

size_t log_record_to_journal(char *out, const char *line, size_t len)
{
	static const char frame[] = "\n" LOG_RECORD_IDENTIFIER "\n";
	char *at = out;

	if (!is_record(line, len)) {
		memcpy(at, LOG_RECORD_MESSAGE, PREFIX_LEN);
		at += PREFIX_LEN;
		memcpy(at, line, len - 1);
		at += len - 1;
		memcpy(at, frame, sizeof(frame) - 1);
		return (size_t)(at - out) + sizeof(frame) - 1;
	}
	memcpy(out, line, len);
	while ((at = memchr(at, LOG_RECORD_SEPARATOR,
			    len - (size_t)(at - out))))
		*at++ = '\n';
	return len;
}

/* Reads "<6>"; returns how many bytes it has. */
static size_t take_priority(const char *line, size_t len, int *ret_priority)
{
	*ret_priority = PRIORITY_NOTICE;
	if (len < 3 || line[0] != '<' || line[2] != '>' || line[1] < '0' ||
	    line[1] > '7')
		return 0;
	*ret_priority = line[1] - '0';
	return 3;
}

size_t log_record_to_syslog(char *out, const char *line, size_t len,
			    const struct tm *now, pid_t pid)
{
	char time[32];
	int priority;
	size_t text_len;
	const char *text = message_of(line, len - 1, &text_len);
	size_t skip = take_priority(text, text_len, &priority);

	if (!strftime(time, sizeof(time), "%b %e %H:%M:%S", now))
		time[0] = '\0';
	int head =
		snprintf(out, LOG_RECORD_DATAGRAM_MAX - LOG_RECORD_MAX,
			 "<%d>%s wsrelayd[%ld]: ", FACILITY_DAEMON | priority,
			 time, (long)pid);

	memcpy(out + head, text + skip, text_len - skip);
	return (size_t)head + text_len - skip;
}
