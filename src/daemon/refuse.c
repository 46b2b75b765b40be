/* SPDX-License-Identifier: MIT */
/* A refusal that costs no session and no time. */

#include "daemon/refuse.h"

#include <sys/socket.h>
#include <unistd.h>

#include "http/response.h"

/* What was sent is read first: left unread it would reset the answer away. */
void refuse_at_once(int fd, enum relay_cause cause, bool expects_tls)
{
	const struct cause_info *info = cause_info(cause);
	char request[4096];
	char response[HTTP_RESPONSE_MAX];
	size_t len = http_response_refusal(response, sizeof(response),
					   info->status, info->text, 1);

	(void)!recv(fd, request, sizeof(request), MSG_DONTWAIT);
	if (!expects_tls)
		(void)!send(fd, response, len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	close(fd);
}
