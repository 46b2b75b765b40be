/* SPDX-License-Identifier: MIT */
/* The request head parser: what it takes, what it refuses, however cut. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "guard.h"
#include "http/head.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LINE	     "GET / HTTP/1.1\r\n"
#define HOST	     "Host: a\r\n"

static const struct http_head_limits roomy = {
	.request_line = 8192,
	.headers = 16384,
	.header_count = 128,
};

/* Shows the first `len` bytes, in memory of their own next to a guard page. */
static enum http_head_status show(struct http_head_parser *p, const char *data,
				  size_t len)
{
	uint8_t *copy = guard_copy_end(data, len);
	enum http_head_status status =
		http_head_parse(p, (const char *)copy, len);

	guard_free_end(copy, len);
	return status;
}

/* Compared between the ways to cut a head. */
struct outcome {
	enum http_head_status status;
	uint32_t head_len;
	const char *text;
};

static struct outcome outcome_of(const struct http_head_parser *p,
				 enum http_head_status status)
{
	const char *text = http_head_error_text(p);

	return (struct outcome){status, p->head_len, text};
}

static struct outcome feed_whole(const struct http_head_limits *limits,
				 const char *data, size_t len)
{
	struct http_head_parser p;

	http_head_init(&p, limits);
	return outcome_of(&p, show(&p, data, len));
}

static struct outcome feed_bytes(const struct http_head_limits *limits,
				 const char *data, size_t len)
{
	struct http_head_parser p;
	enum http_head_status status = HTTP_HEAD_MORE;

	http_head_init(&p, limits);
	for (size_t i = 1; i <= len && status == HTTP_HEAD_MORE; i++)
		status = show(&p, data, i);
	return outcome_of(&p, status);
}

static struct outcome feed_split(const struct http_head_limits *limits,
				 const char *data, size_t len, size_t at)
{
	struct http_head_parser p;

	http_head_init(&p, limits);
	enum http_head_status status = show(&p, data, at);
	if (status == HTTP_HEAD_MORE)
		status = show(&p, data, len);
	return outcome_of(&p, status);
}

static void assert_same(struct outcome a, struct outcome b)
{
	assert_int_equal(a.status, b.status);
	assert_int_equal(a.head_len, b.head_len);
	assert_string_equal(a.text, b.text);
}

/* The same for the whole, byte by byte and every split. */
static struct outcome feed(const struct http_head_limits *limits,
			   const char *data, size_t len)
{
	struct outcome whole = feed_whole(limits, data, len);

	assert_same(whole, feed_bytes(limits, data, len));
	for (size_t at = 0; at <= len; at++)
		assert_same(whole, feed_split(limits, data, len, at));
	return whole;
}

/* The request of a head that must be valid; slices are into `head`. */
static struct http_request request_of(const char *head)
{
	struct http_head_parser p;
	struct http_request request;

	http_head_init(&p, &roomy);
	assert_int_equal(http_head_parse(&p, head, strlen(head)),
			 HTTP_HEAD_DONE);
	http_head_request(&p, head, &request);
	return request;
}

static void assert_slice(struct slice s, const char *text)
{
	if (!slice_equal(s, slice_of(text)))
		fail_msg("\"%.*s\" is not \"%s\"", (int)s.len, s.data, text);
}

struct good_head {
	const char *head;
	const char *method;
	const char *path;
	const char *query;
	const char *authority;
};

