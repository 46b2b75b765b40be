/* SPDX-License-Identifier: MIT */
/* Parses and prints addresses; resolves nothing. */

#include "base/address.h"

#include "base/ascii.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Longest label of a host name (RFC 1035 section 2.3.4). */
#define LABEL_MAX 63

#define PREFIX_UNIX "unix:"
#define PREFIX_SEQPACKET "unix-seqpacket:"

/* Copies into a C string for inet_pton(); false when it cannot be one. */
static bool address_copy(struct slice text, char *ret_text, size_t size)
{
	if (text.len >= size || memchr(text.data, '\0', text.len))
		return false;
	memcpy(ret_text, text.data, text.len);
	ret_text[text.len] = '\0';
	return true;
}

static enum address_error address_parse_port(struct slice text,
					     uint16_t *ret_port)
{
	unsigned port = 0;

	if (text.len == 0)
		return ADDRESS_NO_PORT;
	if (text.len > 5)
		return ADDRESS_BAD_PORT;
	for (size_t i = 0; i < text.len; i++) {
		if (!ascii_is_digit(text.data[i]))
			return ADDRESS_BAD_PORT;
		port = port * 10 + (unsigned)(text.data[i] - '0');
	}
	if (port > UINT16_MAX)
		return ADDRESS_BAD_PORT;
	*ret_port = (uint16_t)port;
	return ADDRESS_OK;
}

/*
 * Abstract names (unix(7)) have a null byte in front and no terminator, so
 * they get one byte more than a path, which keeps its terminator.
 */
static enum address_error address_parse_unix(struct slice path,
					     struct address *address)
{
	struct sockaddr_un *un = &address->socket.un;
	size_t offset = offsetof(struct sockaddr_un, sun_path);

	if (path.len < 2 || (path.data[0] != '/' && path.data[0] != '@') ||
	    memchr(path.data, '\0', path.len))
		return ADDRESS_BAD_PATH;
	bool abstract = path.data[0] == '@';

	if (path.len + (abstract ? 0 : 1) > sizeof(un->sun_path))
		return ADDRESS_LONG_PATH;
	address->kind = ADDRESS_UNIX;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path.data, path.len);
	if (abstract)
		un->sun_path[0] = '\0';
	address->socket.len =
		(socklen_t)(offset + path.len + (abstract ? 0 : 1));
	return ADDRESS_OK;
}

static enum address_error address_parse_v6(struct slice host,
					   struct address *address)
{
	char text[INET6_ADDRSTRLEN];
	struct sockaddr_in6 *in6 = &address->socket.in6;

	if (!address_copy(host, text, sizeof(text)) ||
	    inet_pton(AF_INET6, text, &in6->sin6_addr) != 1)
		return ADDRESS_BAD_IPV6;
	address->kind = ADDRESS_INET;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(address->port);
	address->socket.len = sizeof(*in6);
	return ADDRESS_OK;
}

static enum address_error address_parse_v4(struct slice host,
					   struct address *address)
{
	char text[INET_ADDRSTRLEN];
	struct sockaddr_in *in = &address->socket.in;

	if (!address_copy(host, text, sizeof(text)) ||
	    inet_pton(AF_INET, text, &in->sin_addr) != 1)
		return ADDRESS_BAD_IPV4;
	address->kind = ADDRESS_INET;
	in->sin_family = AF_INET;
	in->sin_port = htons(address->port);
	address->socket.len = sizeof(*in);
	return ADDRESS_OK;
}

/*
 * RFC 1123 section 2.1: letters, digits and hyphens, no hyphen at either end.
 * Underscores are let through, since names in use have them.
 */
static bool address_label_is_valid(struct slice label)
{
	if (label.len == 0 || label.len > LABEL_MAX)
		return false;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.data[i];

		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '_' &&
		    c != '-')
			return false;
	}
	return label.data[0] != '-' && label.data[label.len - 1] != '-';
}

/* The last label of `host`, a final dot aside. */
static struct slice address_last_label(struct slice host)
{
	size_t start = host.len;

