/* SPDX-License-Identifier: MIT */
/* The command line of wsrelay-connect. */

#ifndef CONNECT_ARGUMENTS_H
#define CONNECT_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "connect/report.h"
#include "http/client_request.h"
#include "http/upgrade.h"
#include "http/url.h"
#include "net/tls_client.h"

/* Headers that may be given, and one of our own. */
#define ARGUMENTS_FIELDS_MAX 64

/*
 * What was asked.  Slices and texts are those of argv; user information is
 * wiped out there, so that it is not seen in a list of processes.
 */
struct arguments {
	struct http_url url;
	char host[ADDRESS_NAME_MAX + 1];    /* of the URL */
	struct http_client_request request; /* all but the key */
	const char *fields[ARGUMENTS_FIELDS_MAX + 1];
	const char *protocols[HTTP_PROTOCOLS_MAX + 1];
	char basic[HTTP_URL_BASIC_SIZE];
	struct tls_client_options tls;
	struct report report;
	int family;          /* AF_UNSPEC, AF_INET, AF_INET6 */
	uint32_t ping_ms;    /* 0: no pings */
	uint32_t connect_ms; /* until the WebSocket is open */
	uint32_t close_ms;   /* for the server to close */
	uint32_t wait_ms;    /* of silence, between stdin's end and our Close */
	bool is_text;
	bool is_lines;
	bool stays_open; /* at the end of stdin */
	bool wants_help;
	bool wants_version;
};

/* False when it makes no sense: stderr has been told. */
__attribute__((warn_unused_result)) bool
arguments_parse(int argc, char **argv, struct arguments *ret_arguments);

/* What can be asked, to stdout. */
void arguments_print_help(void);

#endif
