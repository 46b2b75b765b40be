/* SPDX-License-Identifier: MIT */
/* Tells when one of some files may have changed. */

#ifndef DAEMON_FILE_WATCH_H
#define DAEMON_FILE_WATCH_H

#include <stddef.h>

struct event_base;

/*
 * From the first change until it is told, so that a certificate and its key,
 * which are two files, are both there.
 */
#define FILE_WATCH_DELAY_MS 500

/* Belongs to one thread and its loop. */
struct file_watch;

/* Called on the loop; what is watched is as it was. */
typedef void (*file_watch_callback)(void *arg);

/* Null when memory is out. */
__attribute__((warn_unused_result)) struct file_watch *
file_watch_new(struct event_base *base, file_watch_callback callback,
	       void *arg);

/* Clears, takes null. */
void file_watch_free(struct file_watch **watch);

/*
 * Forgets what was watched before; file_watch_add() is next.  0, or -errno when
 * the kernel has no more watches: then nothing is told.
 */
__attribute__((warn_unused_result))
int file_watch_reset(struct file_watch *watch);

/*
 * Watches the directories in which an absolute path, or a symbolic link on the
 * way to it, stands: files are replaced by renaming as often as they are
 * written.  A file that is not there is awaited; not so in a directory that
 * may not be listed, in which the file itself is watched: -EACCES then.  0 or
 * -errno.
 */
__attribute__((warn_unused_result))
int file_watch_add(struct file_watch *watch, const char *path);

/* Tells as after a change. */
void file_watch_touch(struct file_watch *watch);

#endif
