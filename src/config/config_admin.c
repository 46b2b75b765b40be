/* SPDX-License-Identifier: MIT */
/* Checks the address of the admin pages. */

#include "config/config_build.h"

#include <string.h>

/* What the option says when there are none. */
#define CONFIG_ADMIN_OFF "off"

bool config_has_admin(const struct config *config)
{
	return strcmp(config->admin.listen, CONFIG_ADMIN_OFF) != 0;
}

/* Where an option of the global object was written. */
static const struct config_place *place_of(const struct config_object *global,
					   const char *path)
{
	const struct config_option *option =
		config_option_find(CONFIG_SCOPE_GLOBAL, path);

	return &global->origin->options[config_option_index(option)];
}

static void check_others(struct config_draft *draft,
			 const struct config_object *global)
{
	const struct config *config = draft->config;

	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *other = &config->listeners[i];

		/* One whose address could not be parsed has no name. */
		if (!other->name ||
		    !config_listeners_clash(&config->admin, other))
			continue;
		config_draft_error(draft, global, "admin.listen",
				   "\"%s\" is taken by the listener \"%s\"; "
				   "each address and port once",
				   config->admin.listen, other->name);
		return;
	}
}

static bool is_file(const struct config_listener *listener)
{
	return listener->address.kind == ADDRESS_UNIX &&
	       listener->address.socket.un.sun_path[0] != '\0';
}

void config_build_admin(struct config_draft *draft)
{
	struct config_object global = config_draft_global(draft);
	struct config_listener *admin = &draft->config->admin;
	enum address_error error;

	if (!config_has_admin(draft->config))
		return;
	error = address_parse_listen(slice_of(admin->listen), &admin->address);
	if (error != ADDRESS_OK) {
		config_draft_error(draft, &global, "admin.listen", "\"%s\": %s",
				   admin->listen, address_error_text(error));
		return;
	}
	admin->place = config_draft_place_text(draft, "admin.listen");
	check_others(draft, &global);
	if (place_of(&global, "admin.mode")->file && !is_file(admin) &&
	    admin->mode != CONFIG_ADMIN_MODE)
		config_draft_error(draft, &global, "admin.mode",
				   "is for Unix sockets with a path only; "
				   "leave it out");
}
