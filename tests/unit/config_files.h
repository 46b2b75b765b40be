/* SPDX-License-Identifier: MIT */
/* A directory of configuration files for a test. */

#ifndef TESTS_UNIT_CONFIG_FILES_H
#define TESTS_UNIT_CONFIG_FILES_H

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_text.h"

/* Enters a new, empty directory: error lines then have short names. */
static inline int config_files_setup(void **state)
{
	const char *base = getenv("TMPDIR");
	char *dir = NULL;

	if (asprintf(&dir, "%s/wsrelayd-XXXXXX", base ? base : "/tmp") < 0)
		return -1;
	*state = dir;
	return mkdtemp(dir) ? chdir(dir) : -1;
}

/* One level of directories is enough. */
static inline void config_files_empty(const char *path)
{
	DIR *dir = opendir(path);

	if (!dir)
		return;
	for (const struct dirent *entry; (entry = readdir(dir));) {
		char name[512];

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", path,
			     entry->d_name) >= (int)sizeof(name))
			continue;
		if (unlink(name) != 0) {
			config_files_empty(name);
			rmdir(name);
		}
	}
	closedir(dir);
}

static inline int config_files_teardown(void **state)
{
	config_files_empty(*state);
	int error = rmdir(*state);

	free(*state);
	return error;
}

static inline void config_files_write_bytes(const char *name, const char *text,
					    size_t len)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static inline void config_files_write(const char *name, const char *text)
{
	config_files_write_bytes(name, text, strlen(text));
}

/* The file has to be right. */
static inline struct config *config_files_load(const char *name)
{
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;
	int error = config_load(name, &errors, &config);

	config_errors_print(&errors, stderr);
	assert_int_equal(error, 0);
	config_errors_done(&errors);
	return config;
}

/* The file has to give these lines. */
static inline void config_files_assert_errors(const char *name,
					      const char *lines)
{
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;

	assert_int_equal(config_load(name, &errors, &config), -EINVAL);
	assert_null(config);
	char *got = config_text_print(&errors);

	assert_string_equal(got, lines);
	free(got);
	config_errors_done(&errors);
}

#endif
