/* SPDX-License-Identifier: MIT */
/* Which route serves a request: the first that matches host and path. */

#include "config_text.h"

#include "relay/route.h"

#define ROUTES                                                             \
	TEXT_LISTENER TEXT_BACKEND                                         \
		"routes = ("                                               \
		"{ name = \"exact\"; path = \"/a\"; backend = \"b\"; },"   \
		"{ name = \"host\"; host = \"x.example\"; path = \"/b\";"  \
		"  backend = \"b\"; origins = ( \"same\","                 \
		"  \"https://*.example.org\" ); },"                        \
		"{ name = \"below\"; path = \"/b/*\"; backend = \"b\"; }," \
		"{ name = \"any\"; host = \"*.example\"; path = \"/*\";"   \
		"  backend = \"b\"; origins = ( \"*\" ); } );"

static const char *found(const struct config *config, const char *authority,
			 const char *path)
{
	const struct config_route *route =
		route_find(config, slice_of(authority), slice_of(path));

	return route ? route->name : "none";
}

static void test_first_match_wins(void **unused)
{
	struct config *config = config_text_parse(ROUTES);

	(void)unused;
	assert_string_equal(found(config, "h", "/a"), "exact");
	assert_string_equal(found(config, "x.example", "/a"), "exact");
	assert_string_equal(found(config, "X.Example:80", "/b"), "host");
	assert_string_equal(found(config, "y.example", "/b"), "any");
	assert_string_equal(found(config, "h", "/b"), "none");
	assert_string_equal(found(config, "x.example", "/b/c"), "below");
	assert_string_equal(found(config, "h", "/b/"), "below");
	assert_string_equal(found(config, "h", "/c"), "none");
	config_unref(&config);
}

static bool allows(const struct config *config, const char *name,
		   const char *origin)
{
	return route_allows_origin(config_route_by_name(config, name),
				   slice_of(origin), slice_of("h.example:81"));
}

static void test_any_origin_of_the_list(void **unused)
{
	struct config *config = config_text_parse(ROUTES);

	(void)unused;
	assert_true(allows(config, "exact", "http://h.example:81"));
	assert_false(allows(config, "exact", "http://h.example"));
	assert_true(allows(config, "host", "http://h.example:81"));
	assert_true(allows(config, "host", "https://a.example.org"));
	assert_false(allows(config, "host", "https://a.example.com"));
	assert_false(allows(config, "host", "null"));
	assert_true(allows(config, "any", "null"));
	config_unref(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_match_wins),
		cmocka_unit_test(test_any_origin_of_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
