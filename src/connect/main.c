/* SPDX-License-Identifier: MIT */
/* wsrelay-connect: stdin and stdout on one side, a WebSocket on the other. */

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "connect/arguments.h"
#include "connect/session.h"
#include "connect/stdio.h"

/* Loud, since what is given away here is all that TLS is for. */
static void warn(const struct arguments *arguments)
{
	if (arguments->tls.is_insecure)
		report_error(&arguments->report,
			     "WARNING: --insecure: the server's certificate is "
			     "not checked, so whoever is in between can read "
			     "and change everything");
}

static int run(const struct arguments *arguments)
{
	struct session_outcome outcome;

	signal(SIGPIPE, SIG_IGN);
	warn(arguments);
	outcome = session_run(arguments);
	if (outcome.signal) {
		/* As whoever sent it, or waits for us, expects. */
		signal(outcome.signal, SIG_DFL);
		raise(outcome.signal);
	}
	return (int)outcome.code;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	int error = stdio_complete();

	if (error) {
		fprintf(stderr, "wsrelay-connect: /dev/null: %s\n",
			strerror(-error));
		return EXIT_BROKEN;
	}
	if (!arguments_parse(argc, argv, &arguments))
		return EXIT_BAD_USAGE;
	if (!arguments.wants_help && !arguments.wants_version)
		return run(&arguments);
	if (arguments.wants_help)
		arguments_print_help();
	else
		printf("wsrelay-connect %s\n", PACKAGE_VERSION);
	return fflush(stdout) || ferror(stdout) ? EXIT_STDIO : EXIT_NORMAL;
}