static const struct good_head good_heads[] = {
	/* RFC 9112 section 3.2.1, origin form */
	{LINE HOST "\r\n", "GET", "/", "", "a"},
	{"GET /a/b?c=d?e HTTP/1.1\r\n" HOST "\r\n", "GET", "/a/b", "c=d?e",
	 "a"},
	{"GET /? HTTP/1.1\r\n" HOST "\r\n", "GET", "/", "", "a"},
	{"GET //h/x HTTP/1.1\r\n" HOST "\r\n", "GET", "//h/x", "", "a"},
	{"GET /%zz?{|}^`\\[] HTTP/1.1\r\n" HOST "\r\n", "GET", "/%zz",
	 "{|}^`\\[]", "a"},
	/* RFC 9112 section 3.2.2, absolute form: Host is overruled */
	{"GET http://b:80/x?y HTTP/1.1\r\n" HOST "\r\n", "GET", "/x", "y",
	 "b:80"},
	{"GET HTTPS://[::1]:1/ HTTP/1.1\r\n" HOST "\r\n", "GET", "/", "",
	 "[::1]:1"},
	{"GET ws://b HTTP/1.1\r\n" HOST "\r\n", "GET", "/", "", "b"},
	{"GET wss://b?q HTTP/1.1\r\n" HOST "\r\n", "GET", "/", "q", "b"},
	/* RFC 9110 section 9.1: any token is a method */
	{"get / HTTP/1.1\r\n" HOST "\r\n", "get", "/", "", "a"},
	{"!#$%&'*+-.^_`|~9z / HTTP/1.1\r\n" HOST "\r\n", "!#$%&'*+-.^_`|~9z",
	 "/", "", "a"},
	/* RFC 9112 section 2.2: one empty line before the request line */
	{"\r\n" LINE HOST "\r\n", "GET", "/", "", "a"},
	/* RFC 9112 section 3.2: Host, in any case, with blanks around it */
	{LINE "hOST:\t h.example:8080 \t\r\n\r\n", "GET", "/", "",
	 "h.example:8080"},
	{LINE "X: y\r\nHost:a:\r\nHosts: b\r\nHoss: c\r\n\r\n", "GET", "/", "",
	 "a:"},
	/* RFC 9110 section 5.5: values */
	{LINE HOST "A:\r\nB: \r\nC:\xff\x80\t !~ \r\n\r\n", "GET", "/", "",
	 "a"},
};

static void test_takes_good_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_heads); i++) {
		const struct good_head *good = &good_heads[i];
		size_t len = strlen(good->head);
		struct outcome outcome = feed(&roomy, good->head, len);
		assert_int_equal(outcome.status, HTTP_HEAD_DONE);
		assert_int_equal(outcome.head_len, len);
		assert_string_equal(outcome.text, "");
		struct http_request request = request_of(good->head);
		assert_slice(request.method, good->method);
		assert_slice(request.path, good->path);
		assert_slice(request.query, good->query);
		assert_slice(request.authority, good->authority);
	}
}

static void test_gives_target_and_fields_as_sent(void **state)
{
	(void)state;
	struct http_request request = request_of(
		"\r\nGET http://b/x?y HTTP/1.1\r\nHost: a\r\nX:  1 \r\n\r\n");
	assert_slice(request.target, "http://b/x?y");
	assert_slice(request.fields, "Host: a\r\nX:  1 \r\n");
}

/* Every beginning of a good head needs more, and nothing behind it is read. */
static void test_ends_at_the_empty_line(void **state)
{
	static const char head[] = LINE HOST "\r\nGET \xff\x00";
	size_t head_len = strlen(LINE HOST "\r\n");

	(void)state;
	for (size_t len = 0; len < head_len; len++) {
		struct outcome outcome = feed_whole(&roomy, head, len);
		assert_int_equal(outcome.status, HTTP_HEAD_MORE);
		assert_string_equal(outcome.text, "");
	}
	for (size_t len = head_len; len < sizeof(head); len++) {
		struct outcome outcome = feed(&roomy, head, len);
		assert_int_equal(outcome.status, HTTP_HEAD_DONE);
		assert_int_equal(outcome.head_len, head_len);
	}
}

struct bad_head {
	const char *head;
	enum http_head_status status;
	const char *word; /* in the text */
};

