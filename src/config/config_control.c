/* SPDX-License-Identifier: MIT */
/* The control socket: its path, and whether somebody asked for it. */

#include <string.h>

#include "config/config_build.h"

/* "unix:" and the path, as the address parser wants it. */
static enum address_error config_control_parse(const char *path,
					       struct address *ret_address)
{
	char text[ADDRESS_TEXT_MAX + 1];
	int len = snprintf(text, sizeof(text), "unix:%s", path);

	if (path[0] != '/')
		return ADDRESS_BAD_PATH;
	if (len < 0 || (size_t)len >= sizeof(text))
		return ADDRESS_LONG_PATH;
	return address_parse_listen(slice_of(text), ret_address);
}

void config_build_control(struct config_draft *draft)
{
	struct config_object global = config_draft_global(draft);
	struct config_control *control = &draft->config->control;
	enum address_error error;

	if (!control->socket[0])
		return;
	error = config_control_parse(control->socket, &control->address);
	if (error == ADDRESS_LONG_PATH)
		config_draft_error(draft, &global, "control.socket",
				   "\"%s\": %s", control->socket,
				   address_error_text(error));
	else if (error != ADDRESS_OK)
		config_draft_error(draft, &global, "control.socket",
				   "\"%s\" is no absolute path; allowed: "
				   "\"/path\", or \"\" for none",
				   control->socket);
	else
		control->place =
			config_draft_place_text(draft, "control.socket");
}
