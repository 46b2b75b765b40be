/* SPDX-License-Identifier: MIT */
/* In place of sd.c where libsystemd is not to be used: no manager at all. */

#include "daemon/sd.h"

bool sd_is_notified(void)
{
	return false;
}

void sd_tell(const char *assignments)
{
	(void)assignments;
}

uint64_t sd_watchdog_usec(void)
{
	return 0;
}

int sd_take_sockets(struct sd_socket **ret_sockets)
{
	*ret_sockets = NULL;
	return 0;
}

const char *sd_library_version(void)
{
	return NULL;
}
