/* SPDX-License-Identifier: MIT */
/* Addresses: every form, every way to be wrong, and printed back. */

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/address.h"
#include "guard.h"

/* At a guard page, and with the result checked to be untouched on failure. */
static enum address_error parse(const char *text, size_t len, bool listen,
				struct address *ret_address)
{
	uint8_t *copy = guard_copy_end(text, len);
	struct slice slice = slice_make((const char *)copy, len);
	struct address untouched;
	enum address_error error;

	memset(ret_address, 0xee, sizeof(*ret_address));
	untouched = *ret_address;
	error = listen ? address_parse_listen(slice, ret_address) :
			 address_parse(slice, ret_address);
	guard_free_end(copy, len);
	if (error != ADDRESS_OK)
		assert_memory_equal(ret_address, &untouched, sizeof(untouched));
	return error;
}

static void assert_formats(const struct sockaddr_any *socket, const char *text)
{
	char got[ADDRESS_TEXT_MAX];

	address_format(socket, got);
	assert_string_equal(got, text);
}

static void test_ipv4(void **state)
{
	struct address address;

	(void)state;
	assert_int_equal(parse("192.0.2.1:8080", 14, false, &address),
			 ADDRESS_OK);
	assert_int_equal(address.kind, ADDRESS_INET);
	assert_int_equal(address.port, 8080);
	assert_int_equal(address.socket.len, sizeof(struct sockaddr_in));
	assert_int_equal(address.socket.in.sin_family, AF_INET);
	assert_int_equal(address.socket.in.sin_port, htons(8080));
	assert_int_equal(address.socket.in.sin_addr.s_addr, htonl(0xc0000201));
	assert_formats(&address.socket, "192.0.2.1:8080");
}

static void test_ipv6(void **state)
{
	struct address address;
	static const uint8_t loopback[16] = { [15] = 1 };

	(void)state;
	assert_int_equal(parse("[::1]:65535", 11, false, &address), ADDRESS_OK);
	assert_int_equal(address.kind, ADDRESS_INET);
	assert_int_equal(address.port, 65535);
	assert_int_equal(address.socket.len, sizeof(struct sockaddr_in6));
	assert_int_equal(address.socket.in6.sin6_family, AF_INET6);
	assert_int_equal(address.socket.in6.sin6_port, htons(65535));
	assert_memory_equal(&address.socket.in6.sin6_addr, loopback, 16);
	assert_formats(&address.socket, "[::1]:65535");
}

static void test_mapped_ipv4_is_printed_as_ipv4(void **state)
{
	struct address address;

	(void)state;
	assert_int_equal(parse("[::ffff:192.0.2.1]:80", 21, false, &address),
			 ADDRESS_OK);
	assert_formats(&address.socket, "192.0.2.1:80");
}

static void test_names(void **state)
{
	static const char *const names[] = {
		"localhost",
		"a",
		"a.b",
		"irc1.example",
		"a-b.c_d.x1",
		"4ever.org",
		"1.2.3.4.example",
		"example.org.",
		"XN--BCHER-KVA",
	};
	struct address address;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char text[64];
		int len = snprintf(text, sizeof(text), "%s:1", names[i]);

		assert_int_equal(parse(text, (size_t)len, false, &address),
				 ADDRESS_OK);
		assert_int_equal(address.kind, ADDRESS_NAME);
		assert_string_equal(address.name, names[i]);
		assert_int_equal(address.port, 1);
	}
}

/* 253 bytes of labels of 63, 63, 63 and 61. */
static void test_longest_name(void **state)
{
	char text[300];
	struct address address;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[63] = text[127] = text[191] = '.';
	memcpy(text + 253, ":80", 3);
	assert_int_equal(parse(text, 256, false, &address), ADDRESS_OK);
	assert_int_equal(strlen(address.name), 253);
	memcpy(text + 253, ".:80", 4);
	assert_int_equal(parse(text, 257, false, &address), ADDRESS_OK);
	assert_int_equal(strlen(address.name), 254);
	memcpy(text + 253, "a:80", 4);
	assert_int_equal(parse(text, 257, false, &address), ADDRESS_BAD_NAME);
	text[63] = 'a';
	memcpy(text + 200, ":80", 3);
	assert_int_equal(parse(text, 203, false, &address), ADDRESS_BAD_NAME);
}

static void test_unix_path(void **state)
{
	struct address address;
	size_t offset = offsetof(struct sockaddr_un, sun_path);

	(void)state;
	assert_int_equal(parse("unix:/a", 7, false, &address), ADDRESS_OK);
	assert_int_equal(parse("unix:/run/a.sock", 16, false, &address),
			 ADDRESS_OK);
	assert_int_equal(address.kind, ADDRESS_UNIX);
	assert_int_equal(address.socket.un.sun_family, AF_UNIX);
	assert_string_equal(address.socket.un.sun_path, "/run/a.sock");
	assert_int_equal(address.socket.len, offset + 12);
	assert_formats(&address.socket, "unix:/run/a.sock");
}

