/* SPDX-License-Identifier: MIT */
/* Formats and escapes log lines by hand, at a fraction of what printf costs. */

#include "base/log_format.h"

#include <stdbool.h>
#include <string.h>

#include "base/log_escape.h"
#include "base/log_record.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* What ends a line that lost fields; its room is kept free from the start. */
#define TEXT_CUT " " ELLIPSIS "\n"
#define RECORD_CUT " " ELLIPSIS
#define JSON_CUT ",\"truncated\":true}\n"

enum {
	DIGITS_MAX = 20, /* of UINT64_MAX */
	USEC_PER_MSEC = 1000,
	USEC_PER_SEC = 1000000,
	SEC_PER_DAY = 86400,
};

/* Where the next byte goes; once something did not fit, `full` stays set. */
struct cursor {
	char *at;
	const char *end;
	bool full;
};

static void put(struct cursor *c, const char *data, size_t len)
{
	if ((size_t)(c->end - c->at) < len) {
		c->full = true;
		return;
	}
	memcpy(c->at, data, len);
	c->at += len;
}

static void put_text(struct cursor *c, const char *text)
{
	put(c, text, strlen(text));
}

static void put_char(struct cursor *c, char byte)
{
	put(c, &byte, 1);
}

static void put_u64(struct cursor *c, uint64_t value)
{
	char digits[DIGITS_MAX];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put(c, digits + at, sizeof(digits) - at);
}

