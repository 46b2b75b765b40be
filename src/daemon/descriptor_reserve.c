/* SPDX-License-Identifier: MIT */
/* A descriptor kept aside, to refuse a connection when none is left. */

#include "daemon/descriptor_reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/response.h"
#include "net/listener.h"
#include "relay/cause.h"

/* One line in the log for all that were refused in this time. */
#define RESERVE_LOG_MS 1000

static void reopen(struct descriptor_reserve *reserve)
{
	if (reserve->fd < 0)
		reserve->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void descriptor_reserve_init(struct descriptor_reserve *reserve)
{
	*reserve = (struct descriptor_reserve){ .fd = -1 };
	reopen(reserve);
}

void descriptor_reserve_done(struct descriptor_reserve *reserve)
{
	if (reserve->fd >= 0)
		close(reserve->fd);
	reserve->fd = -1;
}

/* What was sent is read first: left unread it would reset the answer away. */
static void answer(int fd)
{
	const struct cause_info *info = cause_info(CAUSE_NO_DESCRIPTORS);
	char request[4096];
	char response[HTTP_RESPONSE_MAX];
	size_t len = http_response_refusal(response, sizeof(response),
					   info->status, info->text, 1);

	(void)!recv(fd, request, sizeof(request), MSG_DONTWAIT);
	(void)!send(fd, response, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	close(fd);
}

static void note(struct descriptor_reserve *reserve)
{
	uint64_t now_ms = clock_coarse_ms();

	reserve->refused++;
	if (now_ms - reserve->logged_ms < RESERVE_LOG_MS)
		return;

	struct log_field field = { .key = "refused",
				   .type = LOG_FIELD_U64,
				   .u64 = reserve->refused };

	log_event(LOG_LEVEL_WARNING, "out of file descriptors", &field, 1);
	reserve->refused = 0;
	reserve->logged_ms = now_ms;
}

int descriptor_reserve_refuse(struct descriptor_reserve *reserve, int listen_fd)
{
	struct sockaddr_any peer;
	int fd;

	reopen(reserve);
	if (reserve->fd < 0)
		return -EMFILE;
	descriptor_reserve_done(reserve);
	fd = listener_accept(listen_fd, &peer);
	if (fd >= 0) {
		answer(fd);
		note(reserve);
	}
	reopen(reserve);
	return fd < 0 ? fd : 0;
}
