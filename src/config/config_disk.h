/* SPDX-License-Identifier: MIT */
/* Reads whole files, and lists the extra files of a configuration. */

#ifndef CONFIG_CONFIG_DISK_H
#define CONFIG_CONFIG_DISK_H

#include <stddef.h>

/*
 * All of a file, pipes included, as bytes to be freed by the caller (never
 * null).  Returns 0, -EFBIG for more than `max` bytes, -ENOMEM, -EILSEQ when
 * there is a null byte in it, or why it cannot be read.  Blocks.
 */
__attribute__((warn_unused_result)) int config_disk_read(const char *path,
							 size_t max,
							 char **ret_data,
							 size_t *ret_len);

/*
 * The paths of "*.conf" in conf.d beside `path`, in name order; those that
 * begin with a dot aside.  None when there is no conf.d.  Returns 0, -ENOMEM,
 * or why the directory cannot be read; config_disk_free() is due after 0.
 */
__attribute__((warn_unused_result)) int
config_disk_list(const char *path, char ***ret_paths, size_t *ret_count);

/* Frees what config_disk_list() gave. */
void config_disk_free(char **paths, size_t count);

#endif
