/* SPDX-License-Identifier: MIT */
/* From text to values: types, ranges, places, unknown options. */

#include "config_text.h"

#define WHOLE TEXT_LISTENER TEXT_BACKEND

static void test_defaults(void **state)
{
	struct config *config = config_text_parse(TEXT_LISTENER);

	(void)state;
	assert_in_range(config->workers, 1, 256);
	assert_string_equal(config->log.target, "auto");
	assert_int_equal(config->log.format, LOG_FORMAT_TEXT);
	assert_int_equal(config->log.level, LOG_LEVEL_INFO);
	assert_int_equal(config->limits.max_sessions, 0);
	assert_int_equal(config->limits.max_sessions_per_ip, 0);
	assert_int_equal(config->limits.handshakes_per_second_per_ip, 0);
	assert_int_equal(config->limits.request_line, 8192);
	assert_int_equal(config->limits.headers, 16384);
	assert_int_equal(config->limits.header_count, 128);
	assert_int_equal(config->limits.buffer, 65536);
	assert_int_equal(config->timeouts.handshake_ms, 10000);
	assert_int_equal(config->timeouts.connect_ms, 5000);
	assert_int_equal(config->timeouts.ping_interval_ms, 20000);
	assert_int_equal(config->timeouts.ping_timeout_ms, 20000);
	assert_int_equal(config->timeouts.idle_ms, 0);
	assert_int_equal(config->timeouts.close_ms, 10000);
	assert_int_equal(config->timeouts.send_stall_ms, 60000);
	assert_int_equal(config->timeouts.drain_ms, 0);
	assert_int_equal(config->timeouts.close_spread_ms, 0);
	assert_int_equal(config->listener_count, 1);
	assert_string_equal(config->listeners[0].name, "127.0.0.1:0");
	assert_int_equal(config->listeners[0].mode, 0660);
	assert_false(config->listeners[0].v6_only);
	assert_int_equal(config->backend_count, 0);
	assert_int_equal(config->route_count, 0);
	config_unref(&config);
	assert_null(config);
}

static void test_route_defaults(void **state)
{
	struct config *config = config_text_parse(
		WHOLE "routes = ( { path = \"/x\"; backend = \"b\"; } );");
	const struct config_route *route = &config->routes[0];

	(void)state;
	assert_string_equal(route->name, "/x");
	assert_int_equal(route->host.kind, PATTERN_HOST_ANY);
	assert_true(pattern_path_matches(&route->path, slice_of("/x")));
	assert_ptr_equal(route->backend, &config->backends[0]);
	assert_null(route->page);
	assert_int_equal(route->framing, CONFIG_FRAMING_STREAM);
	assert_int_equal(route->line_end, CONFIG_LINE_END_LF);
	assert_int_equal(route->message, CONFIG_MESSAGE_BINARY);
	assert_int_equal(route->subprotocol_count, 0);
	assert_int_equal(route->origin_count, 1);
	assert_int_equal(route->origins[0].kind, PATTERN_ORIGIN_SAME);
	assert_int_equal(route->max_sessions, 0);
	config_unref(&config);
}

static void test_values_in_every_form(void **state)
{
	struct config *config = config_text_parse(
		WHOLE
		"workers = 3;\n"
		"log: { target = \"file:/a \\\"b\\\"\", format = \"json\",\n"
		"  level = \"debug\" };\n"
		"limits = { max_sessions = 5L; buffer = \"1M\";\n"
		"  request_line = 0x100; headers = 20000; };\n"
		"timeouts = { drain = 3000000; close = 1.5; idle = \"1h\";\n"
		"  connect = 0x2; ping_interval = 0; handshake = 9; };\n");

	(void)state;
	assert_int_equal(config->workers, 3);
	assert_string_equal(config->log.target, "file:/a \"b\"");
	assert_int_equal(config->log.format, LOG_FORMAT_JSON);
	assert_int_equal(config->log.level, LOG_LEVEL_DEBUG);
	assert_int_equal(config->limits.max_sessions, 5);
	assert_int_equal(config->limits.buffer, 1 << 20);
	assert_int_equal(config->limits.request_line, 256);
	assert_int_equal(config->limits.headers, 20000);
	assert_int_equal(config->timeouts.drain_ms, 3000000000u);
	assert_int_equal(config->timeouts.close_ms, 1500);
	assert_int_equal(config->timeouts.idle_ms, 3600000);
	assert_int_equal(config->timeouts.connect_ms, 2000);
	assert_int_equal(config->timeouts.ping_interval_ms, 0);
	config_unref(&config);
}

