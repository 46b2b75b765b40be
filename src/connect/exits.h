/* SPDX-License-Identifier: MIT */
/* What wsrelay-connect exits with; wsrelay-connect(1) has the same table. */

#ifndef CONNECT_EXITS_H
#define CONNECT_EXITS_H

#include <sysexits.h>

enum exit_code {
	EXIT_NORMAL = 0,           /* both ends closed as they should */
	EXIT_REFUSED = 1,          /* the server answered with an HTTP status */
	EXIT_ABNORMAL = 2,         /* lost, or closed for another reason */
	EXIT_BAD_USAGE = EX_USAGE, /* 64: the command line */
	EXIT_BAD_INPUT = EX_DATAERR, /* 65: --text, and stdin is no UTF-8 */
	EXIT_BAD_FILE = EX_NOINPUT,  /* 66: --ca, --certificate, --key */
	EXIT_UNREACHED =
		EX_UNAVAILABLE,        /* 69: no connection, or none in time */
	EXIT_BROKEN = EX_OSERR,        /* 71: memory, descriptors */
	EXIT_STDIO = EX_IOERR,         /* 74: stdin or stdout failed */
	EXIT_BAD_SERVER = EX_PROTOCOL, /* 76: it breaks a protocol */
	EXIT_DISTRUSTED = EX_NOPERM,   /* 77: its certificate will not do */
};

#endif
