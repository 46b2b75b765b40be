/* SPDX-License-Identifier: MIT */
/* Files: what cannot be read or parsed, conf.d, includes, the shipped one. */

#include "config/config_source.h"
#include "config_files.h"

static void test_unreadable(void **state)
{
	(void)state;
	config_files_assert_errors(
		"none", "none: cannot be read: No such file or directory\n");
	assert_int_equal(mkdir("dir", 0700), 0);
	config_files_assert_errors("dir",
				   "dir: cannot be read: Is a directory\n");
	config_files_assert_errors(
		"a/b", "a/b: cannot be read: No such file or directory\n");
	config_files_write_bytes("null", "a = 1;\0", 7);
	config_files_assert_errors(
		"null", "null: cannot be read: it holds a null byte\n");
}

static void test_empty(void **state)
{
	(void)state;
	config_files_write("f", "");
	config_files_assert_errors(
		"f", "f: listeners: is missing or empty; at least one: "
		     "listeners = ( { listen = \"127.0.0.1:8080\"; } );\n");
}

static void test_too_large(void **state)
{
	char *text = malloc(CONFIG_SOURCE_MAX + 1);

	(void)state;
	memset(text, '\n', CONFIG_SOURCE_MAX + 1);
	config_files_write_bytes("f", text, CONFIG_SOURCE_MAX + 1);
	free(text);
	config_files_assert_errors("f", "f: cannot be read: too large\n");
}

