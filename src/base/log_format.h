/* SPDX-License-Identifier: MIT */
/* The shape of a log line: fields in, one escaped and bounded line out. */

#ifndef BASE_LOG_FORMAT_H
#define BASE_LOG_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Pure functions: no clock, descriptor, lock or allocation, so any thread may
 * call them.  What came from a peer may stand in the event and in every text
 * value; keys and levels are the program's own.
 *
 * Text:
 *   2026-11-23T00:12:01.123Z info session closed id=12 host="a b"
 * A value that is empty or has a byte other than A-Z a-z 0-9 . _ : / @ % + , -
 * [ ] * ~ stands in quotes, with \" and \\ inside.  No line contains a control
 * character (C0, DEL, C1), a character that is invisible or reorders its
 * neighbours (U+200B-200F, U+2028-202E, U+2060-206F, U+FEFF) or a byte that is
 * not UTF-8: each of their bytes is written \xNN, but for \n, \r and \t.
 *
 * Priority: the text form behind <N>, the priority of sd-daemon(3), in place of
 * the time: who reads it has a clock.  Priority JSON: the JSON form behind it.
 *
 * Fields: what base/log_record.h calls a record, for the journal.  MESSAGE= is
 * the text form without time and level, PRIORITY= the level; then follow
 * SYSLOG_IDENTIFIER=, WSRELAY_EVENT= and a field for each of the line's, its
 * name in upper case behind WSRELAY_, except that `id` is WSRELAY_SESSION= and
 * `code_sent` WSRELAY_CODE=.  Values are escaped as in text, without quotes.
 *
 * JSON (RFC 8259): {"time":"...","level":"info","event":"...","id":12}.  Every
 * line is valid JSON and valid UTF-8, whatever bytes it was given: a byte that
 * is not part of a UTF-8 sequence becomes \ufffd, the characters above \uNNNN.
 * Keys are not checked for being unique.
 *
 * Bounds: a value over LOG_VALUE_MAX bytes (as written) is cut between two
 * characters and ends with U+2026, the ellipsis.  Fields that no longer fit
 * into LOG_LINE_MAX are left out; the line then ends with an ellipsis in text,
 * with "truncated":true in JSON.  Of a record that holds for MESSAGE=; all of
 * its fields together fit into LOG_RECORD_MAX.
 */

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* How lines look: a format, and who reads them. */
enum log_style {
	LOG_STYLE_TEXT,
	LOG_STYLE_PRIORITY,
	LOG_STYLE_JSON,
	LOG_STYLE_PRIORITY_JSON,
	LOG_STYLE_FIELDS,
};

enum log_field_type {
	LOG_FIELD_TEXT,
	LOG_FIELD_U64,
	LOG_FIELD_SECONDS, /* usec, printed as seconds: 1.500 */
	LOG_FIELD_MILLIS,  /* usec, printed as milliseconds: 0.125 */
};

/* One named value of a line; `text` is escaped by the sink. */
struct log_field {
	const char *key; /* constant, [a-z_]+ */
	enum log_field_type type;
	union {
		struct slice text;
		uint64_t u64;
		uint64_t usec; /* SECONDS and MILLIS: microseconds */
	};
};

enum {
	/* With its newline; PIPE_BUF, so a line into a pipe is never torn. */
	LOG_LINE_MAX = 4096,
	/* Of a record: its message and the same again as fields. */
	LOG_RECORD_MAX = 2 * LOG_LINE_MAX,
	/* Of one value: three long ones and all numbers fit into a line. */
	LOG_VALUE_MAX = 1024,
};

struct log_line {
	enum log_style style;
	enum log_level level;
	uint64_t wall_usec; /* since 1970-01-01T00:00:00Z */
	struct slice event; /* constant words, or a library's message */
	const struct log_field *fields;
	size_t field_count;
};

/*
 * Writes `line` and its newline into `out`, which has room for LOG_LINE_MAX
 * bytes, LOG_RECORD_MAX in the style FIELDS, and returns how many were written:
 * at least 1, the last one being the only newline.  No terminator.
 */
size_t log_format_line(char *out, const struct log_line *line);

/* "error" ... "debug": the words of the configuration file. */
const char *log_level_name(enum log_level level);

static inline struct log_field log_field_text(const char *key, struct slice s)
{
	return (struct log_field){ .key = key,
				   .type = LOG_FIELD_TEXT,
				   .text = s };
}

static inline struct log_field log_field_u64(const char *key, uint64_t value)
{
	return (struct log_field){ .key = key,
				   .type = LOG_FIELD_U64,
				   .u64 = value };
}

static inline struct log_field log_field_seconds(const char *key, uint64_t usec)
{
	return (struct log_field){ .key = key,
				   .type = LOG_FIELD_SECONDS,
				   .usec = usec };
}

static inline struct log_field log_field_millis(const char *key, uint64_t usec)
{
	return (struct log_field){ .key = key,
				   .type = LOG_FIELD_MILLIS,
				   .usec = usec };
}

#endif
