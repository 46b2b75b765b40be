/* SPDX-License-Identifier: MIT */
/* A descriptor kept aside, to refuse a connection when none is left. */

#include "daemon/descriptor_reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/refuse.h"
#include "net/listener.h"

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

static void note(struct descriptor_reserve *reserve)
{
	uint64_t now_ms = clock_coarse_ms();

	reserve->refused++;
	reserve->total++;
	if (now_ms - reserve->logged_ms < RESERVE_LOG_MS)
		return;

	struct log_field field = { .key = "refused",
				   .type = LOG_FIELD_U64,
				   .u64 = reserve->refused };

	log_event(LOG_LEVEL_WARNING, "out of file descriptors", &field, 1);
	reserve->refused = 0;
	reserve->logged_ms = now_ms;
}

int descriptor_reserve_refuse(struct descriptor_reserve *reserve, int listen_fd,
			      bool expects_tls)
{
	struct sockaddr_any peer;
	int fd;

	reopen(reserve);
	if (reserve->fd < 0)
		return -EMFILE;
	descriptor_reserve_done(reserve);
	fd = listener_accept(listen_fd, &peer);
	if (fd >= 0) {
		refuse_at_once(fd, CAUSE_NO_DESCRIPTORS, expects_tls);
		note(reserve);
	}
	reopen(reserve);
	return fd < 0 ? fd : 0;
}