static const struct bad_head bad_heads[] = {
	/* RFC 9112 section 2.2: line ends; one empty line is passed over */
	{"\r\n\r\n" LINE HOST "\r\n", HTTP_HEAD_BAD, "method"},
	{"\rGET / HTTP/1.1\r\n", HTTP_HEAD_BAD, "CR LF"},
	{"\n" LINE, HTTP_HEAD_BAD, "method"},
	{"GET / HTTP/1.1\n", HTTP_HEAD_BAD, "CR LF"},
	{"GET / HTTP/1.1\rH", HTTP_HEAD_BAD, "CR LF"},
	{LINE "Host: a\n", HTTP_HEAD_BAD, "CR LF"},
	{LINE "Host: a\rb\r\n", HTTP_HEAD_BAD, "CR LF"},
	{LINE "Host: a\r\r\n", HTTP_HEAD_BAD, "CR LF"},
	{LINE HOST "\n", HTTP_HEAD_BAD, "name"},
	{LINE HOST "\r\r", HTTP_HEAD_BAD, "CR LF"},
	{LINE HOST "\rX", HTTP_HEAD_BAD, "CR LF"},
	/* RFC 9112 section 3.1: the method */
	{" / HTTP/1.1\r\n", HTTP_HEAD_BAD, "method"},
	{"G@T / HTTP/1.1\r\n", HTTP_HEAD_BAD, "method"},
	{"GET\t/ HTTP/1.1\r\n", HTTP_HEAD_BAD, "method"},
	{"GET\r\n", HTTP_HEAD_BAD, "method"},
	{"\x16\x03\x01\x02", HTTP_HEAD_BAD, "method"}, /* TLS */
	/* RFC 9112 section 3: one space between the parts */
	{"GET  / HTTP/1.1\r\n", HTTP_HEAD_BAD, "target"},
	{"GET /  HTTP/1.1\r\n", HTTP_HEAD_BAD, "version"},
	{"GET / HTTP/1.1 \r\n", HTTP_HEAD_BAD, "version"},
	{"GET /\tHTTP/1.1\r\n", HTTP_HEAD_BAD, "target"},
	{"GET /a b HTTP/1.1\r\n", HTTP_HEAD_BAD, "version"},
	/* RFC 9112 section 3.2: the target */
	{"GET /\x7f HTTP/1.1\r\n", HTTP_HEAD_BAD, "target"},
	{"GET /\xc3\xa4 HTTP/1.1\r\n", HTTP_HEAD_BAD, "target"},
	{"GET /a#b HTTP/1.1\r\n", HTTP_HEAD_BAD, "target"},
	{"GET /\"<> HTTP/1.1\r\n", HTTP_HEAD_BAD, "target"},
	{"GET * HTTP/1.1\r\n", HTTP_HEAD_BAD, "path"},
	{"GET a HTTP/1.1\r\n", HTTP_HEAD_BAD, "path"},
	{"GET ?a HTTP/1.1\r\n", HTTP_HEAD_BAD, "path"},
	{"CONNECT a:80 HTTP/1.1\r\n", HTTP_HEAD_BAD, "path"},
	{"GET ftp://a/ HTTP/1.1\r\n", HTTP_HEAD_BAD, "path"},
	{"GET http:/a HTTP/1.1\r\n", HTTP_HEAD_BAD, "path"},
	{"GET http:///a HTTP/1.1\r\n", HTTP_HEAD_BAD, "path"},
	{"GET http://u@a/ HTTP/1.1\r\n", HTTP_HEAD_BAD, "path"},
	/* RFC 9112 section 2.3: the version */
	{"GET /\r\n", HTTP_HEAD_BAD, "version"},
	{"GET /\n", HTTP_HEAD_BAD, "version"},
	{"GET / \r\n", HTTP_HEAD_BAD, "version"},
	{"GET / http/1.1\r\n", HTTP_HEAD_BAD, "version"},
	{"GET / HTTP/1\r\n", HTTP_HEAD_BAD, "version"},
	{"GET / HTTP/1.\r\n", HTTP_HEAD_BAD, "version"},
	{"GET / HTTP/1.10\r\n", HTTP_HEAD_BAD, "version"},
	{"GET / HTTP/a.1\r\n", HTTP_HEAD_BAD, "version"},
	{"GET / HTTPS/1.1\r\n", HTTP_HEAD_BAD, "version"},
	{"GET / HTTP/1.0\r\n", HTTP_HEAD_BAD_VERSION, "1.1"},
	{"GET / HTTP/1.2\r\n", HTTP_HEAD_BAD_VERSION, "1.1"},
	{"GET / HTTP/2.0\r\n", HTTP_HEAD_BAD_VERSION, "1.1"},
	{"GET / HTTP/0.9\r\n", HTTP_HEAD_BAD_VERSION, "1.1"},
	{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP_HEAD_BAD_VERSION, "1.1"},
	/* RFC 9112 section 5: names, the colon, values */
	{LINE " Host: a\r\n", HTTP_HEAD_BAD, "folded"},
	{LINE HOST "\tb\r\n", HTTP_HEAD_BAD, "folded"},
	{LINE HOST "X: a\r\n b\r\n", HTTP_HEAD_BAD, "folded"},
	{LINE "Host : a\r\n", HTTP_HEAD_BAD, "name"},
	{LINE ": a\r\n", HTTP_HEAD_BAD, "name"},
	{LINE "Host\r\n", HTTP_HEAD_BAD, "name"},
	{LINE "H(st: a\r\n", HTTP_HEAD_BAD, "name"},
	{LINE "H\xf6st: a\r\n", HTTP_HEAD_BAD, "name"},
	{LINE "X: a\x01\r\n", HTTP_HEAD_BAD, "control"},
	{LINE "X: a\x7f\r\n", HTTP_HEAD_BAD, "control"},
	/* RFC 9112 section 3.2: Host once and valid */
	{LINE "\r\n", HTTP_HEAD_BAD, "missing"},
	{LINE "X: Host: a\r\n\r\n", HTTP_HEAD_BAD, "missing"},
	{LINE HOST HOST "\r\n", HTTP_HEAD_BAD, "twice"},
	{LINE HOST "X: y\r\nhost: b\r\n", HTTP_HEAD_BAD, "twice"},
	{LINE "Host:\r\n", HTTP_HEAD_BAD, "host[:port]"},
	{LINE "Host: \t\r\n", HTTP_HEAD_BAD, "host[:port]"},
	{LINE "Host: a b\r\n", HTTP_HEAD_BAD, "host[:port]"},
	{LINE "Host: u@a\r\n", HTTP_HEAD_BAD, "host[:port]"},
};

