/* SPDX-License-Identifier: MIT */
/* Checks what goes with the framing of a route. */

#include "config/config_build.h"

void config_build_framing(struct config_draft *draft,
			  const struct config_object *object,
			  const struct config_route *route)
{
	if (route->framing != CONFIG_FRAMING_LINES &&
	    config_draft_has(object, "line_end"))
		config_draft_error(draft, object, "line_end",
				   "is for framing = \"lines\" only; leave it "
				   "out");
}
