/* SPDX-License-Identifier: MIT */
/* Files of certificates and keys: where they are, and what is in them. */

#include "net/tls_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char credential[] = "credential:";

int tls_file_path(const char *name, char ret_path[PATH_MAX])
{
	size_t prefix = sizeof(credential) - 1;
	const char *directory = NULL;
	int len;

	if (!strncmp(name, credential, prefix)) {
		directory = getenv("CREDENTIALS_DIRECTORY");
		if (!directory || !*directory)
			return -ENOKEY;
		name += prefix;
	}
	len = snprintf(ret_path, PATH_MAX, "%s%s%s",
		       directory ? directory : "", directory ? "/" : "", name);
	return len < 0 || len >= PATH_MAX ? -ENAMETOOLONG : 0;
}

bool tls_file_is_pipe(const char *path)
{
	struct stat file;

	return !stat(path, &file) && S_ISFIFO(file.st_mode);
}

const char *tls_file_error_text(int error)
{
	switch (error) {
	case -ENOKEY:
		return "this process was given no credentials "
		       "($CREDENTIALS_DIRECTORY is not set)";
	case -ESPIPE:
		return "it is a pipe, which is read but once";
	case -EFBIG:
		return "it is too large";
	case -EILSEQ:
		return "it is no PEM file: it holds a null byte";
	default:
		return strerrordesc_np(-error);
	}
}
