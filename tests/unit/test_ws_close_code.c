/* SPDX-License-Identifier: MIT */
/* Which close codes may stand in a frame (RFC 6455 section 7.4). */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ws/close_code.h"

/* Written as ranges, unlike the table: 7.4.1, 7.4.2 and IANA's 1012 to 1014. */
static bool is_expected(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static void test_every_code(void **unused)
{
	(void)unused;
	for (unsigned code = 0; code <= UINT16_MAX; code++)
		if (ws_close_code_is_wire((uint16_t)code) != is_expected(code))
			fail_msg("code %u", code);
}

static void test_names(void **unused)
{
	static const struct {
		uint16_t code;
		const char *name;
	} names[] = {
		{ 0, "reserved" },
		{ 999, "reserved" },
		{ 1000, "normal" },
		{ 1001, "going away" },
		{ 1002, "protocol error" },
		{ 1003, "unacceptable type" },
		{ 1004, "reserved" },
		{ 1005, "no status" },
		{ 1006, "abnormal closure" },
		{ 1007, "invalid payload" },
		{ 1008, "policy violation" },
		{ 1009, "message too big" },
		{ 1010, "missing extension" },
		{ 1011, "internal error" },
		{ 1012, "service restart" },
		{ 1013, "try again later" },
		{ 1014, "bad gateway" },
		{ 1015, "TLS handshake" },
		{ 1016, "reserved" },
		{ 2999, "reserved" },
		{ 3000, "registered" },
		{ 3999, "registered" },
		{ 4000, "private" },
		{ 4999, "private" },
		{ 5000, "reserved" },
		{ 65535, "reserved" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_string_equal(ws_close_code_name(names[i].code),
				    names[i].name);
}

/* A hole in the table would be a null pointer in a log line. */
static void test_every_code_has_a_name(void **unused)
{
	(void)unused;
	for (unsigned code = 0; code <= UINT16_MAX; code++)
		assert_non_null(ws_close_code_name((uint16_t)code));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_every_code_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