static void test_syntax(void **state)
{
	static const struct {
		const char *text;
		const char *lines;
	} cases[] = {
		{ "a = ;\n",
		  "f:1: syntax error at ';'; a value belongs here\n" },
		{ "a = 1;\n\nb = 2;\na = 3;\n",
		  "f:4: set before in this group; each option once\n" },
		{ "a = [ 1, \"b\" ];\n", "f:1: an [ array ] has elements of "
					 "one type; write a ( list )\n" },
		{ "\n\na = \"b\n\n", "f:3: the text that begins here has no "
				     "closing '\"'\n" },
		{ "\n/* a\n\n", "f:2: the comment that begins here has no "
				"end\n" },
		{ "\na = 99999999999999999999;",
		  "f:2: the number is too large\n" },
		{ "a = -99999999999999999999;",
		  "f:1: the number is too large\n" },
		{ "a = 0xfffffffffffffffff;",
		  "f:1: the number is too large\n" },
		{ "a = 1111111111111111111111111111111111111111;",
		  "f:1: the number is too large\n" },
		{ "a =\n((((((((((((((((1))))))))))))))));\n",
		  "f:1: a: unknown option; wsrelayd.conf(5) names all there "
		  "are\n" },
		{ "a =\n(((((((((((((((((1)))))))))))))))));\n",
		  "f:2: too many brackets within brackets; allowed: 16\n" },
		{ "@incldue \"x\"\n",
		  "f:1: '@' without a meaning; @include \"FILE\"\n" },
		{ "))))", "f:1: syntax error at ')'; the name of an option "
			  "belongs here\n" },
		{ "limits = {\n", "f:1: the '{' here is not closed; '}' is "
				  "missing\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[256];

		/* What has no listener else is told so. */
		snprintf(text, sizeof(text), "%s%s", cases[i].text,
			 i == 9 ? TEXT_LISTENER : "");
		config_files_write("f", text);
		config_files_assert_errors("f", cases[i].lines);
	}
}

static void test_byte_order_mark_and_crlf(void **state)
{
	(void)state;
	config_files_write("f", "\xef\xbb\xbf"
				"workers = 2;\r\n"
				"listeners = ( { listen = \"[::]:0\"; } );\r\n"
				"# no line end");
	struct config *config = config_files_load("f");

	assert_int_equal(config->workers, 2);
	config_unref(&config);
}

static void test_include(void **state)
{
	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	config_files_write("f", "  @include \"sub/limits.inc\"\nworkers = 2;\n"
				"@include \"sub/more.inc\" log = { level = "
				"\"x\"; };\n"
				"tls = 1;\n" TEXT_LISTENER);
	config_files_write("sub/limits.inc", "limits = {\n buffr = 1;\n};");
	config_files_write("sub/more.inc", "# nothing\n@include \"last.inc\"\n"
					   "workrs = 1;\n");
	config_files_write("sub/last.inc", "timeouts = { idle = \"x\"; };");
	config_files_assert_errors(
		"f",
		"sub/limits.inc:2: limits.buffr: unknown option; did you mean "
		"\"buffer\"?\n"
		"sub/last.inc:1: timeouts.idle: \"x\": not a number; allowed: "
		"a duration, 10ms to 960h, or 0\n"
		"sub/more.inc:3: workrs: unknown option; did you mean "
		"\"workers\"?\n"
		"f:3: log.level: \"x\" is not known; allowed: \"error\", "
		"\"warning\", \"notice\", \"info\" or \"debug\"\n"
		"f:4: tls: unknown option; wsrelayd.conf(5) names all there "
		"are\n");
}

static void test_bad_includes(void **state)
{
	(void)state;
	config_files_write("f", "\n@include \"none\"\n");
	config_files_assert_errors(
		"f", "f:2: \"none\" cannot be read: No such file or "
		     "directory\n");
	config_files_write("f", "@include \".\"\n");
	config_files_assert_errors(
		"f", "f:1: \".\" cannot be read: Is a directory\n");
	config_files_write("f", "@include \"\"\n");
	config_files_assert_errors("f", "f:1: @include names no file\n");
	config_files_write("f", "@include \"f\"\n");
	config_files_assert_errors(
		"f", "f:1: includes within includes, too many; does a file "
		     "include itself?\n");
	config_files_write("f", "@include \"/dev/null\"\n" TEXT_LISTENER);
	struct config *config = config_files_load("f");

	config_unref(&config);
}

/* A file that includes nothing five hundred times is refused. */
static void test_too_many_includes(void **state)
{
	char text[512 * 12 + 1] = "";

	(void)state;
	config_files_write("e", "");
	for (size_t i = 0; i < 512; i++)
		memcpy(text + i * 12, "@include\"e\"\n", 13);
	config_files_write("f", text);
	config_files_assert_errors("f", "f:500: too many includes\n");
}

static void test_conf_d(void **state)
{
	(void)state;
	assert_int_equal(mkdir("conf.d", 0700), 0);
	config_files_write("f", TEXT_LISTENER TEXT_BACKEND
			   "routes = ( { path = \"/0\"; backend = "
			   "\"b\"; } );\n");
	config_files_write("conf.d/20.conf",
			   "routes = ( { path = \"/2\"; backend = "
			   "\"c\"; } );\n");
	config_files_write("conf.d/10.conf",
			   "backends = { c = { servers = ( \"h:1\" ); }; };\n"
			   "listeners = ( { listen = \"127.0.0.2:0\"; } );\n"
			   "routes = ( { path = \"/1\"; backend = "
			   "\"b\"; } );\n");
	config_files_write("conf.d/.conf", "bad");
	config_files_write("conf.d/.x.conf", "bad");
	config_files_write("conf.d/30.conf~", "bad");
	config_files_write("conf.d/40.config", "bad");
	struct config *config = config_files_load("f");

	assert_int_equal(config->route_count, 3);
	assert_string_equal(config->routes[0].name, "/0");
	assert_string_equal(config->routes[1].name, "/1");
	assert_string_equal(config->routes[2].name, "/2");
	assert_int_equal(config->listener_count, 2);
	assert_int_equal(config->backend_count, 2);
	config_unref(&config);
}

static void test_errors_in_conf_d(void **state)
{
	char path[512];

	assert_int_equal(mkdir("conf.d", 0700), 0);
	config_files_write("f", "worker = 1;\n" TEXT_LISTENER TEXT_BACKEND);
	config_files_write("conf.d/a.conf",
			   "workers = 2;\nlimits = { };\n"
			   "route = 1;\nx = 1;\n"
			   "backends = { b = { servers = ( \"h:1\" ); }; };\n");
	config_files_write("conf.d/b.conf",
			   "\nroutes = ( { path = \"/\"; backend = "
			   "\"x\"; } );\n");
	config_files_assert_errors(
		"f",
		"f:1: worker: unknown option; did you mean \"workers\"?\n"
		"conf.d/a.conf:1: workers: is for the main file; allowed in "
		"conf.d: listeners, backends, routes\n"
		"conf.d/a.conf:2: limits: is for the main file; allowed in "
		"conf.d: listeners, backends, routes\n"
		"conf.d/a.conf:3: route: unknown option; did you mean "
		"\"routes\"?\n"
		"conf.d/a.conf:4: x: unknown option; wsrelayd.conf(5) names "
		"all there are\n"
		"conf.d/a.conf:5: backends.b: is there already (f:3); each "
		"name once\n"
		"conf.d/b.conf:2: routes[0].backend: \"x\" is not a backend; "
		"the name of one in \"backends\"\n");
	/* By an absolute path conf.d is found beside the file all the same. */
	snprintf(path, sizeof(path), "%s/f", (const char *)*state);
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;

	assert_int_equal(config_load(path, &errors, &config), -EINVAL);
	assert_int_equal(errors.count, 7);
	assert_non_null(strstr(errors.lines[1], "/conf.d/a.conf:1: workers: "));
	config_errors_done(&errors);
}

/* What is in a file that does not parse must not be called missing. */
static void test_a_broken_file_hides_no_other(void **state)
{
	(void)state;
	assert_int_equal(mkdir("conf.d", 0700), 0);
	config_files_write("f", TEXT_LISTENER
			   "worker = 1;\n"
			   "routes = ( { path = \"/\"; backend = \"c\"; "
			   "} );\n");
	config_files_write("conf.d/a.conf", "backends = { c = { };\n");
	config_files_write("conf.d/b.conf", "x = 1;\n");
	config_files_assert_errors(
		"f",
		"f:2: worker: unknown option; did you mean \"workers\"?\n"
		"conf.d/a.conf:1: the '{' here is not closed; '}' is missing\n"
		"conf.d/b.conf:1: x: unknown option; wsrelayd.conf(5) names "
		"all there are\n");
}

static void test_conf_d_that_is_a_file(void **state)
{
	(void)state;
	config_files_write("f", TEXT_LISTENER);
	config_files_write("conf.d", "x");
	struct config *config = config_files_load("f");

	config_unref(&config);
}

static void test_too_many_objects(void **state)
{
	char *text = malloc(16 + 3 * 10001);
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;
	size_t len = (size_t)sprintf(text, "listeners = (");

	(void)state;
	for (size_t i = 0; i < 10001; i++, len += 3)
		memcpy(text + len, "{},", 3);
	memcpy(text + len - 1, ");", 3);
	assert_int_equal(config_parse_text("t", text, &errors, &config),
			 -EINVAL);
	assert_string_equal(errors.lines[0],
			    "t:1: listeners[10000]: too many; allowed: 10000");
	config_errors_done(&errors);
	free(text);
}

static void test_text_cannot_include(void **state)
{
	(void)state;
	config_text_assert_errors("@include \"/dev/null\"\n",
				  "t:1: @include works in files only\n");
}

static void test_the_shipped_file(void **state)
{
	(void)state;
	struct config *config =
		config_files_load(TESTS_SRCDIR "/../etc/wsrelayd.conf");

	/* Safe as it is: this machine only. */
	assert_int_equal(config->listener_count, 1);
	assert_string_equal(config->listeners[0].listen, "127.0.0.1:8080");
	assert_int_equal(config->route_count, 1);
	assert_int_equal(config->routes[0].origin_count, 1);
	assert_int_equal(config->routes[0].origins[0].kind,
			 PATTERN_ORIGIN_SAME);
	config_unref(&config);
}

#define TEST(f)                                                \
	cmocka_unit_test_setup_teardown(f, config_files_setup, \
					config_files_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unreadable),
		TEST(test_empty),
		TEST(test_too_large),
		TEST(test_syntax),
		TEST(test_byte_order_mark_and_crlf),
		TEST(test_include),
		TEST(test_bad_includes),
		TEST(test_too_many_includes),
		TEST(test_conf_d),
		TEST(test_errors_in_conf_d),
		TEST(test_a_broken_file_hides_no_other),
		TEST(test_conf_d_that_is_a_file),
		TEST(test_too_many_objects),
		TEST(test_text_cannot_include),
		TEST(test_the_shipped_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
