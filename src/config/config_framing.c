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

/* Datagrams are all that "seqpacket" has, and what no other framing has. */
static void config_framing_check_servers(struct config_draft *draft,
					 const struct config_object *object,
					 const struct config_route *route)
{
	const struct config_backend *backend = route->backend;
	bool is_seqpacket = route->framing == CONFIG_FRAMING_SEQPACKET;

	/* Servers that are missing were told of, and so were mixed ones. */
	if (!backend || !backend->servers ||
	    config_backend_is_seqpacket(backend) == is_seqpacket)
		return;
	if (is_seqpacket)
		config_draft_error(
			draft, object, "framing",
			"\"seqpacket\" needs servers of "
			"\"unix-seqpacket:\", and backend \"%s\" has "
			"\"%s\"",
			backend->name, backend->servers[0].text);
	else
		config_draft_error(draft, object, "framing",
				   "backend \"%s\" has \"%s\", which needs "
				   "\"seqpacket\"",
				   backend->name, backend->servers[0].text);
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
	config_framing_check_servers(draft, object, route);
}
