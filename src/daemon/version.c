/* SPDX-License-Identifier: MIT */
/* What this program is made of. */

#include "daemon/version.h"

#include <stdio.h>

#include <event2/event.h>
#include <jansson.h>
#include <zlib.h>

#include "base/digest.h"
#include "config/config.h"
#include "daemon/sd.h"

void version_print(void)
{
	printf("wsrelayd %s\n", PACKAGE_VERSION);
	printf("libevent %s (%s)\n", event_get_version(), LIBEVENT_VERSION);
	printf("%s\n", digest_library_version());
	printf("jansson %s\n", JANSSON_VERSION);
	printf("libconfig %s\n", config_library_version());
	printf("zlib %s\n", zlibVersion());
	if (LIBISAL_VERSION[0])
		puts("ISA-L " LIBISAL_VERSION);
	if (sd_library_version())
		puts(sd_library_version());
	printf("features: stream tls%s\n",
	       sd_library_version() ? " systemd" : "");
}
