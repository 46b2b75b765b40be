/* SPDX-License-Identifier: MIT */
/* Where to listen or connect: "host:port", "[::1]:port", "unix:/path", "unix:@name". */

#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>

#include "base/slice.h"

/* Longest text address_format() writes, its terminator included. */
#define ADDRESS_TEXT_MAX 128

enum address_kind {
	ADDRESS_INET, /* numeric IPv4 or IPv6: socket address complete */
	ADDRESS_NAME, /* host name and port: to be resolved */
	ADDRESS_UNIX, /* path or abstract name: socket address complete */
};

/* A socket address of any family this daemon uses, with its length. */
struct sockaddr_any {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t len;
};

struct address {
	enum address_kind kind;
	struct sockaddr_any socket; /* INET, UNIX */
	char name[256];             /* NAME: host, null-terminated */
	uint16_t port;              /* NAME, INET: host byte order */
};

enum address_error { ADDRESS_OK /* … */ };

/* Parses `text`; returns ADDRESS_OK or what is wrong with it. */
enum address_error address_parse(struct slice text, struct address *ret_address);

/* A constant sentence for an error. */
const char *address_error_text(enum address_error error);

/* "192.0.2.1:80", "[2001:db8::1]:80", "unix:/path", "unix:@name", "unix:" for an unnamed one. */
void address_format(const struct sockaddr_any *socket, char ret_text[ADDRESS_TEXT_MAX]);

#endif