static void test_ends_of_ranges(void **state)
{
	struct config *config = config_text_parse(
		"listeners = ( { listen = \"unix:/a\"; mode = \"777\"; } );\n"
		"workers = 256; limits = { buffer = 0x1000; header_count = 8;\n"
		"  headers = \"256K\"; max_sessions = 100000000; };\n"
		"timeouts = { handshake = \"10ms\"; idle = \"960h\"; };\n");

	(void)state;
	assert_int_equal(config->workers, 256);
	assert_int_equal(config->limits.buffer, 4096);
	assert_int_equal(config->limits.header_count, 8);
	assert_int_equal(config->limits.headers, 262144);
	assert_int_equal(config->limits.max_sessions, 100000000);
	assert_int_equal(config->timeouts.handshake_ms, 10);
	assert_int_equal(config->timeouts.idle_ms, 3456000000u);
	assert_int_equal(config->listeners[0].mode, 0777);
	config_unref(&config);
	config_text_assert_errors(
		TEXT_LISTENER
		"workers = 257; limits = { buffer = 4095; header_count = 7;\n"
		"  headers = 262145; max_sessions = 100000001; };\n"
		"timeouts = { handshake = \"9ms\"; };\n",
		"t:2: workers: is too large; allowed: a whole number, 1 to "
		"256, or \"auto\"\n"
		"t:2: limits.buffer: is too small; allowed: a size, 4K to "
		"16M\n"
		"t:2: limits.header_count: is too small; allowed: a whole "
		"number, 8 to 1024\n"
		"t:3: limits.headers: is too large; allowed: a size, 256 to "
		"256K\n"
		"t:3: limits.max_sessions: is too large; allowed: a whole "
		"number, 0 to 100000000\n"
		"t:4: timeouts.handshake: is too small; allowed: a duration, "
		"10ms to 1h\n");
}

