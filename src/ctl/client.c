/* SPDX-License-Identifier: MIT */
/* A connection to the daemon's control socket. */

#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

/* The daemon's own version of the protocol (ops/control.h). */
#define CLIENT_VERSION 1

/*
 * How long a line of the answer may take, in seconds.  The daemon gives up on
 * its workers after 5; a reload reads files and opens sockets.
 */
#define CLIENT_PATIENCE_S 30

static int complain(struct client *client, int error)
{
	fprintf(client->said, "wsrelayctl: %s: %s\n", client->path,
		strerror(error));
	switch (error) {
	case EACCES:
	case EPERM:
		fputs("wsrelayctl: run it as root, as the daemon's user or as "
		      "a member of the socket's group\n",
		      client->said);
		return EX_NOPERM;
	case ENOENT:
	case ECONNREFUSED:
		fputs("wsrelayctl: is wsrelayd running, and is this its "
		      "control.socket? Another one is named by --socket\n",
		      client->said);
		return EX_UNAVAILABLE;
	default:
		return EX_UNAVAILABLE;
	}
}

/* Connects; complains if that fails. */
static int dial(struct client *client)
{
	const struct timeval patience = { .tv_sec = CLIENT_PATIENCE_S };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t len = strlen(client->path);

	if (len >= sizeof(name.sun_path))
		return complain(client, ENAMETOOLONG);
	memcpy(name.sun_path, client->path, len);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return complain(client, errno);
	if (!connect(client->fd, (const struct sockaddr *)&name,
		     sizeof(name))) {
		(void)setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				 sizeof(patience));
		client->in = fdopen(client->fd, "r");
		if (client->in)
			return EX_OK;
	}
	return complain(client, errno);
}

static void hang_up(struct client *client)
{
	if (client->in)
		fclose(client->in);
	else if (client->fd >= 0)
		close(client->fd);
	client->in = NULL;
	client->fd = -1;
}

int client_open(struct client *client, const char *path)
{
	*client = (struct client){ .path = path, .fd = -1 };
	client->said = open_memstream(&client->said_text, &client->said_len);
	if (!client->said)
		return EX_OSERR;
	return dial(client);
}

void client_close(struct client *client)
{
	hang_up(client);
	if (client->said && !fclose(client->said))
		fputs(client->said_text, stderr);
	free(client->said_text);
	*client = (struct client){ .fd = -1 };
}

/* Who was turned away finds out why by reading, so failing is no matter. */
static void send_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static int send_request(struct client *client, const char *command,
			json_t *arguments)
{
	json_t *request = arguments ? arguments : json_object();
	char *text = NULL;

	if (!json_object_set_new(request, "version",
				 json_integer(CLIENT_VERSION)) &&
	    !json_object_set_new(request, "command", json_string(command)))
		text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (!text) {
		fputs("wsrelayctl: that cannot be asked: no UTF-8, or out of "
		      "memory\n",
		      client->said);
		return EX_USAGE;
	}
	send_all(client->fd, text);
	send_all(client->fd, "\n");
	free(text);
	return EX_OK;
}

static int no_line(struct client *client)
{
	if (ferror(client->in) && errno == EAGAIN)
		fprintf(client->said,
			"wsrelayctl: %s: no answer in %d seconds\n",
			client->path, CLIENT_PATIENCE_S);
	else
		fprintf(client->said, "wsrelayctl: %s: wsrelayd hung up\n",
			client->path);
	return EX_UNAVAILABLE;
}

/* An element goes to the list; the line that ends the answer is returned. */
static json_t *take_line(json_t *line, json_t *elements)
{
	void *member;

	if (json_object_get(line, "ok") || json_object_get(line, "error"))
		return line;
	member = json_object_iter(line);
	if (elements && member)
		json_array_append(elements, json_object_iter_value(member));
	json_decref(line);
	return NULL;
}

static int read_answer(struct client *client, json_t *elements,
		       json_t **ret_end)
{
	char *text = NULL;
	size_t room = 0;
	json_t *end = NULL;
	int code = EX_OK;

	while (!end && code == EX_OK) {
		ssize_t len = getline(&text, &room, client->in);
		json_t *line;

		if (len < 0) {
			code = no_line(client);
			break;
		}
		line = json_loadb(text, (size_t)len, 0, NULL);
		if (json_is_object(line)) {
			end = take_line(line, elements);
			continue;
		}
		json_decref(line);
		fprintf(client->said, "wsrelayctl: %s: that is not wsrelayd\n",
			client->path);
		code = EX_PROTOCOL;
	}
	free(text);
	if (end)
		*ret_end = end;
	return code;
}

/*
 * The daemon hangs up on who rests between two requests for too long.  What it
 * did to who has not been answered yet is told by reading.
 */
static bool was_left(const struct client *client)
{
	struct pollfd end = { .fd = client->fd, .events = POLLRDHUP };

	return client->is_answered && poll(&end, 1, 0) > 0;
}

static int dial_again(struct client *client)
{
	hang_up(client);
	client->is_answered = false;
	return dial(client);
}

int client_ask(struct client *client, const char *command, json_t *arguments,
	       json_t *elements, json_t **ret_end)
{
	int code = was_left(client) ? dial_again(client) : EX_OK;

	if (code) {
		json_decref(arguments);
		return code;
	}
	code = send_request(client, command, arguments);
	if (!code)
		code = read_answer(client, elements, ret_end);
	client->is_answered = !code;
	return code;
}