	while (start > 0 && host.data[start - 1] != '.')
		start--;
	return slice_make(host.data + start, host.len - start);
}

static bool address_is_number(struct slice label)
{
	for (size_t i = 0; i < label.len; i++) {
		if (!ascii_is_digit(label.data[i]))
			return false;
	}
	return label.len > 0;
}

/*
 * A name that ends in a number can only be meant as an IPv4 address (RFC 3986
 * section 3.2.2 leaves no top-level domain of digits).
 */
static enum address_error address_parse_name(struct slice host,
					     struct address *address)
{
	if (address_is_number(address_last_label(host)))
		return address_parse_v4(host, address);

	struct slice name = host;

	if (name.len > 1 && name.data[name.len - 1] == '.')
		name.len--;
	if (name.len > ADDRESS_NAME_MAX)
		return ADDRESS_BAD_NAME;
	for (struct slice rest = name; rest.data;) {
		if (!address_label_is_valid(slice_cut(rest, '.', &rest)))
			return ADDRESS_BAD_NAME;
	}
	address->kind = ADDRESS_NAME;
	memcpy(address->name, host.data, host.len);
	return ADDRESS_OK;
}

/* Cuts "host:port" at the colon outside brackets. */
static enum address_error
address_split(struct slice text, struct slice *ret_host, struct slice *ret_port)
{
	const char *colon;
	size_t from = 0;

	if (text.data[0] == '[') {
		const char *end = memchr(text.data, ']', text.len);

		if (!end)
			return ADDRESS_BAD_IPV6;
		from = (size_t)(end - text.data) + 1;
		if (from < text.len && text.data[from] != ':')
			return ADDRESS_BAD_IPV6;
	}
	colon = memchr(text.data + from, ':', text.len - from);
	if (!colon)
		return ADDRESS_NO_PORT;
	*ret_host = slice_make(text.data, (size_t)(colon - text.data));
	*ret_port = slice_make(colon + 1, text.len - ret_host->len - 1);
	if (memchr(ret_port->data, ':', ret_port->len))
		return ADDRESS_BARE_IPV6;
	return ADDRESS_OK;
}

/* Cuts `prefix` off the text; false when it does not begin with it. */
static bool address_cut_prefix(struct slice *text, const char *prefix)
{
	struct slice cut = slice_of(prefix);

	if (!slice_has_prefix(*text, cut))
		return false;
	*text = slice_make(text->data + cut.len, text->len - cut.len);
	return true;
}

static enum address_error address_parse_any(struct slice text,
					    struct address *address)
{
	struct slice host;
	struct slice port;

	memset(address, 0, sizeof(*address));
	if (text.len == 0)
		return ADDRESS_EMPTY;
	address->is_seqpacket = address_cut_prefix(&text, PREFIX_SEQPACKET);
	if (address->is_seqpacket || address_cut_prefix(&text, PREFIX_UNIX))
		return address_parse_unix(text, address);
	enum address_error error = address_split(text, &host, &port);

	if (error == ADDRESS_OK)
		error = address_parse_port(port, &address->port);
	if (error != ADDRESS_OK)
		return error;
	if (host.len > 0 && host.data[0] == '[')
		return address_parse_v6(slice_make(host.data + 1, host.len - 2),
					address);
	return address_parse_name(host, address);
}

enum address_error address_parse(struct slice text, struct address *ret_address)
{
	struct address address;
	enum address_error error = address_parse_any(text, &address);

	if (error == ADDRESS_OK && address.kind != ADDRESS_UNIX &&
	    address.port == 0)
		error = ADDRESS_BAD_PORT;
	if (error == ADDRESS_OK)
		*ret_address = address;
	return error;
}

/* "*:port": every address of both families. */
static enum address_error address_parse_wildcard(struct slice port,
						 struct address *address)
{
	memset(address, 0, sizeof(*address));
	enum address_error error = address_parse_port(port, &address->port);

	if (error != ADDRESS_OK)
		return error;
	return address_parse_v6(slice_of("::"), address);
}

enum address_error address_parse_listen(struct slice text,
					struct address *ret_address)
{
	struct address address;
	enum address_error error;

