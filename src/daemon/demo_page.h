/* SPDX-License-Identifier: MIT */
/* The page that wsrelayd --demo serves at /, embedded from demo_page.html. */

#ifndef DAEMON_DEMO_PAGE_H
#define DAEMON_DEMO_PAGE_H

#include <stddef.h>

/* UTF-8 HTML, complete in itself; no terminator.  Never changes or goes. */
extern const unsigned char demo_page[];
extern const size_t demo_page_len; /* bytes */

/*
 * What the page needs, as the value of Content-Security-Policy: its own inline
 * style and script, and WebSockets to where it came from.  `ws: wss:` because
 * older browsers do not count them as 'self'.
 */
#define DEMO_PAGE_CSP                                               \
	"default-src 'none'; style-src 'unsafe-inline'; "           \
	"script-src 'unsafe-inline'; connect-src 'self' ws: wss:; " \
	"img-src data:; "                                           \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

#endif
