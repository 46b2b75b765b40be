/* SPDX-License-Identifier: MIT */
/* Files of certificates and keys: where they are, and what is in them. */

#ifndef NET_TLS_FILE_H
#define NET_TLS_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* More than any chain of certificates takes. */
#define TLS_FILE_MAX (1024 * 1024)

/*
 * Where the file of a configuration is: `name` itself, or for "credential:NAME"
 * NAME in $CREDENTIALS_DIRECTORY, as systemd.exec(5) has it.  0, -ENOKEY if
 * there are no credentials, or -ENAMETOOLONG.
 */
__attribute__((warn_unused_result))
int tls_file_path(const char *name, char ret_path[PATH_MAX]);

/* Whether reading it might wait for a writer: whoever serves must not. */
bool tls_file_is_pipe(const char *path);

/* Why tls_file_path() or config_disk_read() failed, in words. */
const char *tls_file_error_text(int error);

#endif
