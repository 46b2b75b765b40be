/* SPDX-License-Identifier: MIT */
/* Out of memory at every allocation: an error, and nothing left behind. */

#include "config_files.h"

/*
 * The linker puts these in front of the C library's (--wrap).  Compilers make
 * malloc() of a realloc() of nothing.
 */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *memory);
int __real_scandir(const char *path, struct dirent ***ret_entries,
		   int (*filter)(const struct dirent *),
		   int (*compare)(const struct dirent **,
				  const struct dirent **));
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *memory);
int __wrap_scandir(const char *path, struct dirent ***ret_entries,
		   int (*filter)(const struct dirent *),
		   int (*compare)(const struct dirent **,
				  const struct dirent **));

static long left = -1;   /* allocations that succeed; -1: all */
static bool only_once;   /* what comes behind the one that fails succeeds */
static bool was_short;   /* one failed */
static long outstanding; /* allocated and not freed */

static bool fails(void)
{
	if (left < 0 || (only_once && was_short))
		return false;
	if (left > 0) {
		left--;
		return false;
	}
	was_short = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	if (fails())
		return NULL;
	outstanding++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	if (fails())
		return NULL;
	outstanding++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	if (fails())
		return NULL;
	outstanding += !memory;
	return __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
	if (fails())
		return NULL;
	outstanding++;
	return __real_strdup(text);
}

void __wrap_free(void *memory)
{
	outstanding -= memory != NULL;
	__real_free(memory);
}

int __wrap_scandir(const char *path, struct dirent ***ret_entries,
		   int (*filter)(const struct dirent *),
		   int (*compare)(const struct dirent **,
				  const struct dirent **))
{
	if (fails()) {
		errno = ENOMEM;
		return -1;
	}
	int count = __real_scandir(path, ret_entries, filter, compare);

	/* The entries and their array, which may be empty but is there. */
	if (count >= 0)
		outstanding += count + (*ret_entries != NULL);
	return count;
}

static const char good[] =
	"listeners = ( { listen = \"127.0.0.1:0\"; },\n"
	"  { listen = \"[::1]:0\"; }, { listen = \"unix:/x\"; } );\n"
	"backends = { b = { servers = ( \"h:1\", \"h:2\" ); }; c = {\n"
	"  servers = [ \"h:3\" ]; }; };\n"
	"routes = ( { path = \"/x\"; backend = \"b\"; subprotocols = ( "
	"\"a\" );\n"
	"  origins = ( \"same\", \"null\" ); },\n"
	"  { path = \"/y\"; backend = \"c\"; } );\n";

static const char bad[] =
	"workrs = 1;\n"
	"listeners = ( { listen = \"x\"; }, 5 );\n"
	"routes = ( { path = \"/x\"; backend = \"b\"; origins = ( \"a\" "
	"); } );\n";

static const struct config_page page = {
	.content_type = "text/plain",
	.body = "x",
	.body_len = 1,
};

static int parse_good(void)
{
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;
	int error = config_parse_text("t", good, &errors, &config);

	if (!error)
		error = config_add_page(config, "/p", &page);
	if (!error)
		error = config_add_page(config, "/q", &page);
	config_unref(&config);
	config_errors_done(&errors);
	return error;
}

static int parse_bad(void)
{
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;
	int error = config_parse_text("t", bad, &errors, &config);

	assert_null(config);
	config_errors_done(&errors);
	return error;
}

static int load_files(void)
{
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;
	int error = config_load("f", &errors, &config);

	config_unref(&config);
	config_errors_done(&errors);
	return error;
}

/*
 * Until it gets all it wants.  A run that is short fails for that reason, but
 * an error line may be what has no room: it is counted then.
 */
static void assert_survives_mode(int (*run)(void), int wanted)
{
	long granted = 0;

	do {
		was_short = false;
		left = granted++;
		outstanding = 0;
		int error = run();

		left = -1;
		assert_int_equal(outstanding, 0);
		if (!was_short || error == -EINVAL)
			assert_int_equal(error, wanted);
		else
			assert_int_equal(error, -ENOMEM);
	} while (was_short && granted < 10000);
	assert_in_range(granted, 10, 9999);
}

static void assert_survives(int (*run)(void), int wanted)
{
	only_once = false;
	assert_survives_mode(run, wanted);
	only_once = true;
	assert_survives_mode(run, wanted);
}

static void test_text(void **state)
{
	(void)state;
	assert_survives(parse_good, 0);
}

static void test_bad_text(void **state)
{
	(void)state;
	assert_survives(parse_bad, -EINVAL);
}

static void test_files(void **state)
{
	(void)state;
	assert_int_equal(mkdir("conf.d", 0700), 0);
	config_files_write("f", "@include \"i\"\n");
	config_files_write("i", good);
	config_files_write("conf.d/a.conf", "routes = ( );\n");
	config_files_write("conf.d/b.conf", "backends = { };\n");
	assert_survives(load_files, 0);
	config_files_write("conf.d/b.conf", bad);
	assert_survives(load_files, -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_bad_text),
		cmocka_unit_test_setup_teardown(test_files, config_files_setup,
						config_files_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