/* The parser by itself would make -1 of 4294967295. */
static void test_large_numbers_do_not_wrap(void **state)
{
	static const struct {
		const char *number;
		const char *reason;
	} cases[] = {
		{ "2147483647", "too large" },
		{ "2147483648", "too large" },
		{ "4294967297", "too large" },
		{ "0x80000000", "too large" },
		{ "0XFFFFFFFF", "too large" },
		{ "0x100000001", "too large" },
		{ "4294967297L", "too large" },
		{ "-2147483648", "negative" },
		{ "-2147483649", "negative" },
		{ "-4294967295", "negative" },
		{ "9223372036854775807", "too large" },
		{ "-9223372036854775808", "negative" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[256];
		char line[256];

		snprintf(text, sizeof(text),
			 TEXT_LISTENER "limits = { max_sessions = %s; };",
			 cases[i].number);
		snprintf(line, sizeof(line),
			 "t:2: limits.max_sessions: is %s; allowed: a whole "
			 "number, 0 to 100000000\n",
			 cases[i].reason);
		config_text_assert_errors(text, line);
	}
}

static void test_lists_and_arrays(void **state)
{
	struct config *config = config_text_parse(
		TEXT_LISTENER
		"backends = { b = { servers = [ \"h:1\", \"unix:/s\" ]; }; };\n"
		"routes = ( { name = \"r\"; path = \"/\"; backend = \"b\";\n"
		"  subprotocols = ( \"p\", \"q\" );\n"
		"  origins = [ \"null\", \"https://*.a.b\" ]; } );\n");
	const struct config_route *route = config_route_by_name(config, "r");

	(void)state;
	assert_non_null(route);
	assert_null(config_route_by_name(config, "s"));
	assert_int_equal(config->backends[0].server_count, 2);
	assert_string_equal(config->backends[0].servers[0].text, "h:1");
	assert_int_equal(config->backends[0].servers[0].address.kind,
			 ADDRESS_NAME);
	assert_int_equal(config->backends[0].servers[1].address.kind,
			 ADDRESS_UNIX);
	assert_int_equal(route->subprotocol_count, 2);
	assert_string_equal(route->subprotocols[1], "q");
	assert_int_equal(route->origin_count, 2);
	assert_int_equal(route->origins[0].kind, PATTERN_ORIGIN_NULL);
	assert_int_equal(route->origins[1].kind, PATTERN_ORIGIN_SUFFIX);
	config_unref(&config);
}

/* Wherever the global groups stand in the file. */
static void test_routes_override_global_values(void **state)
{
	struct config *config = config_text_parse(
		WHOLE "routes = ( { path = \"/a\"; backend = \"b\";\n"
		      "  limits = { buffer = \"8K\"; max_sessions = 7; };\n"
		      "  timeouts = { idle = 0; connect = 1; }; },\n"
		      "  { path = \"/b\"; backend = \"b\"; } );\n"
		      "timeouts = { idle = 5; connect = 2; };\n"
		      "limits = { buffer = \"32K\"; max_sessions = 9; };\n");

	(void)state;
	assert_int_equal(config->routes[0].limits.buffer, 8192);
	assert_int_equal(config->routes[0].limits.max_sessions, 9);
	assert_int_equal(config->routes[0].max_sessions, 7);
	assert_int_equal(config->routes[0].timeouts.idle_ms, 0);
	assert_int_equal(config->routes[0].timeouts.connect_ms, 1000);
	assert_int_equal(config->routes[1].limits.buffer, 32768);
	assert_int_equal(config->routes[1].max_sessions, 0);
	assert_int_equal(config->routes[1].timeouts.idle_ms, 5000);
	config_unref(&config);
}

static void test_unknown_options(void **state)
{
	(void)state;
	config_text_assert_errors(
		"listners = ();\n"
		"workes = 1;\n"
		"tls = {};\n"
		"limits = { bufer = 1; x = 1; drain = 1; };\n"
		"listeners = ( { listn = \"127.0.0.1:0\";\n"
		"  listen = \"127.0.0.1:0\"; } );\n"
		"backends = { b = { server = 1;\n"
		"  servers = ( \"h:1\" ); }; };\n"
		"routes = ( { path = \"/\"; backend = \"b\";\n"
		"  limit = {};\n"
		"  limits = { headers = 1; bufer = 2; };\n"
		"  timeouts = { drain = 1; };\n"
		"} );\n",
		"t:1: listners: unknown option; did you mean \"listeners\"?\n"
		"t:2: workes: unknown option; did you mean \"workers\"?\n"
		"t:3: tls: unknown option; wsrelayd.conf(5) names all there "
		"are\n"
		"t:4: limits.bufer: unknown option; did you mean \"buffer\"?\n"
		"t:4: limits.x: unknown option; wsrelayd.conf(5) names all "
		"there are\n"
		"t:4: limits.drain: unknown option; wsrelayd.conf(5) names "
		"all there are\n"
		"t:5: listeners[0].listn: unknown option; did you mean "
		"\"listen\"?\n"
		"t:7: backends.b.server: unknown option; did you mean "
		"\"servers\"?\n"
		"t:10: routes[0].limit: unknown option; did you mean "
		"\"limits\"?\n"
		"t:11: routes[0].limits.headers: is not for a single route; "
		"allowed: in the global group \"limits\"\n"
		"t:11: routes[0].limits.bufer: unknown option; did you mean "
		"\"buffer\"?\n"
		"t:12: routes[0].timeouts.drain: is not for a single route; "
		"allowed: in the global group \"timeouts\"\n");
}

static void test_wrong_kinds(void **state)
{
	(void)state;
	config_text_assert_errors(
		TEXT_LISTENER
		"workers = 1.5;\n"
		"log = { level = 3; target = ( \"a\" ); };\n"
		"limits = { buffer = true; header_count = {}; "
		"headers = 1.5; };\n"
		"timeouts = ( 1 );\n"
		"backends = { b = 1; c = { servers = \"h:1\"; };\n"
		"  d = { servers = ( 1, \"h:1\" ); }; };\n"
		"routes = ( \"x\" );\n",
		"t:2: workers: has a fraction; allowed: a whole number, 1 to "
		"256, or \"auto\"\n"
		"t:3: log.level: is a number; allowed: \"error\", \"warning\", "
		"\"notice\", \"info\" or \"debug\"\n"
		"t:3: log.target: is a list; allowed: text in quotes, 1 to "
		"4096 bytes\n"
		"t:4: limits.buffer: is true or false; allowed: a size, 4K "
		"to 16M\n"
		"t:4: limits.header_count: is a group; allowed: a whole "
		"number, 8 to 1024\n"
		"t:4: limits.headers: is a number; allowed: a size, 256 to "
		"256K\n"
		"t:5: timeouts: is a list; allowed: a group, timeouts = "
		"{ ... };\n"
		"t:6: backends.b: is a number; allowed: a group, { ... }\n"
		"t:6: backends.c.servers: is text; allowed: a list of texts, "
		"each of 1 to 4096 bytes: ( \"a\", \"b\" )\n"
		"t:7: backends.d.servers: is a list; allowed: a list of "
		"texts, each of 1 to 4096 bytes: ( \"a\", \"b\" )\n"
		"t:8: routes[0]: is text; allowed: a group, { ... }\n");
}

static void test_wrong_values(void **state)
{
	(void)state;
	config_text_assert_errors(
		"listeners = ( { listen = \"unix:/a\"; mode = \"0888\"; },\n"
		"  { listen = \"unix:/b\"; mode = 660; },\n"
		"  { listen = \"unix:/c\"; mode = \"1777\"; },\n"
		"  { listen = \"unix:/d\"; mode = \"7\"; },\n"
		"  { listen = \"[::1]:0\"; v6_only = 1; },\n"
		"  { listen = \"\"; name = \"a\\nb\"; } );\n"
		"workers = 0;\n"
		"limits = { buffer = \"17M\"; max_sessions = -1;\n"
		"  header_count = 5000000000; };\n"
		"timeouts = { idle = \"1d\"; connect = 0; close = -1.5;\n"
		"  drain = 1e300; };\n"
		"log = { format = \"xml\"; };\n",
		"t:1: listeners[0].mode: is not octal; allowed: octal digits "
		"in quotes, \"0000\" to \"0777\"\n"
		"t:2: listeners[1].mode: is a number; allowed: octal digits "
		"in quotes, \"0000\" to \"0777\"\n"
		"t:3: listeners[2].mode: is too large; allowed: octal digits "
		"in quotes, \"0000\" to \"0777\"\n"
		"t:4: listeners[3].mode: has not 3 or 4 digits; allowed: "
		"octal digits in quotes, \"0000\" to \"0777\"\n"
		"t:5: listeners[4].v6_only: is a number; allowed: true or "
		"false\n"
		"t:6: listeners[5].listen: is empty; allowed: text in quotes, "
		"1 to 4096 bytes\n"
		"t:6: listeners[5].name: has a control character; allowed: "
		"text in quotes, 1 to 128 bytes\n"
		"t:7: workers: is too small; allowed: a whole number, 1 to "
		"256, or \"auto\"\n"
		"t:8: limits.buffer: is too large; allowed: a size, 4K to "
		"16M\n"
		"t:8: limits.max_sessions: is negative; allowed: a whole "
		"number, 0 to 100000000\n"
		"t:9: limits.header_count: is too large; allowed: a whole "
		"number, 8 to 1024\n"
		"t:10: timeouts.idle: \"1d\": unknown unit; allowed: a "
		"duration, 10ms to 960h, or 0\n"
		"t:10: timeouts.connect: is too small; allowed: a duration, "
		"10ms to 1h\n"
		"t:10: timeouts.close: is negative; allowed: a duration, 10ms "
		"to 1h\n"
		"t:11: timeouts.drain: is too large; allowed: a duration, "
		"10ms to 960h, or 0\n"
		"t:12: log.format: \"xml\" is not known; allowed: \"text\" or "
		"\"json\"\n");
}

static void test_wrong_sections(void **state)
{
	(void)state;
	config_text_assert_errors(
		"listeners = { listen = \"127.0.0.1:0\"; };\n"
		"backends = ( );\n"
		"routes = [ 1 ];\n"
		"limits = 5;\n",
		"t:1: listeners: is a group; allowed: a list of groups, "
		"listeners = ( { listen = \"127.0.0.1:8080\"; } );\n"
		"t:2: backends: is a list; allowed: a group of groups, "
		"backends = { NAME = { servers = ( \"127.0.0.1:5900\" ); }; "
		"};\n"
		"t:3: routes: is a list; allowed: a list of groups, "
		"routes = ( { path = \"/vnc\"; backend = \"vnc\"; } );\n"
		"t:4: limits: is a number; allowed: a group, limits = "
		"{ ... };\n"
		"t: listeners: is missing or empty; at least one: "
		"listeners = ( { listen = \"127.0.0.1:8080\"; } );\n");
}

static void test_long_texts(void **state)
{
	char text[8192];
	char name[200];
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[129] = '\0';
	snprintf(text, sizeof(text),
		 "listeners = ( { listen = \"127.0.0.1:0\"; name = "
		 "\"%s\"; } );",
		 name);
	assert_int_equal(config_parse_text("t", text, &errors, &config),
			 -EINVAL);
	assert_string_equal(errors.lines[0],
			    "t:1: listeners[0].name: is too long; allowed: "
			    "text in quotes, 1 to 128 bytes");
	config_errors_done(&errors);
	name[128] = '\0';
	snprintf(text, sizeof(text),
		 "listeners = ( { listen = \"127.0.0.1:0\"; name = "
		 "\"%s\"; } );",
		 name);
	config = config_text_parse(text);
	config_unref(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_route_defaults),
		cmocka_unit_test(test_values_in_every_form),
		cmocka_unit_test(test_ends_of_ranges),
		cmocka_unit_test(test_large_numbers_do_not_wrap),
		cmocka_unit_test(test_lists_and_arrays),
		cmocka_unit_test(test_routes_override_global_values),
		cmocka_unit_test(test_unknown_options),
		cmocka_unit_test(test_wrong_kinds),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_wrong_sections),
		cmocka_unit_test(test_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
