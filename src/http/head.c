/* SPDX-License-Identifier: MIT */
/* A state machine over the bytes of a request head. */

#include "http/head.h"

#include <assert.h>

#include "base/ascii.h"
#include "http/target.h"

/*
 * One row a rule: its name here, the status of breaking it, the text of it.
 * NONE comes first, as the machine also stops when all is well.
 */
#define FAULTS(X)                                                             \
	X(NONE, HTTP_HEAD_DONE, "")                                           \
	X(LONG_LINE, HTTP_HEAD_LINE_TOO_LONG, "request line too long")        \
	X(LARGE, HTTP_HEAD_TOO_LARGE, "header fields too large")              \
	X(MANY, HTTP_HEAD_TOO_LARGE, "too many header fields")                \
	X(OTHER_VERSION, HTTP_HEAD_BAD_VERSION, "HTTP version is not 1.1")    \
	X(LINE_END, HTTP_HEAD_BAD, "line does not end with CR LF")            \
	X(METHOD, HTTP_HEAD_BAD, "method is not a token and a space")         \
	X(TARGET, HTTP_HEAD_BAD, "request target has a byte no URI has")      \
	X(FORM, HTTP_HEAD_BAD, "request target is no path and no http URI")   \
	X(VERSION, HTTP_HEAD_BAD, "request line does not end with a version") \
	X(FOLDED, HTTP_HEAD_BAD, "header line is folded")                     \
	X(NAME, HTTP_HEAD_BAD, "header name is not a token and a colon")      \
	X(VALUE, HTTP_HEAD_BAD, "control character in a header value")        \
	X(NO_HOST, HTTP_HEAD_BAD, "Host is missing")                          \
	X(TWO_HOSTS, HTTP_HEAD_BAD, "Host comes twice")                       \
	X(BAD_HOST, HTTP_HEAD_BAD, "Host is not host[:port]")

enum fault {
#define FAULT_NAME(name, status, text) FAULT_##name,
	FAULTS(FAULT_NAME)
#undef FAULT_NAME
};

static const struct {
	enum http_head_status status;
	const char *text;
} faults[] = {
#define FAULT_ROW(name, status, text) { status, text },
	FAULTS(FAULT_ROW)
#undef FAULT_ROW
};

/* A session owns one of these while its head comes in: keep it small. */
_Static_assert(sizeof(struct http_head_parser) <= 64, "parser too large");

/* RFC 9112 section 2.3; its digits may be others at first. */
static const char version_text[8] = "HTTP/1.1";

void http_head_init(struct http_head_parser *p,
		    const struct http_head_limits *limits)
{
	assert(limits->request_line <= HTTP_HEAD_LIMIT_MAX);
	assert(limits->headers <= HTTP_HEAD_LIMIT_MAX);
	*p = (struct http_head_parser){
		.limits = *limits,
		.state = HTTP_HEAD_AT_BEGIN,
	};
}

static void stop(struct http_head_parser *p, enum fault fault)
{
	p->state = HTTP_HEAD_AT_STOP;
	p->fault = fault;
}

/* Consumes the byte at the cursor. */
static void step(struct http_head_parser *p, enum http_head_state next)
{
	p->head_len++;
	p->state = next;
}

/* Offset at which the request line, its CRLF aside, must have ended. */
static uint32_t line_bound(const struct http_head_parser *p)
{
	return p->line + p->limits.request_line;
}

