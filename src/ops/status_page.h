/* SPDX-License-Identifier: MIT */
/* The status page of the admin listener, embedded from status_page.html. */

#ifndef OPS_STATUS_PAGE_H
#define OPS_STATUS_PAGE_H

#include <stddef.h>

/* UTF-8 HTML, complete in itself; no terminator.  Never changes or goes. */
extern const unsigned char status_page[];
extern const size_t status_page_len; /* bytes */

/*
 * What the page needs, as the value of Content-Security-Policy: its own inline
 * style and script, and /status of where it came from.
 */
#define STATUS_PAGE_CSP                                                   \
	"default-src 'none'; style-src 'unsafe-inline'; "                 \
	"script-src 'unsafe-inline'; connect-src 'self'; img-src data:; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

#endif
