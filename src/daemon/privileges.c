/* SPDX-License-Identifier: MIT */
/* From root to the user of the configuration, for good. */

#include "daemon/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/slice.h"

void privileges_forbid_more(void)
{
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Only what the log has just made or used: no links, nothing of others. */
static void give_log_file(const struct config *config)
{
	static const char prefix[] = "file:";
	const char *target = config->log.target;
	struct stat file;

	if (!slice_has_prefix(slice_of(target), slice_of(prefix)))
		return;

	int fd = open(target + sizeof(prefix) - 1,
		      O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (!fstat(fd, &file) && S_ISREG(file.st_mode) && file.st_uid == 0 &&
	    file.st_nlink == 1 &&
	    fchown(fd, config->identity.uid, config->identity.gid))
		log_printf(LOG_LEVEL_WARNING,
			   "cannot give the log file to user %s: %s",
			   config->user, strerror(errno));
	close(fd);
}

static bool is_wholly(const struct config_identity *identity)
{
	uid_t uids[3];
	gid_t gids[3];

	if (getresuid(&uids[0], &uids[1], &uids[2]) ||
	    getresgid(&gids[0], &gids[1], &gids[2]))
		return false;
	for (size_t i = 0; i < 3; i++)
		if (uids[i] != identity->uid || gids[i] != identity->gid)
			return false;
	return true;
}

/* glibc makes the change in every thread. */
static int become(const char *user, const struct config_identity *identity)
{
	if (initgroups(user, identity->gid) ||
	    setresgid(identity->gid, identity->gid, identity->gid) ||
	    setresuid(identity->uid, identity->uid, identity->uid))
		return -errno;
	if (!is_wholly(identity) || !setuid(0) ||
	    (identity->gid != 0 && !setgid(0)))
		return -EPERM;
	return 0;
}

static void warn_of_root(const struct config *config)
{
	if (!config->user[0])
		log_printf(LOG_LEVEL_WARNING,
			   "running as root: name a user to become");
}

static void warn_of_other(const struct config *config)
{
	if (config->user[0] && config->identity.uid != geteuid())
		log_printf(LOG_LEVEL_WARNING,
			   "user: \"%s\" ignored, only a start as root can "
			   "change it",
			   config->user);
}

int privileges_drop(const struct config *config)
{
	const struct config_identity *identity = &config->identity;
	int dumpable;
	int error;

	if (geteuid() != 0) {
		warn_of_other(config);
		return 0;
	}
	if (identity->uid == 0) {
		warn_of_root(config);
		return 0;
	}
	dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	give_log_file(config);
	error = become(config->user, identity);
	if (error)
		log_printf(LOG_LEVEL_ERROR, "cannot become user %s: %s",
			   config->user, strerror(-error));
	else if (dumpable >= 0)
		(void)prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
	return error;
}
