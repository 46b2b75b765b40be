/* SPDX-License-Identifier: MIT */
/* The file system's part of loading a configuration. */

#include "config/config_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_DIR "conf.d/"
#define CONFIG_SUFFIX ".conf"

struct buffer {
	char *data;
	size_t len;
	size_t size;
};

static int config_disk_more(int fd, size_t max, struct buffer *buffer,
			    bool *ret_end)
{
	if (buffer->len == buffer->size) {
		size_t size = buffer->size ? buffer->size * 2 : 4096;
		char *data = realloc(buffer->data, size);

		if (!data)
			return -ENOMEM;
		buffer->data = data;
		buffer->size = size;
	}
	ssize_t got = read(fd, buffer->data + buffer->len,
			   buffer->size - buffer->len);

	if (got < 0)
		return errno == EINTR ? 0 : -errno;
	*ret_end = got == 0;
	buffer->len += (size_t)got;
	return buffer->len > max ? -EFBIG : 0;
}

int config_disk_read(const char *path, size_t max, char **ret_data,
		     size_t *ret_len)
{
	struct buffer buffer = { NULL, 0, 0 };
	bool end = false;
	int error = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	while (!error && !end)
		error = config_disk_more(fd, max, &buffer, &end);
	close(fd);
	if (!error && memchr(buffer.data, '\0', buffer.len))
		error = -EILSEQ;
	if (error) {
		free(buffer.data);
		return error;
	}
	*ret_data = buffer.data;
	*ret_len = buffer.len;
	return 0;
}

static int config_disk_is_wanted(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	size_t suffix = strlen(CONFIG_SUFFIX);

	return len > suffix && entry->d_name[0] != '.' &&
	       strcmp(entry->d_name + len - suffix, CONFIG_SUFFIX) == 0;
}

/* Byte order, whatever the locale. */
static int config_disk_compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The first `len` bytes of `dir`, then `name`; null when out of memory. */
static char *config_disk_concat(const char *dir, size_t len, const char *name)
{
	size_t size = strlen(name) + 1;
	char *path = calloc(len + size, 1);

	if (!path)
		return NULL;
	memcpy(path, dir, len);
	memcpy(path + len, name, size);
	return path;
}

/* With a slash at its end. */
static char *config_disk_dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return config_disk_concat(path, slash ? (size_t)(slash - path) + 1 : 0,
				  CONFIG_DIR);
}

static int config_disk_join(const char *dir, struct dirent **entries,
			    unsigned count, char ***ret_paths)
{
	char **paths = calloc((size_t)count + 1, sizeof(*paths));

	if (!paths)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		paths[i] = config_disk_concat(dir, strlen(dir),
					      entries[i]->d_name);
		if (!paths[i]) {
			config_disk_free(paths, i);
			return -ENOMEM;
		}
	}
	*ret_paths = paths;
	return 0;
}

int config_disk_list(const char *path, char ***ret_paths, size_t *ret_count)
{
	struct dirent **entries = NULL;
	char *dir = config_disk_dir_of(path);

	if (!dir)
		return -ENOMEM;
	int count = scandir(dir, &entries, config_disk_is_wanted,
			    config_disk_compare);
	int error = count < 0 ? -errno : 0;

	if (error == -ENOENT || error == -ENOTDIR) {
		count = 0;
		error = 0;
	}
	if (!error)
		error = config_disk_join(dir, entries, (unsigned)count,
					 ret_paths);
	if (!error)
		*ret_count = (size_t)count;
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	free(dir);
	return error;
}

void config_disk_free(char **paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
}
