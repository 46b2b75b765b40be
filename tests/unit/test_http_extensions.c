/* SPDX-License-Identifier: MIT */
/* The grammar of Sec-WebSocket-Extensions: RFC 6455 section 9.1. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "http/extensions.h"
#include "http_request.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAME "Sec-WebSocket-Extensions:"

/* Writes what a request offers as "name;param=value;param|name". */
static void describe(const struct http_request *request, char *text, size_t cap)
{
	struct http_extension_list list;
	struct http_extension extension;
	struct http_extension_param param;
	size_t len = 0;

	text[0] = '\0';
	http_extension_list_begin(&list, request);
	while (http_extension_next(&list, &extension)) {
		len += (size_t)snprintf(text + len, cap - len, "%s%.*s",
					len ? "|" : "",
					(int)extension.name.len,
					extension.name.data);
		while (http_extension_param_next(&extension.params, &param))
			len += (size_t)snprintf(
				text + len, cap - len, ";%.*s%s%.*s",
				(int)param.name.len, param.name.data,
				param.has_value ? "=" : "",
				(int)param.value.len,
				param.has_value ? param.value.data : "");
	}
	/* The end is the end. */
	assert_false(http_extension_next(&list, &extension));
}

static void assert_offers(const char *fields, const char *want)
{
	struct http_request request = http_request_make(fields);
	char text[500];

	if (!http_extensions_are_valid(&request))
		fail_msg("%s is not valid", fields);
	describe(&request, text, sizeof(text));
	assert_string_equal(text, want);
	http_request_free(&request);
}

static void test_lists(void **state)
{
	static const struct {
		const char *fields;
		const char *want;
	} cases[] = {
		{ "", "" },
		{ "Host: a\r\nSec-WebSocket-Extension: \"\r\n", "" },
		{ NAME " foo\r\n", "foo" },
		{ NAME "foo\r\n", "foo" },
		{ "sec-websocket-EXTENSIONS: foo\r\n", "foo" },
		/* The examples of section 9.1. */
		{ NAME " foo, bar; baz=2\r\n", "foo|bar;baz=2" },
		{ NAME " foo\r\nA: b\r\n" NAME " bar; baz=2\r\n",
		  "foo|bar;baz=2" },
		{ NAME " deflate-stream\r\n", "deflate-stream" },
		{ NAME " mux; max-channels=4; flow-control, deflate-stream\r\n",
		  "mux;max-channels=4;flow-control|deflate-stream" },
		{ NAME " private-extension\r\n", "private-extension" },
		/* RFC 9110 section 5.6.1.2: empty elements. */
		{ NAME " ,, \t,a ,\t, b;c , ,\r\n", "a|b;c" },
		{ NAME "\r\n" NAME " a\r\n" NAME " ,\r\n", "a" },
		/* Space around everything. */
		{ NAME " a \t;\tb =\t1 ; c\t, d\r\n", "a;b=1;c|d" },
		{ NAME " a;b=1;c,d\r\n", "a;b=1;c|d" },
		/* Quoted values, as they stand. */
		{ NAME " a;b=\"12\"\r\n", "a;b=12" },
		{ NAME " a;b=\"1\\2\" ; c=\"\\x\",d\r\n", "a;b=1\\2;c=\\x|d" },
		/* The same twice is a list of two. */
		{ NAME " a;b;b;b=1, a\r\n" NAME "a\r\n", "a;b;b;b=1|a|a" },
		{ NAME " !#$%&'*+-.^_`|~09azAZ\r\n", "!#$%&'*+-.^_`|~09azAZ" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_offers(cases[i].fields, cases[i].want);
}

static void test_malformed(void **state)
{
	static const char *const values[] = {
		"",	     " ",	 ",",	      " , ,\t",	  ";",
		"=",	     "\"",	 "\"a\"",     "a b",	  "a;",
		"a; ",	     "a;,b",	 "a;;b",      ";a",	  "a;b=",
		"a;b= ",     "a;b=,c",	 "a;=1",      "a=1",	  "a;b=1 2",
		"a;b==1",    "a;b=\"",	 "a;b=\"1",   "a;b=\"\"", "a;b=\"1\"2",
		"a;b=\"1 2\"", "a;b=\"\\", "a;b=\"\\\"", "a;b=\"1\\\"",
		"a;b=\"\\ \"", "a;b=\"\\\"\"", "a;b=\"1,2\"", "a;b=\"1;2\"",
		"a;b='1 2'", "a/b",	 "a;b/c",     "a;b=c/d",  "a,b c",
		"a, b;",     "a\xC3\xA4", "a;\"b\"",  "a;b=\xFF", "(a)",
		"a;b=\"\xC3\xA4\"", "a:b", "a b;c",   "a;b c",	  "a;b=\t\"",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		char fields[200];

		/* By itself, and as one line of several. */
		for (int more = 0; more < 2; more++) {
			snprintf(fields, sizeof(fields), "%s" NAME " %s\r\n%s",
				 more ? NAME "x;y=\"1\"\r\n" : "", values[i],
				 more ? NAME "z\r\n" : "");
			struct http_request request =
				http_request_make(fields);
			bool is_empty = strspn(values[i], " \t,") ==
					strlen(values[i]);
			if (http_extensions_are_valid(&request) !=
			    (is_empty && more))
				fail_msg("%s", fields);
			http_request_free(&request);
		}
	}
}

static bool number_of(const char *param_text, unsigned min, unsigned max,
		      unsigned *ret)
{
	struct slice params = slice_of(param_text);
	struct http_extension_param param;

	assert_true(http_extension_param_next(&params, &param));
	return http_extension_param_number(&param, min, max, ret);
}

static void test_numbers(void **state)
{
	static const char *const bad[] = {
		";a",	  ";a=7",   ";a=16",	";a=08",  ";a=008",
		";a=0",	  ";a=+8",  ";a=-8",	";a=8.",  ";a=0x8",
		";a=1e1", ";a=a",   ";a=\"07\"", ";a=99999999999999999999",
		";a=4294967304",    ";a=1\\0x",
	};
	char text[20];
	unsigned number = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (number_of(bad[i], 8, 15, &number) || number != 77)
			fail_msg("%s", bad[i]);
	}
	for (unsigned i = 8; i <= 15; i++) {
		snprintf(text, sizeof(text), ";a=%u", i);
		assert_true(number_of(text, 8, 15, &number));
		assert_int_equal(number, i);
	}
	assert_true(number_of("; a = \"1\\2\"", 8, 15, &number));
	assert_int_equal(number, 12);
}

/* The lines are read one by one: nothing may reach over their ends. */
static void test_every_beginning(void **state)
{
	static const char whole[] = " mux; a=\"b\\c\"; d , x;y=z, w";

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		char fields[200], text[200];

		snprintf(fields, sizeof(fields), NAME "%.*s\r\n", (int)len,
			 whole);
		struct http_request request = http_request_make(fields);
		if (http_extensions_are_valid(&request))
			describe(&request, text, sizeof(text));
		http_request_free(&request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_every_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