	if (slice_has_prefix(text, slice_of("*:")))
		error = address_parse_wildcard(
			slice_make(text.data + 2, text.len - 2), &address);
	else
		error = address_parse_any(text, &address);
	if (error == ADDRESS_OK && address.kind == ADDRESS_NAME)
		error = ADDRESS_NOT_NUMERIC;
	if (error == ADDRESS_OK && address.is_seqpacket)
		error = ADDRESS_NO_STREAM;
	if (error == ADDRESS_OK)
		*ret_address = address;
	return error;
}

const char *address_error_text(enum address_error error)
{
	switch (error) {
	case ADDRESS_OK:
		return "no error";
	case ADDRESS_EMPTY:
		return "empty";
	case ADDRESS_NO_PORT:
		return "no port; write \"address:port\"";
	case ADDRESS_BAD_PORT:
		return "not a port; a number of 1 to 65535";
	case ADDRESS_BAD_NAME:
		return "not a host name; labels of letters, digits and '-', "
		       "joined by dots";
	case ADDRESS_BAD_IPV4:
		return "not an IPv4 address; four numbers of 0 to 255, "
		       "joined by dots";
	case ADDRESS_BAD_IPV6:
		return "not an IPv6 address and port; write \"[::1]:8080\"";
	case ADDRESS_BARE_IPV6:
		return "too many colons; an IPv6 address stands in brackets: "
		       "\"[::1]:8080\"";
	case ADDRESS_BAD_PATH:
		return "not a Unix socket; \"unix:\" and an absolute path, or "
		       "\"unix:@\" and an abstract name";
	case ADDRESS_LONG_PATH:
		return "too long; a Unix socket path has at most 107 bytes";
	case ADDRESS_NOT_NUMERIC:
		return "a name; only numeric addresses can be listened on";
	case ADDRESS_NO_STREAM:
		return "datagrams; only \"unix:\" can be listened on";
	}
	return "unknown error";
}

static void address_format_inet(int family, const void *bytes, uint16_t port,
				char ret_text[ADDRESS_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN];

	inet_ntop(family, bytes, host, sizeof(host));
	snprintf(ret_text, ADDRESS_TEXT_MAX,
		 family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
		 (unsigned)ntohs(port));
}

static void address_format_v6(const struct sockaddr_in6 *in6,
			      char ret_text[ADDRESS_TEXT_MAX])
{
	/* The last 4 of 16 bytes are the IPv4 address (RFC 4291 2.5.5.2). */
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		address_format_inet(AF_INET, in6->sin6_addr.s6_addr + 12,
				    in6->sin6_port, ret_text);
	else
		address_format_inet(AF_INET6, &in6->sin6_addr, in6->sin6_port,
				    ret_text);
}

static void address_format_unix(const struct sockaddr_any *socket,
				char ret_text[ADDRESS_TEXT_MAX])
{
	const char *path = socket->un.sun_path;
	size_t offset = offsetof(struct sockaddr_un, sun_path);
	size_t len = socket->len > offset ? socket->len - offset : 0;
	size_t out = sizeof(PREFIX_UNIX) - 1;

	if (len > sizeof(socket->un.sun_path))
		len = sizeof(socket->un.sun_path);
	if (len > 0 && path[0] != '\0')
		len = strnlen(path, len);
	memcpy(ret_text, PREFIX_UNIX, out);
	for (size_t i = 0; i < len; i++)
		ret_text[out++] = path[i] != '\0' ? path[i] : '@';
	ret_text[out] = '\0';
}

void address_format(const struct sockaddr_any *socket,
		    char ret_text[ADDRESS_TEXT_MAX])
{
	switch (socket->sa.sa_family) {
	case AF_INET:
		address_format_inet(AF_INET, &socket->in.sin_addr,
				    socket->in.sin_port, ret_text);
		break;
	case AF_INET6:
		address_format_v6(&socket->in6, ret_text);
		break;
	case AF_UNIX:
		address_format_unix(socket, ret_text);
		break;
	default:
		snprintf(ret_text, ADDRESS_TEXT_MAX, "unknown");
	}
}