static uint32_t fields_bound(const struct http_head_parser *p)
{
	return p->fields + p->limits.headers;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/*
 * Whether all of eight bytes are of ASCII_FIELD and none is HTAB: none below
 * space, none DEL.  A byte's top bit is set in `low` if the byte is below
 * space (or stands above one that is), in `del` likewise.
 */
static bool is_plain_text(const char *bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t tops = ones << 7;
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	uint64_t low = (word - ones * ' ') & ~word;
	uint64_t is_del = word ^ (ones * 0x7f);
	uint64_t del = (is_del - ones) & ~is_del;
	return ((low | del) & tops) == 0;
}

/*
 * Consumes bytes of a class.  True if another byte stands at the cursor;
 * false at the end of the data, or of `bound`, which breaks the rule `over`.
 */
static bool run(struct http_head_parser *p, const char *data, uint32_t end,
		unsigned classes, uint32_t bound, enum fault over)
{
	uint32_t last = min_u32(end, bound);
	uint32_t at = p->head_len;

	/* Values are most of a head: eight bytes at a time. */
	while (classes == ASCII_FIELD && last - at >= 8 &&
	       is_plain_text(data + at))
		at += 8;
	while (at < last && ascii_is(data[at], classes))
		at++;
	p->head_len = at;
	if (at == bound)
		stop(p, over);
	return at < last;
}

/* One empty line may come before the request line (RFC 9112 section 2.2). */
static void read_begin(struct http_head_parser *p, const char *data)
{
	if (data[p->head_len] == '\r')
		step(p, HTTP_HEAD_AT_BEGIN_LF);
	else
		p->state = HTTP_HEAD_AT_METHOD;
}

static void read_begin_lf(struct http_head_parser *p, const char *data)
{
	if (data[p->head_len] != '\n') {
		stop(p, FAULT_LINE_END);
		return;
	}
	step(p, HTTP_HEAD_AT_METHOD);
	p->line = p->head_len;
}

static void read_method(struct http_head_parser *p, const char *data,
			uint32_t end)
{
	if (!run(p, data, end, ASCII_TCHAR, line_bound(p), FAULT_LONG_LINE))
		return;
	if (data[p->head_len] != ' ' || p->head_len == p->line) {
		stop(p, FAULT_METHOD);
		return;
	}
	p->method_end = p->head_len;
	step(p, HTTP_HEAD_AT_TARGET);
}

static void read_target(struct http_head_parser *p, const char *data,
			uint32_t end)
{
	if (!run(p, data, end, ASCII_URI, line_bound(p), FAULT_LONG_LINE))
		return;
	char c = data[p->head_len];
	if (c != ' ' || p->head_len == p->method_end + 1) {
		bool is_line_end = c == '\r' || c == '\n';
		stop(p, is_line_end ? FAULT_VERSION : FAULT_TARGET);
		return;
	}
	p->target_end = p->head_len;
	step(p, HTTP_HEAD_AT_VERSION);
}

static void read_version(struct http_head_parser *p, const char *data,
			 uint32_t end)
{
	uint32_t start = p->target_end + 1;
	uint32_t last = min_u32(end, line_bound(p));

	for (; p->head_len < last; p->head_len++) {
		uint32_t i = p->head_len - start;
		char c = data[p->head_len];
		if (i == sizeof(version_text)) {
			p->state = HTTP_HEAD_AT_LINE_CR;
			return;
		}
		if (ascii_is_digit(version_text[i]) ? !ascii_is_digit(c) :
						      c != version_text[i]) {
			stop(p, FAULT_VERSION);
			return;
		}
	}
	if (p->head_len - start == sizeof(version_text))
		p->state = HTTP_HEAD_AT_LINE_CR;
	else if (p->head_len == line_bound(p))
		stop(p, FAULT_LONG_LINE);
}

static void read_line_cr(struct http_head_parser *p, const char *data)
{
	char c = data[p->head_len];

	if (c == '\r')
		step(p, HTTP_HEAD_AT_LINE_LF);
	else
		stop(p, c == '\n' ? FAULT_LINE_END : FAULT_VERSION);
}

static struct slice target_of(const struct http_head_parser *p,
			      const char *data)
{
	uint32_t start = p->method_end + 1;

	return slice_make(data + start, p->target_end - start);
}

/* The line is whole: judges what a single byte does not tell. */
static void read_line_lf(struct http_head_parser *p, const char *data)
{
	const char *version = data + p->target_end + 1;
	struct http_target target;

	if (data[p->head_len] != '\n')
		stop(p, FAULT_LINE_END);
	else if (memcmp(version, version_text, sizeof(version_text)) != 0)
		stop(p, FAULT_OTHER_VERSION);
	else if (!http_target_split(target_of(p, data), &target))
		stop(p, FAULT_FORM);
	else
		step(p, HTTP_HEAD_AT_FIELD);
	p->fields = p->head_len;
}

/*
 * The first byte of a line: of a field, or of the empty line at the end.  The
 * bound of the fields is read_name()'s to see, for the empty line has none.
 */
static void read_field(struct http_head_parser *p, const char *data)
{
	char c = data[p->head_len];

	if (c == '\r') {
		step(p, HTTP_HEAD_AT_END_LF);
	} else if (c == ' ' || c == '\t') {
		/* RFC 9112 sections 2.2 and 5.2: no line may be folded. */
		stop(p, FAULT_FOLDED);
	} else if (p->count == p->limits.header_count) {
		stop(p, FAULT_MANY);
	} else {
		p->count++;
		p->name = p->head_len;
		p->state = HTTP_HEAD_AT_NAME;
	}
}

static void read_name(struct http_head_parser *p, const char *data,
		      uint32_t end)
{
	if (!run(p, data, end, ASCII_TCHAR, fields_bound(p), FAULT_LARGE))
		return;
	if (data[p->head_len] != ':' || p->head_len == p->name) {
		stop(p, FAULT_NAME);
		return;
	}
	p->colon = p->head_len;
	step(p, HTTP_HEAD_AT_VALUE);
}

static void read_value(struct http_head_parser *p, const char *data,
		       uint32_t end)
{
	if (!run(p, data, end, ASCII_FIELD, fields_bound(p), FAULT_LARGE))
		return;
	char c = data[p->head_len];
	if (c == '\r')
		step(p, HTTP_HEAD_AT_FIELD_LF);
	else
		stop(p, c == '\n' ? FAULT_LINE_END : FAULT_VALUE);
}

/*
 * RFC 9112 section 3.2 has 400 for a request with no Host, with two, or with
 * one that is not valid.  `value_end` is the offset of its CR.
 */
static void take_host(struct http_head_parser *p, const char *data,
		      uint32_t value_end)
{
	uint32_t start = p->colon + 1;
	struct slice host =
		slice_trim(slice_make(data + start, value_end - start));

	if (p->host) {
		stop(p, FAULT_TWO_HOSTS);
	} else if (!http_authority_is_valid(host)) {
		stop(p, FAULT_BAD_HOST);
	} else {
		p->host = (uint32_t)(host.data - data);
		p->host_len = (uint32_t)host.len;
	}
}

static void read_field_lf(struct http_head_parser *p, const char *data)
{
	uint32_t at = p->head_len;

	if (at == fields_bound(p)) {
		stop(p, FAULT_LARGE);
		return;
	}
	if (data[at] != '\n') {
		stop(p, FAULT_LINE_END);
		return;
	}
	step(p, HTTP_HEAD_AT_FIELD);
	struct slice name = slice_make(data + p->name, p->colon - p->name);
	if (name.len == 4 && slice_equal_nocase(name, slice_of("host")))
		take_host(p, data, at - 1);
}

static void read_end_lf(struct http_head_parser *p, const char *data)
{
	if (data[p->head_len] != '\n') {
		stop(p, FAULT_LINE_END);
		return;
	}
	step(p, HTTP_HEAD_AT_STOP);
	if (!p->host)
		stop(p, FAULT_NO_HOST);
}

static void read_on(struct http_head_parser *p, const char *data, uint32_t end)
{
	switch (p->state) {
	case HTTP_HEAD_AT_BEGIN:
		read_begin(p, data);
		return;
	case HTTP_HEAD_AT_BEGIN_LF:
		read_begin_lf(p, data);
		return;
	case HTTP_HEAD_AT_METHOD:
		read_method(p, data, end);
		return;
	case HTTP_HEAD_AT_TARGET:
		read_target(p, data, end);
		return;
	case HTTP_HEAD_AT_VERSION:
		read_version(p, data, end);
		return;
	case HTTP_HEAD_AT_LINE_CR:
		read_line_cr(p, data);
		return;
	case HTTP_HEAD_AT_LINE_LF:
		read_line_lf(p, data);
		return;
	case HTTP_HEAD_AT_FIELD:
		read_field(p, data);
		return;
	case HTTP_HEAD_AT_NAME:
		read_name(p, data, end);
		return;
	case HTTP_HEAD_AT_VALUE:
		read_value(p, data, end);
		return;
	case HTTP_HEAD_AT_FIELD_LF:
		read_field_lf(p, data);
		return;
	case HTTP_HEAD_AT_END_LF:
		read_end_lf(p, data);
		return;
	case HTTP_HEAD_AT_STOP:
		return;
	}
}

enum http_head_status http_head_parse(struct http_head_parser *p,
				      const char *data, size_t len)
{
	/* No head is longer, so offsets fit 32 bits whatever follows it. */
	size_t most = http_head_size_max(&p->limits);
	uint32_t end = (uint32_t)(len < most ? len : most);

	while (p->state != HTTP_HEAD_AT_STOP && p->head_len < end)
		read_on(p, data, end);
	return p->state == HTTP_HEAD_AT_STOP ? faults[p->fault].status :
					       HTTP_HEAD_MORE;
}

const char *http_head_error_text(const struct http_head_parser *p)
{
	return faults[p->fault].text;
}

void http_head_request(const struct http_head_parser *p, const char *data,
		       struct http_request *ret_request)
{
	struct slice target = target_of(p, data);
	struct http_target parts;

	/* It was split before, when its line was whole. */
	bool is_valid = http_target_split(target, &parts);
	assert(p->state == HTTP_HEAD_AT_STOP && is_valid);
	(void)is_valid;
	*ret_request = (struct http_request){
		.method = slice_make(data + p->line, p->method_end - p->line),
		.target = target,
		.path = parts.path,
		.query = parts.query,
		.authority = parts.authority,
		.fields = slice_make(data + p->fields,
				     p->head_len - 2 - p->fields),
	};
	if (parts.authority.len == 0)
		ret_request->authority =
			slice_make(data + p->host, p->host_len);
}

bool http_field_next(struct slice *fields, struct http_field *ret)
{
	const char *end = fields->data + fields->len;

	if (fields->len == 0)
		return false;
	const char *colon = memchr(fields->data, ':', fields->len);
	if (!colon)
		return false;
	const char *cr = memchr(colon, '\r', (size_t)(end - colon));
	if (!cr || end - cr < 2)
		return false;
	ret->name = slice_make(fields->data, (size_t)(colon - fields->data));
	ret->value =
		slice_trim(slice_make(colon + 1, (size_t)(cr - colon - 1)));
	*fields = slice_make(cr + 2, (size_t)(end - cr - 2));
	return true;
}
