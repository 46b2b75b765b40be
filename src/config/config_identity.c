/* SPDX-License-Identifier: MIT */
/* Looks up the user and the group the daemon is to become. */

#include <grp.h>
#include <pwd.h>

#include "config/config_build.h"

static void config_identity_find_user(struct config_draft *draft,
				      const struct config_object *global)
{
	struct config *config = draft->config;
	const struct passwd *entry = getpwnam(config->user);

	if (!entry) {
		config_draft_error(draft, global, "user",
				   "there is no user \"%s\"; allowed: the name "
				   "of one, or \"\" for no change",
				   config->user);
		return;
	}
	config->identity.uid = entry->pw_uid;
	config->identity.gid = entry->pw_gid;
}

static void config_identity_find_group(struct config_draft *draft,
				       const struct config_object *global)
{
	struct config *config = draft->config;
	const struct group *entry = getgrnam(config->group);

	if (entry)
		config->identity.gid = entry->gr_gid;
	else
		config_draft_error(
			draft, global, "group",
			"there is no group \"%s\"; allowed: the name "
			"of one, or \"\" for the user's own",
			config->group);
}

/* The main thread's, and the only one that asks for users and groups. */
void config_build_identity(struct config_draft *draft)
{
	struct config_object global = config_draft_global(draft);
	const struct config *config = draft->config;

	if (config->user[0])
		config_identity_find_user(draft, &global);
	if (!config->group[0])
		return;
	if (config->user[0])
		config_identity_find_group(draft, &global);
	else
		config_draft_error(draft, &global, "group",
				   "has no effect without \"user\"; leave it "
				   "out or name a user");
}
