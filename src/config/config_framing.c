/* SPDX-License-Identifier: MIT */
/* Checks what goes with the framing of a route. */

#include "config/config_build.h"

static void config_framing_check_message(struct config_draft *draft,
					 const struct config_object *object,
					 const struct config_route *route)
{
	if (route->message == CONFIG_MESSAGE_AUTO &&
	    route->framing == CONFIG_FRAMING_STREAM)
		config_draft_error(draft, object, "message",
				   "\"auto\" needs whole records to tell text "
				   "by, and framing \"stream\" has none; "
				   "\"binary\" or \"text\", or another "
				   "framing");
	if (route->message == CONFIG_MESSAGE_TEXT &&
	    route->framing == CONFIG_FRAMING_TYPED_LENGTH32)
		config_draft_error(draft, object, "message",
				   "the records of framing \"typed-length32\" "
				   "tell their type; leave it out");
}

void config_build_framing(struct config_draft *draft,
			  const struct config_object *object,
			  const struct config_route *route)
{
	if (route->framing != CONFIG_FRAMING_LINES &&
	    config_draft_has(object, "line_end"))
		config_draft_error(draft, object, "line_end",
				   "is for framing = \"lines\" only; leave it "
				   "out");
	config_framing_check_message(draft, object, route);
}
