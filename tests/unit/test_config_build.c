/* SPDX-License-Identifier: MIT */
/* What holds between options: addresses, names, patterns, references. */

#include <grp.h>
#include <pwd.h>

#include "config_text.h"

static void test_addresses_of_listeners(void **state)
{
	(void)state;
	config_text_assert_errors(
		"listeners = ( { listen = \"localhost:80\"; },\n"
		"  { listen = \"127.0.0.1\"; }, { listen = \"::1:80\"; },\n"
		"  { name = \"x\"; }, { listen = \"unix:x\"; } );\n",
		"t:1: listeners[0].listen: \"localhost:80\": a name; only "
		"numeric addresses can be listened on\n"
		"t:2: listeners[1].listen: \"127.0.0.1\": no port; write "
		"\"address:port\"\n"
		"t:2: listeners[2].listen: \"::1:80\": too many colons; an "
		"IPv6 address stands in brackets: \"[::1]:8080\"\n"
		"t:3: listeners[3].listen: is missing; allowed: text in "
		"quotes, 1 to 4096 bytes\n"
		"t:3: listeners[4].listen: \"unix:x\": not a Unix socket; "
		"\"unix:\" and an absolute path, or \"unix:@\" and an "
		"abstract name\n");
}

static void test_options_of_another_kind_of_listener(void **state)
{
	(void)state;
	config_text_assert_errors(
		"listeners = ( { listen = \"127.0.0.1:1\"; mode = "
		"\"0600\"; },\n"
		"  { listen = \"unix:@a\"; mode = \"0600\"; },\n"
		"  { listen = \"unix:/a\"; v6_only = true; },\n"
		"  { listen = \"127.0.0.1:2\"; v6_only = true; },\n"
		"  { listen = \"127.0.0.1:3\"; v6_only = false; },\n"
		"  { listen = \"unix:/b\"; mode = \"600\"; },\n"
		"  { listen = \"[::1]:4\"; v6_only = true; } );\n",
		"t:1: listeners[0].mode: is for Unix sockets with a path "
		"only; leave it out\n"
		"t:2: listeners[1].mode: is for Unix sockets with a path "
		"only; leave it out\n"
		"t:3: listeners[2].v6_only: is for IPv6 addresses only; leave "
		"it out\n"
		"t:4: listeners[3].v6_only: is for IPv6 addresses only; leave "
		"it out\n");
}

static void test_sockets_of_systemd(void **state)
{
	(void)state;
	config_text_assert_errors(
		"listeners = ( { listen = \"127.0.0.1:1\"; fd_name = "
		"\"x\"; },\n"
		"  { listen = \"systemd\"; mode = \"0600\"; },\n"
		"  { listen = \"systemd\"; fd_name = \"x\"; v6_only = true; "
		"},\n"
		"  { listen = \"systemd:x\"; }, { listen = \"systemd\"; } );\n",
		"t:1: listeners[0].fd_name: is for listen = \"systemd\" only; "
		"leave it out\n"
		"t:2: listeners[1].mode: is for Unix sockets with a path "
		"only; leave it out\n"
		"t:3: listeners[2].v6_only: is for IPv6 addresses only; leave "
		"it out\n"
		"t:4: listeners[3].listen: \"systemd:x\": not a port; a number "
		"of 1 to 65535\n"
		"t:4: listeners[4].listen: \"systemd\" is taken by "
		"listeners[1] (t:2), \"systemd\"; each address and port "
		"once\n");
	struct config *config = config_text_parse(
		"listeners = ( { listen = \"systemd\"; },\n"
		"  { listen = \"systemd\"; fd_name = \"b\"; } );\n");

	assert_true(config->listeners[0].is_inherited);
	assert_string_equal(config->listeners[0].name, "wsrelayd.socket");
	assert_string_equal(config->listeners[1].name, "b");
	config_unref(&config);
}

