/* SPDX-License-Identifier: MIT */
/* The command line: each option in both spellings, and wrong ones. */

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/demo.h"
#include "daemon/options.h"

#define WORDS_MAX 8

/* Parses a line of words. */
static struct options parse(const char *line)
{
	static char text[128];
	char *argv[WORDS_MAX + 2] = { "wsrelayd" };
	int argc = 1;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	optind = 0; /* glibc: begin anew */
	return options_parse(argc, argv);
}

/* Parses one that is wrong: what is said on stderr goes to `ret_said`. */
static void parse_wrong(const char *line, char ret_said[1024])
{
	int before = dup(STDERR_FILENO);
	FILE *said = tmpfile();

	assert_non_null(said);
	fflush(stderr);
	assert_true(dup2(fileno(said), STDERR_FILENO) >= 0);
	struct options options = parse(line);

	fflush(stderr);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	rewind(said);
	ret_said[fread(ret_said, 1, 1023, said)] = '\0';
	fclose(said);
	assert_int_equal(options.action, OPTIONS_WRONG);
}

static void test_nothing(void **unused)
{
	struct options options = parse("");

	(void)unused;
	assert_int_equal(options.action, OPTIONS_RUN);
	assert_non_null(strstr(options.config_path, "/wsrelayd/wsrelayd.conf"));
	assert_int_equal(options.demo_port, DEMO_PORT);
}

static void test_actions(void **unused)
{
	static const struct {
		const char *line;
		enum options_action action;
	} cases[] = {
		{ "-c x", OPTIONS_RUN },       { "-t", OPTIONS_CHECK },
		{ "--check", OPTIONS_CHECK },  { "-T", OPTIONS_DUMP },
		{ "--dump", OPTIONS_DUMP },    { "--demo", OPTIONS_DEMO },
		{ "-V", OPTIONS_VERSION },     { "--version", OPTIONS_VERSION },
		{ "-h", OPTIONS_HELP },        { "--help", OPTIONS_HELP },
		{ "-t -T", OPTIONS_DUMP },     { "-T -t", OPTIONS_CHECK },
		{ "-t --help", OPTIONS_HELP }, { "-tV", OPTIONS_VERSION },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(parse(cases[i].line).action, cases[i].action);
}

static void test_config(void **unused)
{
	(void)unused;
	assert_string_equal(parse("-c a.conf").config_path, "a.conf");
	assert_string_equal(parse("-cb.conf").config_path, "b.conf");
	assert_string_equal(parse("--config c.conf").config_path, "c.conf");
	assert_string_equal(parse("--config=d.conf -t").config_path, "d.conf");
}

static void test_ports(void **unused)
{
	(void)unused;
	assert_int_equal(parse("--demo --port 0").demo_port, 0);
	assert_int_equal(parse("--port=65535 --demo").demo_port, 65535);
	assert_int_equal(parse("--demo --port 8081").demo_port, 8081);
}

static void test_wrong(void **unused)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{ "--demo --port 65536", "\"65536\"" },
		{ "--demo --port -1", "\"-1\"" },
		{ "--demo --port +1", "\"+1\"" },
		{ "--demo --port x", "\"x\"" },
		{ "--demo --port 80x", "\"80x\"" },
		{ "--demo --port 99999999999999999999", "\"9999" },
		{ "--port 80", "--port goes with --demo" },
		{ "file", "unexpected argument \"file\"" },
		{ "--nonsense", "nonsense" },
		{ "-x", "x" },
		{ "-c", "c" },
	};
	char said[1024];

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse_wrong(cases[i].line, said);
		assert_non_null(strstr(said, cases[i].says));
		assert_non_null(strstr(said, "Try \"wsrelayd --help\".\n"));
	}
}

static void test_help_names_every_option(void **unused)
{
	static const char *const options[] = { "-c, --config", "-t, --check",
					       "-T, --dump",   "--demo",
					       "--port N",     "-V, --version",
					       "-h, --help" };
	int before = dup(STDOUT_FILENO);
	FILE *out = tmpfile();
	char text[4096];

	(void)unused;
	assert_non_null(out);
	fflush(stdout);
	assert_true(dup2(fileno(out), STDOUT_FILENO) >= 0);
	options_print_help();
	fflush(stdout);
	assert_true(dup2(before, STDOUT_FILENO) >= 0);
	close(before);
	rewind(out);
	text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
	fclose(out);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		assert_non_null(strstr(text, options[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_help_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