static void test_refuses_bad_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_heads); i++) {
		const struct bad_head *bad = &bad_heads[i];
		size_t len = strlen(bad->head);
		struct outcome outcome = feed(&roomy, bad->head, len);
		if (outcome.status != bad->status ||
		    !strstr(outcome.text, bad->word))
			fail_msg("bad head %zu: status %d, \"%s\"", i,
				 (int)outcome.status, outcome.text);
	}
}

/* A NUL and every other byte at each place of a head. */
static void test_refuses_each_control_byte_everywhere(void **state)
{
	static const char good[] = LINE HOST "X: y\r\n\r\n";
	size_t len = sizeof(good) - 1;

	(void)state;
	for (size_t at = 0; at < len; at++) {
		for (int byte = 0; byte < ' '; byte++) {
			char head[sizeof(good)];
			memcpy(head, good, sizeof(good));
			head[at] = (char)byte;
			enum http_head_status status =
				feed_whole(&roomy, head, len).status;
			bool is_blank = byte == '\t' &&
					(good[at] == ' ' || good[at] == 'y') &&
					at > strlen(LINE);
			bool is_good = good[at] == byte || is_blank;
			assert_int_equal(status, is_good ? HTTP_HEAD_DONE
							 : HTTP_HEAD_BAD);
		}
	}
}

/* After a verdict the parser reads nothing more and repeats it. */
static void test_stays_stopped(void **state)
{
	struct http_head_parser p;

	(void)state;
	http_head_init(&p, &roomy);
	assert_int_equal(http_head_parse(&p, "\n", 1), HTTP_HEAD_BAD);
	assert_int_equal(http_head_parse(&p, NULL, 99), HTTP_HEAD_BAD);
	http_head_init(&p, &roomy);
	assert_int_equal(
		http_head_parse(&p, LINE HOST "\r\n", strlen(LINE HOST "\r\n")),
		HTTP_HEAD_DONE);
	assert_int_equal(http_head_parse(&p, NULL, 99), HTTP_HEAD_DONE);
}

/* The limit is the line without CR LF; a byte more is 414 before its end. */
static void test_bounds_the_request_line(void **state)
{
	static const char head[] = "\r\nGET /abc HTTP/1.1\r\n" HOST "\r\n";
	struct http_head_limits limits = roomy;
	uint32_t line = sizeof("GET /abc HTTP/1.1") - 1;

	(void)state;
	limits.request_line = line;
	assert_int_equal(feed(&limits, head, strlen(head)).status,
			 HTTP_HEAD_DONE);
	for (limits.request_line = 0; limits.request_line < line;
	     limits.request_line++) {
		struct outcome outcome = feed(&limits, head, strlen(head));
		assert_int_equal(outcome.status, HTTP_HEAD_LINE_TOO_LONG);
		assert_int_equal(outcome.head_len, 2 + limits.request_line);
	}
}

/* A method, a target or a version that never ends is known to be too long. */
static void test_bounds_an_endless_line(void **state)
{
	static const char *const lines[] = {"GGGGGGGGGGGG", "GET /aaaaaaa",
					    "GET /aa HTTP"};
	struct http_head_limits limits = roomy;

	(void)state;
	limits.request_line = 12;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct outcome outcome = feed_whole(&limits, lines[i], 12);
		assert_int_equal(outcome.status, HTTP_HEAD_LINE_TOO_LONG);
		outcome = feed_whole(&limits, lines[i], 11);
		assert_int_equal(outcome.status, HTTP_HEAD_MORE);
	}
}