static void test_user_and_group(void **state)
{
	struct config *config = config_text_parse(
		"user = \"nobody\"; group = \"daemon\";\n" TEXT_LISTENER);

	(void)state;
	assert_int_equal(config->identity.uid, getpwnam("nobody")->pw_uid);
	assert_int_equal(config->identity.gid, getgrnam("daemon")->gr_gid);
	config_unref(&config);
	config = config_text_parse("user = \"nobody\";\n" TEXT_LISTENER);
	assert_int_equal(config->identity.gid, getpwnam("nobody")->pw_gid);
	config_unref(&config);
	config = config_text_parse(
		"user = \"\"; group = \"\";\n" TEXT_LISTENER);
	assert_int_equal(config->identity.uid, 0);
	config_unref(&config);
	config_text_assert_errors(
		"user = \"nobody at all\";\ngroup = \"none\";\n" TEXT_LISTENER,
		"t:1: user: there is no user \"nobody at all\"; allowed: the "
		"name of one, or \"\" for no change\n"
		"t:2: group: there is no group \"none\"; allowed: the name of "
		"one, or \"\" for the user's own\n");
	config_text_assert_errors(
		"group = \"daemon\";\n" TEXT_LISTENER,
		"t:1: group: has no effect without \"user\"; leave it out or "
		"name a user\n");
}

/* Whether two listeners of these addresses are refused. */
static bool clash(const char *a, const char *b)
{
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;
	char text[512];

	snprintf(text, sizeof(text),
		 "listeners = ( { name = \"a\"; listen = %s; },\n"
		 "  { name = \"b\"; listen = %s; } );\n",
		 a, b);
	int error = config_parse_text("t", text, &errors, &config);

	if (error) {
		assert_int_equal(errors.count, 1);
		assert_non_null(
			strstr(errors.lines[0], "t:2: listeners[1].listen: "));
		assert_non_null(strstr(errors.lines[0],
				       " is taken by listeners[0] (t:1), "));
	}
	config_errors_done(&errors);
	config_unref(&config);
	return error;
}

static void test_listeners_in_each_others_way(void **state)
{
	(void)state;
	assert_true(clash("\"127.0.0.1:1\"", "\"127.0.0.1:1\""));
	assert_true(clash("\"0.0.0.0:1\"", "\"127.0.0.1:1\""));
	assert_true(clash("\"127.0.0.1:1\"", "\"0.0.0.0:1\""));
	assert_true(clash("\"[::]:1\"", "\"0.0.0.0:1\""));
	assert_true(clash("\"127.0.0.1:1\"", "\"*:1\""));
	assert_true(clash("\"[::]:1\"", "\"[::1]:1\""));
	assert_true(clash("\"[::]:1\"; v6_only = true", "\"[::1]:1\""));
	assert_true(clash("\"unix:/a\"", "\"unix:/a\""));
	assert_true(clash("\"unix:@a\"", "\"unix:@a\""));
	assert_false(clash("\"127.0.0.1:1\"", "\"127.0.0.1:2\""));
	assert_false(clash("\"127.0.0.1:1\"", "\"127.0.0.2:1\""));
	assert_false(clash("\"127.0.0.1:1\"", "\"[::1]:1\""));
	assert_false(clash("\"[::]:1\"; v6_only = true", "\"0.0.0.0:1\""));
	assert_false(clash("\"0.0.0.0:1\"", "\"[::]:1\"; v6_only = true"));
	assert_false(clash("\"127.0.0.1:0\"", "\"127.0.0.1:0\""));
	assert_false(clash("\"0.0.0.0:0\"", "\"127.0.0.1:0\""));
	assert_false(clash("\"unix:/a\"", "\"unix:@a\""));
	assert_false(clash("\"unix:/a\"", "\"unix:/ab\""));
	assert_false(clash("\"unix:/a\"", "\"127.0.0.1:1\""));
}

static void test_names_are_unique(void **state)
{
	(void)state;
	config_text_assert_errors(
		"listeners = ( { name = \"a\"; listen = \"127.0.0.1:1\"; },\n"
		"  { name = \"a\"; listen = \"[::1]:2\"; } );\n" TEXT_BACKEND
		"routes = ( { path = \"/x\"; backend = \"b\"; },\n"
		"  { path = \"/x\"; host = \"h\"; backend = \"b\"; },\n"
		"  { name = \"/x\"; path = \"/y\"; backend = \"b\"; } );\n",
		"t:2: listeners[1].name: \"a\" is the name of listeners[0] "
		"(t:1); each name once\n"
		"t:5: routes[1].path: \"/x\" is the name of routes[0] (t:4); "
		"give this route a name of its own\n"
		"t:6: routes[2].name: \"/x\" is the name of routes[0] (t:4); "
		"each name once\n");
}

