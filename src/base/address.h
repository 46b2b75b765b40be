/* SPDX-License-Identifier: MIT */
/*
 * Where to listen or connect: "host:port", "[::1]:port", "unix:/path",
 * "unix-seqpacket:/path".
 */

#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/slice.h"

/*
 * Longest text address_format() writes, its terminator included: "unix:" and
 * the 108 bytes of sun_path, or brackets, INET6_ADDRSTRLEN, a zone number and
 * a port.
 */
#define ADDRESS_TEXT_MAX 128

/* Longest host name (RFC 1035 section 2.3.4, a final dot aside). */
#define ADDRESS_NAME_MAX 253

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
	bool is_seqpacket;          /* UNIX: of datagrams, else a stream */
};

enum address_error {
	ADDRESS_OK,
	ADDRESS_EMPTY,       /* no text */
	ADDRESS_NO_PORT,     /* "host", "host:" */
	ADDRESS_BAD_PORT,    /* not a number of 1 to 65535 */
	ADDRESS_BAD_NAME,    /* no host name by RFC 1123 section 2.1 */
	ADDRESS_BAD_IPV4,    /* ends in a number, yet no dotted quad */
	ADDRESS_BAD_IPV6,    /* no IPv6 address in the brackets */
	ADDRESS_BARE_IPV6,   /* an IPv6 address outside brackets */
	ADDRESS_BAD_PATH,    /* "unix:" without an absolute path or a name */
	ADDRESS_LONG_PATH,   /* does not fit sun_path */
	ADDRESS_NOT_NUMERIC, /* a host name where one cannot be used */
	ADDRESS_NO_STREAM,   /* "unix-seqpacket:" likewise */
};

/*
 * Parses where to connect to; returns ADDRESS_OK or what is wrong with it
 * (never what is wrong for listening only).  `ret_address` is untouched on
 * failure.
 */
__attribute__((warn_unused_result)) enum address_error
address_parse(struct slice text, struct address *ret_address);

/*
 * Parses where to listen: as address_parse(), but never a host name nor a
 * seqpacket socket, port 0 allowed (the kernel picks one), and "*:port" stands
 * for "[::]:port".
 */
__attribute__((warn_unused_result)) enum address_error
address_parse_listen(struct slice text, struct address *ret_address);

/* A constant phrase that says what is wrong and what is allowed. */
const char *address_error_text(enum address_error error);

/*
 * "192.0.2.1:80", "[2001:db8::1]:80", "unix:/path", "unix:@name", "unix:" for
 * an unnamed one.  An IPv4 peer of a dual-stack socket (::ffff:192.0.2.1) is
 * written as IPv4; null bytes in abstract names are written '@'.
 */
void address_format(const struct sockaddr_any *socket,
		    char ret_text[ADDRESS_TEXT_MAX]);

#endif