/* The limit is all field lines with their CR LF, the last CR LF aside. */
static void test_bounds_the_headers(void **state)
{
	static const char head[] = LINE HOST "X: y\r\nEmpty:\r\n\r\n";
	struct http_head_limits limits = roomy;
	uint32_t headers = sizeof(HOST "X: y\r\nEmpty:\r\n") - 1;

	(void)state;
	limits.headers = headers;
	assert_int_equal(feed(&limits, head, strlen(head)).status,
			 HTTP_HEAD_DONE);
	for (limits.headers = 0; limits.headers < headers; limits.headers++) {
		struct outcome outcome = feed(&limits, head, strlen(head));
		assert_int_equal(outcome.status, HTTP_HEAD_TOO_LARGE);
		assert_int_equal(outcome.head_len,
				 strlen(LINE) + limits.headers);
	}
}

static void test_bounds_the_header_count(void **state)
{
	static const char head[] = LINE HOST "X: y\r\nZ:\r\n\r\n";
	size_t len = sizeof(head) - 1;
	struct http_head_limits limits = roomy;

	(void)state;
	limits.header_count = 3;
	assert_int_equal(feed(&limits, head, len).status, HTTP_HEAD_DONE);
	limits.header_count = 2;
	struct outcome outcome = feed(&limits, head, len);
	assert_int_equal(outcome.status, HTTP_HEAD_TOO_LARGE);
	/* Known with the first byte of the third line. */
	assert_int_equal(outcome.head_len, strlen(LINE HOST "X: y\r\n"));
	assert_string_equal(outcome.text, "too many header fields");
}

/* With http_head_size_max() bytes there is always an answer. */
static void test_size_max_is_enough_for_an_answer(void **state)
{
	static const struct http_head_limits limits = {
		.request_line = 16,
		.headers = 12,
		.header_count = 3,
	};
	/* As large as a head can be within these limits. */
	static const char head[] = "\r\nGET /ab HTTP/1.1\r\nHost: abcd\r\n\r\n";
	size_t size = sizeof(head) - 1;

	(void)state;
	assert_int_equal(http_head_size_max(&limits), size);
	assert_int_equal(feed(&limits, head, size).status, HTTP_HEAD_DONE);
	for (size_t at = 0; at < size; at++) {
		char endless[sizeof(head) - 1];
		memcpy(endless, head, at);
		memset(endless + at, 'a', sizeof(endless) - at);
		struct outcome outcome =
			feed_whole(&limits, endless, sizeof(endless));
		assert_int_not_equal(outcome.status, HTTP_HEAD_MORE);
	}
}

static void test_field_next_walks_all_lines(void **state)
{
	static const char *const wanted[][2] = {
		{"Host", "a"},	  {"A", ""},  {"B", ""},
		{"C", "d \t: e"}, {"e", "f"},
	};
	struct http_request request =
		request_of(LINE "Host: a\r\nA:\r\nB: \t \r\nC: \td \t: e\t \r\n"
				"e:f\r\n\r\n");
	struct http_field field;

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		assert_true(http_field_next(&request.fields, &field));
		assert_slice(field.name, wanted[i][0]);
		assert_slice(field.value, wanted[i][1]);
	}
	field.name = slice_of("kept");
	assert_false(http_field_next(&request.fields, &field));
	assert_false(http_field_next(&request.fields, &field));
	assert_slice(field.name, "kept");
}

static void test_field_next_stops_at_what_is_no_line(void **state)
{
	static const char *const texts[] = {"no colon\r\n", "a: no end",
					    "a: cut\r", ""};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		size_t len = strlen(texts[i]);
		uint8_t *copy = guard_copy_end(texts[i], len);
		struct slice fields = slice_make((const char *)copy, len);
		struct http_field field;
		assert_false(http_field_next(&fields, &field));
		guard_free_end(copy, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes_good_heads),
		cmocka_unit_test(test_gives_target_and_fields_as_sent),
		cmocka_unit_test(test_ends_at_the_empty_line),
		cmocka_unit_test(test_refuses_bad_heads),
		cmocka_unit_test(test_refuses_each_control_byte_everywhere),
		cmocka_unit_test(test_stays_stopped),
		cmocka_unit_test(test_bounds_the_request_line),
		cmocka_unit_test(test_bounds_an_endless_line),
		cmocka_unit_test(test_bounds_the_headers),
		cmocka_unit_test(test_bounds_the_header_count),
		cmocka_unit_test(test_size_max_is_enough_for_an_answer),
		cmocka_unit_test(test_field_next_walks_all_lines),
		cmocka_unit_test(test_field_next_stops_at_what_is_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
