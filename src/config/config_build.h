/* SPDX-License-Identifier: MIT */
/* The steps of config_build(), one a subject. */

#ifndef CONFIG_CONFIG_BUILD_H
#define CONFIG_CONFIG_BUILD_H

#include "config/config_draft.h"

/*
 * Each parses what its objects were given as text and adds an
 * error for everything that cannot be; objects whose text is missing or was
 * refused before are passed over.  Out of memory is noted in the draft.
 */

/* The path of the control socket. */
void config_build_control(struct config_draft *draft);

/* Files and certificates of those that speak TLS, in their lists. */
void config_build_tls(struct config_draft *draft);

/* User and group, looked up where the system keeps them. */
void config_build_identity(struct config_draft *draft);

/* Addresses, unique names, no two listeners in each other's way. */
void config_build_listeners(struct config_draft *draft);

/*
 * The address of the admin pages, which no listener has; after
 * config_build_listeners().
 */
void config_build_admin(struct config_draft *draft);

/* The default of admin.mode: written for another address it does no harm. */
#define CONFIG_ADMIN_MODE 0660

/*
 * Whether the kernel refuses the second (ip(7), ipv6(7)): a wildcard and any
 * address of its family exclude each other, "[::]" that is not v6_only and any
 * IPv4 address too.
 */
bool config_listeners_clash(const struct config_listener *a,
			    const struct config_listener *b);

/* Addresses of the servers, unique names. */
void config_build_backends(struct config_draft *draft);

/* Patterns, tokens, unique names, backends; after config_build_backends(). */
void config_build_routes(struct config_draft *draft);

/* What goes with the framing of a route, whose backend was looked up. */
void config_build_framing(struct config_draft *draft,
			  const struct config_object *object,
			  const struct config_route *route);

#endif
