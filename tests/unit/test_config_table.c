/* SPDX-License-Identifier: MIT */
/* The option table is sound: what other parts take for granted of it. */

#include "config/config_arena.h"
#include "config/config_value.h"
#include "config_text.h"

static void test_paths_are_unique_and_scopes_together(void **state)
{
	(void)state;
	assert_true(config_option_count <= CONFIG_OPTIONS_MAX);
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];

		assert_ptr_equal(config_option_find(option->scope,
						    option->path),
				 option);
		assert_int_equal(config_option_index(option), i);
		if (i > 0)
			assert_true(option[-1].scope <= option->scope);
	}
}

/* The dump opens a group once: its options stand side by side. */
static void test_groups_are_together(void **state)
{
	(void)state;
	for (size_t i = 0; i + 1 < config_option_count; i++) {
		const char *path = config_options[i].path;
		size_t len = strcspn(path, ".");

		if (path[len] == '\0' ||
		    strncmp(config_options[i + 1].path, path, len + 1) == 0)
			continue;
		for (size_t j = i + 1; j < config_option_count; j++) {
			if (config_options[j].scope == config_options[i].scope)
				assert_int_not_equal(
					strncmp(config_options[j].path, path,
						len + 1),
					0);
		}
	}
}

/* A default nobody could write would not survive a dump. */
static void test_defaults_are_allowed(void **state)
{
	struct config_arena *arena = config_arena_new();

	(void)state;
	for (size_t i = 0; i < config_option_count; i++) {
		uint64_t object[1024] = { 0 };

		assert_true(config_options[i].offset < sizeof(object));
		assert_int_equal(config_value_default(&config_options[i], arena,
						      object),
				 0);
	}
	config_arena_free(&arena);
}

static void test_inherited_options_are_as_the_global_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];

		if (!(option->flags & CONFIG_INHERITED))
			continue;
		const struct config_option *global =
			config_option_find(CONFIG_SCOPE_GLOBAL, option->path);

		assert_non_null(global);
		assert_null(option->fallback);
		assert_int_equal(option->type, global->type);
		assert_int_equal(option->min, global->min);
		assert_int_equal(option->max, global->max);
		assert_int_equal(option->flags & CONFIG_ZERO,
				 global->flags & CONFIG_ZERO);
	}
}

static void test_groups_are_known(void **state)
{
	(void)state;
	assert_true(config_option_is_group(CONFIG_SCOPE_GLOBAL, "limits"));
	assert_true(config_option_is_group(CONFIG_SCOPE_ROUTE, "timeouts"));
	assert_false(config_option_is_group(CONFIG_SCOPE_LISTENER, "limits"));
	assert_false(config_option_is_group(CONFIG_SCOPE_GLOBAL, "limit"));
	assert_false(config_option_is_group(CONFIG_SCOPE_GLOBAL, "workers"));
	assert_null(config_option_find(CONFIG_SCOPE_GLOBAL, "limits"));
	assert_null(config_option_find(CONFIG_SCOPE_GLOBAL, "host"));
}

static void assert_allowed(enum config_scope scope, const char *path,
			   const char *text)
{
	char got[CONFIG_ALLOWED_MAX];

	config_option_print_allowed(config_option_find(scope, path), got);
	assert_string_equal(got, text);
}

static void test_what_is_allowed_is_said(void **state)
{
	(void)state;
	assert_allowed(CONFIG_SCOPE_GLOBAL, "workers",
		       "a whole number, 1 to 256, or \"auto\"");
	assert_allowed(CONFIG_SCOPE_GLOBAL, "log.level",
		       "\"error\", \"warning\", \"notice\", \"info\" or "
		       "\"debug\"");
	assert_allowed(CONFIG_SCOPE_GLOBAL, "log.target",
		       "text in quotes, 1 to 4096 bytes");
	assert_allowed(CONFIG_SCOPE_GLOBAL, "limits.max_sessions",
		       "a whole number, 0 to 100000000");
	assert_allowed(CONFIG_SCOPE_GLOBAL, "limits.buffer",
		       "a size, 4K to 16M");
	assert_allowed(CONFIG_SCOPE_GLOBAL, "timeouts.idle",
		       "a duration, 10ms to 960h, or 0");
	assert_allowed(CONFIG_SCOPE_LISTENER, "v6_only", "true or false");
	assert_allowed(CONFIG_SCOPE_LISTENER, "mode",
		       "octal digits in quotes, \"0000\" to \"0777\"");
	assert_allowed(CONFIG_SCOPE_ROUTE, "line_end", "\"lf\" or \"crlf\"");
	assert_allowed(CONFIG_SCOPE_ROUTE, "framing",
		       "\"stream\", \"lines\", \"nul\", \"length8\", "
		       "\"length16\", \"length32\", \"length8-le\", "
		       "\"length16-le\", \"length32-le\", "
		       "\"typed-length32\" or \"seqpacket\"");
	assert_allowed(CONFIG_SCOPE_ROUTE, "origins",
		       "a list of texts, each of 1 to 4096 bytes: "
		       "( \"a\", \"b\" )");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_are_unique_and_scopes_together),
		cmocka_unit_test(test_groups_are_together),
		cmocka_unit_test(test_defaults_are_allowed),
		cmocka_unit_test(test_inherited_options_are_as_the_global_ones),
		cmocka_unit_test(test_groups_are_known),
		cmocka_unit_test(test_what_is_allowed_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