static void test_servers(void **state)
{
	(void)state;
	config_text_assert_errors(
		TEXT_LISTENER
		"backends = { a = { servers = ( \"h\", \"h:0\", \"h:1\",\n"
		"    \"[::1]:x\" ); };\n"
		"  b = { }; c = { servers = ( ); };\n"
		"  d = { servers = ( \"\" ); }; };\n",
		"t:2: backends.a.servers: \"h\": no port; write "
		"\"address:port\"\n"
		"t:2: backends.a.servers: \"h:0\": not a port; a number of 1 "
		"to 65535\n"
		"t:2: backends.a.servers: \"[::1]:x\": not a port; a number "
		"of 1 to 65535\n"
		"t:4: backends.c.servers: is empty; allowed: a list of texts, "
		"each of 1 to 4096 bytes: ( \"a\", \"b\" )\n"
		"t:4: backends.b.servers: is missing; allowed: a list of "
		"texts, each of 1 to 4096 bytes: ( \"a\", \"b\" )\n"
		"t:5: backends.d.servers: is empty; allowed: a list of texts, "
		"each of 1 to 4096 bytes: ( \"a\", \"b\" )\n");
}

static void test_routes(void **state)
{
	(void)state;
	config_text_assert_errors(
		TEXT_LISTENER
		"backends = { vnc = { servers = ( \"h:1\" ); }; };\n"
		"routes = ( { name = \"1\"; path = \"x\"; backend = "
		"\"vnc\"; },\n"
		"  { name = \"2\"; path = \"/x\"; backend = \"vcn\"; },\n"
		"  { name = \"3\"; path = \"/x\"; backend = \"other\"; },\n"
		"  { name = \"4\"; backend = \"vnc\"; host = \"h:8\"; },\n"
		"  { name = \"5\"; path = \"/x\"; },\n"
		"  { name = \"6\"; path = \"/x\"; backend = \"vnc\";\n"
		"    origins = ( \"same\", \"a.org\" ); },\n"
		"  { name = \"7\"; path = \"/x\"; backend = \"vnc\";\n"
		"    subprotocols = ( \"a\", \"a,b\", \"a\" ); } );\n",
		"t:3: routes[0].path: \"x\" is not a path; it begins with "
		"'/'\n"
		"t:4: routes[1].backend: \"vcn\" is not a backend; did you "
		"mean \"vnc\"?\n"
		"t:5: routes[2].backend: \"other\" is not a backend; the name "
		"of one in \"backends\"\n"
		"t:6: routes[3].path: is missing; allowed: text in quotes, 1 "
		"to 4096 bytes\n"
		"t:6: routes[3].host: \"h:8\" is not a host pattern; \"*\", a "
		"name, \"*.suffix\" or an address, without a port\n"
		"t:7: routes[4].backend: is missing; allowed: text in quotes, "
		"1 to 4096 bytes\n"
		"t:9: routes[5].origins: \"a.org\" is not an origin; "
		"\"same\", \"null\", \"*\" or \"https://host\", the host "
		"perhaps \"*.suffix\" and with a port, no path\n"
		"t:11: routes[6].subprotocols: \"a,b\" is not a token; "
		"letters, digits and !#$%&'*+-.^_`|~\n"
		"t:11: routes[6].subprotocols: \"a\" is there twice; each "
		"once\n");
}

static void test_options_of_another_framing(void **state)
{
	(void)state;
	config_text_assert_errors(
		TEXT_LISTENER TEXT_BACKEND
		"routes = ( { path = \"/a\"; backend = \"b\"; line_end = "
		"\"lf\"; },\n"
		"  { path = \"/b\"; backend = \"b\"; framing = \"nul\"; "
		"line_end = \"crlf\"; },\n"
		"  { path = \"/c\"; backend = \"b\"; framing = \"lines\"; "
		"line_end = \"lf\"; } );\n",
		"t:3: routes[0].line_end: is for framing = \"lines\" only; "
		"leave it out\n"
		"t:4: routes[1].line_end: is for framing = \"lines\" only; "
		"leave it out\n");
}