/* The low `width` decimal digits of `value`, with leading zeros. */
static void put_digits(struct cursor *c, uint64_t value, size_t width)
{
	char digits[DIGITS_MAX];

	for (size_t i = width; i > 0; i--) {
		digits[i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
	put(c, digits, width);
}

struct civil {
	uint64_t year;
	uint64_t month;
	uint64_t day;
};

/*
 * The Gregorian date of a day count since 1970-01-01: Hinnant's
 * civil_from_days(), whose years begin on the 1st of March, so that the leap
 * day is a year's last.  719468 days lie between 0000-03-01 and 1970-01-01.
 */
static struct civil civil_of_days(uint64_t days)
{
	uint64_t shifted = days + 719468;
	uint64_t era = shifted / 146097;
	uint64_t doe = shifted % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;
	uint64_t month = mp < 10 ? mp + 3 : mp - 9;

	return (struct civil){
		.year = era * 400 + yoe + (month <= 2),
		.month = month,
		.day = doy - (153 * mp + 2) / 5 + 1,
	};
}

/* RFC 3339 in UTC, with milliseconds. */
static void put_time(struct cursor *c, uint64_t wall_usec)
{
	uint64_t sec = wall_usec / USEC_PER_SEC;
	struct civil date = civil_of_days(sec / SEC_PER_DAY);

	put_digits(c, date.year, 4);
	put_char(c, '-');
	put_digits(c, date.month, 2);
	put_char(c, '-');
	put_digits(c, date.day, 2);
	put_char(c, 'T');
	put_digits(c, sec / 3600 % 24, 2);
	put_char(c, ':');
	put_digits(c, sec / 60 % 60, 2);
	put_char(c, ':');
	put_digits(c, sec % 60, 2);
	put_char(c, '.');
	put_digits(c, wall_usec / USEC_PER_MSEC % 1000, 3);
	put_char(c, 'Z');
}

/*
 * Only whole characters count against the bound, so a cut never leaves half
 * an escape or half a sequence behind.
 */
static void put_escaped(struct cursor *c, struct slice s,
			enum log_escaping escaping)
{
	size_t room = LOG_VALUE_MAX;

	while (s.len > 0) {
		char token[LOG_ESCAPE_MAX];
		size_t used = 1;
		size_t len = 1;

		if (log_escape_is_plain(s.data[0]))
			token[0] = s.data[0];
		else
			len = log_escape_char(token, s, escaping, &used);
		if (len > room) {
			put_text(c, ELLIPSIS);
			return;
		}
		put(c, token, len);
		room -= len;
		s = slice_make(s.data + used, s.len - used);
	}
}

static void put_quoted(struct cursor *c, struct slice s,
		       enum log_escaping escaping)
{
	put_char(c, '"');
	put_escaped(c, s, escaping);
	put_char(c, '"');
}

static bool is_json(enum log_style style)
{
	return style == LOG_STYLE_JSON || style == LOG_STYLE_PRIORITY_JSON;
}

static void put_text_value(struct cursor *c, struct slice s,
			   enum log_style style)
{
	if (style == LOG_STYLE_FIELDS)
		put_escaped(c, s, LOG_ESCAPE_EVENT);
	else if (is_json(style))
		put_quoted(c, s, LOG_ESCAPE_JSON);
	else if (s.len <= LOG_VALUE_MAX && log_escape_is_bare(s))
		put(c, s.data, s.len);
	else
		put_quoted(c, s, LOG_ESCAPE_QUOTED);
}

/* `value` in thousandths of the unit printed. */
static void put_thousandths(struct cursor *c, uint64_t value)
{
	put_u64(c, value / 1000);
	put_char(c, '.');
	put_digits(c, value % 1000, 3);
}

static void put_value(struct cursor *c, const struct log_field *field,
		      enum log_style style)
{
	switch (field->type) {
	case LOG_FIELD_TEXT:
		put_text_value(c, field->text, style);
		return;
	case LOG_FIELD_U64:
		put_u64(c, field->u64);
		return;
	case LOG_FIELD_SECONDS:
		put_thousandths(c, field->usec / USEC_PER_MSEC);
		return;
	case LOG_FIELD_MILLIS:
		put_thousandths(c, field->usec);
		return;
	}
}

/* Names that the journal's readers know; all others are a line's own. */
static const struct {
	const char *key;
	const char *name;
} record_names[] = {
	{ "id", "SESSION" },
	{ "code_sent", "CODE" },
};

static void put_upper(struct cursor *c, const char *text)
{
	for (; *text; text++)
		put_char(c, *text >= 'a' && *text <= 'z' ?
				    (char)(*text - 'a' + 'A') :
				    *text);
}

static void put_record_key(struct cursor *c, const char *key)
{
	size_t names = sizeof(record_names) / sizeof(*record_names);
	size_t i = 0;

	while (i < names && strcmp(record_names[i].key, key) != 0)
		i++;
	put_char(c, LOG_RECORD_SEPARATOR);
	put_text(c, "WSRELAY_");
	put_upper(c, i < names ? record_names[i].name : key);
	put_char(c, '=');
}

static void put_field(struct cursor *c, const struct log_field *field,
		      enum log_style style)
{
	if (style == LOG_STYLE_FIELDS) {
		put_record_key(c, field->key);
	} else if (is_json(style)) {
		put_text(c, ",\"");
		put_text(c, field->key);
		put_text(c, "\":");
	} else {
		put_char(c, ' ');
		put_text(c, field->key);
		put_char(c, '=');
	}
	put_value(c, field, style);
}

/* As many as fit, none in part. */
static void put_fields(struct cursor *c, const struct log_line *line,
		       enum log_style style)
{
	for (size_t i = 0; i < line->field_count && !c->full; i++) {
		char *before = c->at;

		put_field(c, &line->fields[i], style);
		if (c->full)
			c->at = before;
	}
}

/* As sd-daemon(3) and syslog(3) number them, from 3, an error, to 7. */
static uint64_t syslog_priority(enum log_level level)
{
	return (uint64_t)level + 3;
}

static void put_priority(struct cursor *c, enum log_level level)
{
	put_char(c, '<');
	put_u64(c, syslog_priority(level));
	put_char(c, '>');
}

static void put_json_head(struct cursor *c, const struct log_line *line)
{
	put_text(c, "{\"time\":\"");
	put_time(c, line->wall_usec);
	put_text(c, "\",\"level\":\"");
	put_text(c, log_level_name(line->level));
	put_text(c, "\",\"event\":");
	put_quoted(c, line->event, LOG_ESCAPE_JSON);
}

/* Never cut: with the longest event it is under a third of a line. */
static void put_head(struct cursor *c, const struct log_line *line)
{
	switch (line->style) {
	case LOG_STYLE_TEXT:
		put_time(c, line->wall_usec);
		put_char(c, ' ');
		break;
	case LOG_STYLE_PRIORITY:
		put_priority(c, line->level);
		break;
	case LOG_STYLE_PRIORITY_JSON:
		put_priority(c, line->level);
		put_json_head(c, line);
		return;
	case LOG_STYLE_JSON:
		put_json_head(c, line);
		return;
	case LOG_STYLE_FIELDS:
		put_text(c, LOG_RECORD_MESSAGE);
		put_escaped(c, line->event, LOG_ESCAPE_EVENT);
		return;
	}
	put_text(c, log_level_name(line->level));
	put_char(c, ' ');
	put_escaped(c, line->event, LOG_ESCAPE_EVENT);
}

/* What may stand behind the fields: `end`, or `cut` when some are missing. */
static void put_end(struct cursor *c, char *limit, const char *end,
		    const char *cut)
{
	const char *tail = c->full ? cut : end;

	c->end = limit;
	c->full = false;
	put_text(c, tail);
}

static size_t format_record(char *out, const struct log_line *line)
{
	struct cursor c = { .at = out,
			    .end = out + LOG_LINE_MAX - strlen(RECORD_CUT) };

	put_head(&c, line);
	put_fields(&c, line, LOG_STYLE_TEXT);
	put_end(&c, out + LOG_RECORD_MAX - 1, "", RECORD_CUT);
	put_char(&c, LOG_RECORD_SEPARATOR);
	put_text(&c, "PRIORITY=");
	put_u64(&c, syslog_priority(line->level));
	put_char(&c, LOG_RECORD_SEPARATOR);
	put_text(&c, LOG_RECORD_IDENTIFIER);
	put_record_key(&c, "event");
	put_escaped(&c, line->event, LOG_ESCAPE_EVENT);
	put_fields(&c, line, LOG_STYLE_FIELDS);
	put_end(&c, out + LOG_RECORD_MAX, "\n", "\n");
	return (size_t)(c.at - out);
}

size_t log_format_line(char *out, const struct log_line *line)
{
	bool json = is_json(line->style);
	const char *cut = json ? JSON_CUT : TEXT_CUT;
	struct cursor c = { .at = out,
			    .end = out + LOG_LINE_MAX - strlen(cut) };

	if (line->style == LOG_STYLE_FIELDS)
		return format_record(out, line);
	put_head(&c, line);
	put_fields(&c, line, line->style);
	put_end(&c, out + LOG_LINE_MAX, json ? "}\n" : "\n", cut);
	return (size_t)(c.at - out);
}

const char *log_level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_NOTICE:
		return "notice";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "";
}