static void test_unix_abstract(void **state)
{
	struct address address;
	size_t offset = offsetof(struct sockaddr_un, sun_path);

	(void)state;
	assert_int_equal(parse("unix:@a", 7, true, &address), ADDRESS_OK);
	assert_int_equal(parse("unix:@name", 10, true, &address), ADDRESS_OK);
	assert_memory_equal(address.socket.un.sun_path, "\0name", 5);
	assert_int_equal(address.socket.len, offset + 5);
	assert_formats(&address.socket, "unix:@name");
}

static void test_unix_seqpacket(void **state)
{
	struct address address;

	(void)state;
	assert_int_equal(parse("unix:/a", 7, false, &address), ADDRESS_OK);
	assert_false(address.is_seqpacket);
	assert_int_equal(parse("unix-seqpacket:/a", 17, false, &address),
			 ADDRESS_OK);
	assert_true(address.is_seqpacket);
	assert_int_equal(address.kind, ADDRESS_UNIX);
	assert_string_equal(address.socket.un.sun_path, "/a");
	assert_int_equal(parse("unix-seqpacket:@ab", 18, false, &address),
			 ADDRESS_OK);
	assert_true(address.is_seqpacket);
	assert_memory_equal(address.socket.un.sun_path, "\0ab", 3);
	assert_int_equal(parse("unix-seqpacket:/a", 17, true, &address),
			 ADDRESS_NO_STREAM);
}

/* sun_path has 108 bytes: a path of 107 and its end, a name of 107 and '@'. */
static void test_longest_unix(void **state)
{
	char text[5 + 110] = "unix:/";
	struct address address;
	char got[ADDRESS_TEXT_MAX];

	(void)state;
	memset(text + 6, 'x', sizeof(text) - 6);
	assert_int_equal(parse(text, 5 + 107, false, &address), ADDRESS_OK);
	address_format(&address.socket, got);
	assert_int_equal(strlen(got), 5 + 107);
	assert_int_equal(parse(text, 5 + 108, false, &address),
			 ADDRESS_LONG_PATH);
	text[5] = '@';
	assert_int_equal(parse(text, 5 + 108, false, &address), ADDRESS_OK);
	assert_int_equal(address.socket.len, sizeof(struct sockaddr_un));
	address_format(&address.socket, got);
	assert_int_equal(strlen(got), 5 + 108);
	assert_int_equal(parse(text, 5 + 109, false, &address),
			 ADDRESS_LONG_PATH);
}

static const struct {
	const char *text;
	enum address_error error;
} bad_cases[] = {
	{ "", ADDRESS_EMPTY },
	{ "localhost", ADDRESS_NO_PORT },
	{ "a:", ADDRESS_NO_PORT },
	{ "[::1]", ADDRESS_NO_PORT },
	{ "[::1]:", ADDRESS_NO_PORT },
	{ "8080", ADDRESS_NO_PORT },
	{ "a:x", ADDRESS_BAD_PORT },
	{ "a:65536", ADDRESS_BAD_PORT },
	{ "a:100000", ADDRESS_BAD_PORT },
	{ "a:-1", ADDRESS_BAD_PORT },
	{ "a:8x", ADDRESS_BAD_PORT },
	{ "a:0", ADDRESS_BAD_PORT },
	{ "127.0.0.1:0", ADDRESS_BAD_PORT },
	{ ":80", ADDRESS_BAD_NAME },
	{ "a b:80", ADDRESS_BAD_NAME },
	{ "-a:80", ADDRESS_BAD_NAME },
	{ "a-:80", ADDRESS_BAD_NAME },
	{ "a..b:80", ADDRESS_BAD_NAME },
	{ ".:80", ADDRESS_BAD_NAME },
	{ ".a:80", ADDRESS_BAD_NAME },
	{ "a..:80", ADDRESS_BAD_NAME },
	{ "a/b:80", ADDRESS_BAD_NAME },
	{ "*:80", ADDRESS_BAD_NAME },
	{ "1.2.3:80", ADDRESS_BAD_IPV4 },
	{ "256.1.1.1:80", ADDRESS_BAD_IPV4 },
	{ "80:80", ADDRESS_BAD_IPV4 },
	{ "1.2.3.4.5.6.7.8.9.10:80", ADDRESS_BAD_IPV4 },
	{ "1.2.3.4.5.6.7.89:80", ADDRESS_BAD_IPV4 },
	{ "[1111:2222:3333:4444:5555:6666:7777:8888:9999:0]:80",
	  ADDRESS_BAD_IPV6 },
	{ "[::1:80", ADDRESS_BAD_IPV6 },
	{ "[]:80", ADDRESS_BAD_IPV6 },
	{ "[::g]:80", ADDRESS_BAD_IPV6 },
	{ "[::1]80", ADDRESS_BAD_IPV6 },
	{ "[127.0.0.1]:80", ADDRESS_BAD_IPV6 },
	{ "[1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1]:80",
	  ADDRESS_BAD_IPV6 },
	{ "::1:80", ADDRESS_BARE_IPV6 },
	{ "a:80:80", ADDRESS_BARE_IPV6 },
	{ "unix:", ADDRESS_BAD_PATH },
	{ "unix:a", ADDRESS_BAD_PATH },
	{ "unix:/", ADDRESS_BAD_PATH },
	{ "unix:@", ADDRESS_BAD_PATH },
	{ "unix:ab", ADDRESS_BAD_PATH },
	{ "unix-seqpacket:", ADDRESS_BAD_PATH },
	{ "unix-seqpacket:a", ADDRESS_BAD_PATH },
	{ "unix-stream:/a", ADDRESS_BAD_PORT },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_cases) / sizeof(*bad_cases); i++) {
		struct address address;

		assert_int_equal(parse(bad_cases[i].text,
				       strlen(bad_cases[i].text), false,
				       &address),
				 bad_cases[i].error);
	}
}

