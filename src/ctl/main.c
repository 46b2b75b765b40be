/* SPDX-License-Identifier: MIT */
/* wsrelayctl: talks to a running wsrelayd. */

#include <stdio.h>
#include <sysexits.h>

#include "ctl/arguments.h"

static int run(const struct arguments *arguments)
{
	struct client client;
	int code = client_open(&client, arguments->socket);

	if (!code)
		code = arguments->command->run(arguments, &client);
	client_close(&client);
	return code;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	int code = EX_OK;

	if (!arguments_parse(argc, argv, &arguments))
		return EX_USAGE;
	if (arguments.wants_help)
		arguments_print_help();
	else if (arguments.wants_version)
		printf("wsrelayctl %s\n", PACKAGE_VERSION);
	else
		code = run(&arguments);
	if (fflush(stdout) || ferror(stdout)) {
		fputs("wsrelayctl: the output cannot be written\n", stderr);
		return EX_IOERR;
	}
	return code;
}
