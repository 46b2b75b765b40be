/* SPDX-License-Identifier: MIT */
/* Tells when one of some files may have changed. */

#include "daemon/file_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "net/timer.h"

/* As many links as the kernel follows (path_resolution(7)). */
#define LINKS_MAX 40

/* What can become of a name in a directory, and of what it names. */
#define WATCH_MASK                                                        \
	(IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_TO | \
	 IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct file_watch {
	struct event_base *base;
	file_watch_callback callback;
	void *arg;
	struct timer timer;
	bool is_due; /* the timer is armed */
	int fd;
	struct event *event;
};

static void on_due(void *arg)
{
	struct file_watch *watch = arg;

	watch->is_due = false;
	watch->callback(watch->arg);
}

void file_watch_touch(struct file_watch *watch)
{
	if (!watch->is_due && !timer_arm(&watch->timer, FILE_WATCH_DELAY_MS))
		watch->is_due = true;
}

/* Which file it was does not matter: whoever is told compares. */
static void on_change(evutil_socket_t fd, short what, void *arg)
{
	struct file_watch *watch = arg;
	char events[4096];

	(void)what;
	while (read(fd, events, sizeof(events)) > 0)
		;
	file_watch_touch(watch);
}

struct file_watch *file_watch_new(struct event_base *base,
				  file_watch_callback callback, void *arg)
{
	struct file_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->base = base;
	watch->callback = callback;
	watch->arg = arg;
	watch->fd = -1;
	timer_init(&watch->timer, base, on_due, watch);
	return watch;
}

static void stop(struct file_watch *watch)
{
	if (watch->event)
		event_free(watch->event);
	watch->event = NULL;
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

void file_watch_free(struct file_watch **watch)
{
	struct file_watch *gone = *watch;

	*watch = NULL;
	if (!gone)
		return;
	timer_cancel(&gone->timer);
	stop(gone);
	free(gone);
}

int file_watch_reset(struct file_watch *watch)
{
	stop(watch);
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		return -errno;
	watch->event = event_new(watch->base, watch->fd, EV_READ | EV_PERSIST,
				 on_change, watch);
	if (watch->event && !event_add(watch->event, NULL))
		return 0;
	stop(watch);
	return -ENOMEM;
}

/*
 * A directory that may be entered but not listed, as /etc/ssl/private: at least
 * what stands in it now tells when it is written, renamed over or removed.
 */
static int watch_name(struct file_watch *watch, const char *path)
{
	const uint32_t mask = (WATCH_MASK & ~(uint32_t)IN_ONLYDIR) |
			      IN_DONT_FOLLOW;

	return inotify_add_watch(watch->fd, path, mask) < 0 ? -EACCES : 0;
}

/* The directory in which the last name of `path` stands. */
static int watch_parent(struct file_watch *watch, const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];
	int len = slash && slash > path ? (int)(slash - path) : 1;

	snprintf(directory, sizeof(directory), "%.*s", len, path);
	if (inotify_add_watch(watch->fd, directory, WATCH_MASK) >= 0)
		return 0;
	return errno == EACCES ? watch_name(watch, path) : -errno;
}

/* Puts the target of the link `path`[0..len) into its place. */
static int follow(char path[PATH_MAX], size_t len)
{
	char link[PATH_MAX];
	char target[PATH_MAX];
	char rest[PATH_MAX];
	const char *slash;
	ssize_t n;
	int whole;

	snprintf(link, sizeof(link), "%.*s", (int)len, path);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	snprintf(rest, sizeof(rest), "%s", path + len);
	slash = strrchr(link, '/');
	if (target[0] == '/' || !slash)
		whole = snprintf(path, PATH_MAX, "%s%s", target, rest);
	else
		whole = snprintf(path, PATH_MAX, "%.*s%s%s",
				 (int)(slash - link + 1), link, target, rest);
	return whole < 0 || whole >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* How far the first link reaches, or the first name that is not there. */
static size_t find_link(const char *path, struct stat *ret_what)
{
	size_t len = strspn(path, "/");
	char part[PATH_MAX];

	while (path[len]) {
		len += strcspn(path + len, "/");
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		if (lstat(part, ret_what))
			ret_what->st_mode = 0;
		if (!ret_what->st_mode || S_ISLNK(ret_what->st_mode))
			return len;
		len += strspn(path + len, "/");
	}
	return 0;
}

int file_watch_add(struct file_watch *watch, const char *path)
{
	char at[PATH_MAX];
	char part[PATH_MAX];
	int error = 0;

	if (snprintf(at, sizeof(at), "%s", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	for (int links = 0; links < LINKS_MAX && !error; links++) {
		struct stat what;
		size_t len = find_link(at, &what);

		if (!len)
			return watch_parent(watch, at);
		snprintf(part, sizeof(part), "%.*s", (int)len, at);
		error = watch_parent(watch, part);
		if (error || !what.st_mode)
			return error;
		error = follow(at, len);
	}
	return error;
}