static void test_servers_of_datagrams(void **state)
{
	(void)state;
	config_text_assert_errors(
		TEXT_LISTENER "backends = {\n"
		"  a = { servers = ( \"unix-seqpacket:@a\", "
		"\"unix-seqpacket:/a\" ); };\n"
		"  b = { servers = ( \"unix:/b\", \"unix-seqpacket:/c\", "
		"\"unix-seqpacket:/d\" ); };\n"
		"  c = { servers = ( \"unix:/b\", \"unix-seqpacket:b\" ); };\n"
		"  d = { servers = ( \"h:1\" ); };\n"
		"};\n"
		"routes = ( { path = \"/a\"; backend = \"a\"; framing = "
		"\"seqpacket\"; },\n"
		"  { path = \"/b\"; backend = \"a\"; },\n"
		"  { path = \"/c\"; backend = \"a\"; framing = \"nul\"; },\n"
		"  { path = \"/d\"; backend = \"d\"; framing = "
		"\"seqpacket\"; },\n"
		"  { path = \"/e\"; backend = \"d\"; } );\n",
		"t:4: backends.b.servers: \"unix:/b\" and "
		"\"unix-seqpacket:/c\" are of two kinds; "
		"\"unix-seqpacket:\" for all or for none\n"
		"t:5: backends.c.servers: \"unix-seqpacket:b\": not a Unix "
		"socket; \"unix:\" and an absolute path, or \"unix:@\" and "
		"an abstract name\n"
		"t:9: routes[1].framing: backend \"a\" has "
		"\"unix-seqpacket:@a\", which needs \"seqpacket\"\n"
		"t:10: routes[2].framing: backend \"a\" has "
		"\"unix-seqpacket:@a\", which needs \"seqpacket\"\n"
		"t:11: routes[3].framing: \"seqpacket\" needs servers of "
		"\"unix-seqpacket:\", and backend \"d\" has \"h:1\"\n");
}

static void test_log_target(void **state)
{
	static const char *const good[] = { "auto", "stderr", "journal",
					    "syslog", "file:/a" };
	static const char *const bad[] = { "Syslog", "file:", "file:a", "/a",
					   "Auto" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			 TEXT_LISTENER "log = { target = \"%s\"; };", good[i]);
		struct config *config = config_text_parse(text);

		assert_string_equal(config->log.target, good[i]);
		config_unref(&config);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char text[256];
		char line[256];

		snprintf(text, sizeof(text),
			 TEXT_LISTENER "log = { target = \"%s\"; };", bad[i]);
		snprintf(line, sizeof(line),
			 "t:2: log.target: \"%s\" is not known; allowed: "
			 "\"auto\", \"stderr\", \"journal\", \"syslog\" or "
			 "\"file:/path\"\n",
			 bad[i]);
		config_text_assert_errors(text, line);
	}
}

static void test_no_listener(void **state)
{
	static const char *const lines =
		"t: listeners: is missing or empty; at least one: listeners = "
		"( { listen = \"127.0.0.1:8080\"; } );\n";

	(void)state;
	config_text_assert_errors("", lines);
	config_text_assert_errors("listeners = ( );", lines);
}

static const struct config_page page = {
	.content_type = "text/plain",
	.body = "x",
	.body_len = 1,
};

static void test_pages(void **state)
{
	struct config *config = config_text_parse(TEXT_LISTENER);

	(void)state;
	assert_int_equal(config_add_page(config, "/", &page), 0);
	assert_int_equal(config_add_page(config, "/b", &page), 0);
	assert_int_equal(config_add_page(config, "/c", &page), 0);
	assert_int_equal(config_add_page(config, "/", &page), -EINVAL);
	assert_int_equal(config_add_page(config, "x", &page), -EINVAL);
	assert_int_equal(config->route_count, 3);
	const struct config_route *route = config_route_by_name(config, "/");

	assert_ptr_equal(route, &config->routes[0]);
	assert_ptr_equal(route->page, &page);
	assert_null(route->backend);
	assert_true(pattern_host_matches(&route->host, slice_of("x")));
	assert_true(pattern_path_matches(&route->path, slice_of("/")));
	assert_int_equal(route->origin_count, 1);
	assert_int_equal(route->limits.buffer, 65536);
	/* Pages are not in a file: the dump leaves them out. */
	char *text = config_text_dump(config);

	assert_non_null(strstr(text, "\nroutes = (\n);\n"));
	free(text);
	config_unref(&config);
}

static void test_references(void **state)
{
	struct config *config = config_text_parse(TEXT_LISTENER);
	struct config *other = config_ref(config);

	(void)state;
	assert_ptr_equal(other, config);
	config_unref(&config);
	assert_null(config);
	assert_int_equal(other->listener_count, 1);
	config_unref(&other);
	config_unref(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_of_listeners),
		cmocka_unit_test(test_options_of_another_kind_of_listener),
		cmocka_unit_test(test_sockets_of_systemd),
		cmocka_unit_test(test_user_and_group),
		cmocka_unit_test(test_listeners_in_each_others_way),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_options_of_another_framing),
		cmocka_unit_test(test_servers_of_datagrams),
		cmocka_unit_test(test_log_target),
		cmocka_unit_test(test_no_listener),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