static void test_null_bytes_are_refused(void **state)
{
	struct address address;

	(void)state;
	assert_int_equal(parse("unix:/a\0b", 9, false, &address),
			 ADDRESS_BAD_PATH);
	assert_int_equal(parse("[::1\0]:80", 9, false, &address),
			 ADDRESS_BAD_IPV6);
	assert_int_equal(parse("1\0.1.1.1:80", 11, false, &address),
			 ADDRESS_BAD_IPV4);
	assert_int_equal(parse("a\0b:80", 6, false, &address),
			 ADDRESS_BAD_NAME);
}

static void test_listen(void **state)
{
	struct address address;

	(void)state;
	assert_int_equal(parse("127.0.0.1:0", 11, true, &address), ADDRESS_OK);
	assert_int_equal(address.port, 0);
	assert_int_equal(parse("*:8080", 6, true, &address), ADDRESS_OK);
	assert_formats(&address.socket, "[::]:8080");
	assert_int_equal(parse("*:", 2, true, &address), ADDRESS_NO_PORT);
	assert_int_equal(parse("*:x", 3, true, &address), ADDRESS_BAD_PORT);
	assert_int_equal(parse("localhost:80", 12, true, &address),
			 ADDRESS_NOT_NUMERIC);
	assert_int_equal(parse("a b:80", 6, true, &address), ADDRESS_BAD_NAME);
}

static void test_format_of_what_the_kernel_gives(void **state)
{
	struct sockaddr_any socket = { .len = sizeof(sa_family_t) };
	size_t offset = offsetof(struct sockaddr_un, sun_path);

	(void)state;
	socket.un.sun_family = AF_UNIX;
	assert_formats(&socket, "unix:");
	socket.len = (socklen_t)(offset + 4);
	memcpy(socket.un.sun_path, "\0a\0b", 4);
	assert_formats(&socket, "unix:@a@b");
	/* A path without room for its end, and one with more behind it. */
	memset(socket.un.sun_path, 'p', sizeof(socket.un.sun_path));
	socket.len = (socklen_t)(offset + 200);
	char got[ADDRESS_TEXT_MAX];

	address_format(&socket, got);
	assert_int_equal(strlen(got), 5 + sizeof(socket.un.sun_path));
	socket.un.sun_path[2] = '\0';
	assert_formats(&socket, "unix:pp");
	socket.sa.sa_family = AF_UNSPEC;
	assert_formats(&socket, "unknown");
}

static void test_every_error_has_a_text(void **state)
{
	(void)state;
	for (int i = ADDRESS_OK; i <= ADDRESS_NO_STREAM; i++)
		assert_string_not_equal(
			address_error_text((enum address_error)i),
			"unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_mapped_ipv4_is_printed_as_ipv4),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_longest_name),
		cmocka_unit_test(test_unix_path),
		cmocka_unit_test(test_unix_abstract),
		cmocka_unit_test(test_unix_seqpacket),
		cmocka_unit_test(test_longest_unix),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_null_bytes_are_refused),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_format_of_what_the_kernel_gives),
		cmocka_unit_test(test_every_error_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
