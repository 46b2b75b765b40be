/* SPDX-License-Identifier: MIT */
/* The command line: what is asked of this process. */

#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/demo.h"

#define OPTIONS_CONFIG_PATH SYSCONFDIR "/wsrelayd/wsrelayd.conf"

enum { OPTION_DEMO = 256, OPTION_PORT, OPTION_TLS };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, 't' },
	{ "dump", no_argument, NULL, 'T' },
	{ "demo", no_argument, NULL, OPTION_DEMO },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "tls", no_argument, NULL, OPTION_TLS },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

void options_print_help(void)
{
	fputs("usage: wsrelayd [-c FILE]\n"
	      "       wsrelayd -t | -T [-c FILE]\n"
	      "       wsrelayd --demo [--port N] [--tls]\n"
	      "\n"
	      "Relays WebSocket connections to TCP and Unix sockets.\n"
	      "\n"
	      "  -c, --config FILE  the configuration, default\n"
	      "                     " OPTIONS_CONFIG_PATH "\n"
	      "  -t, --check        check the configuration and exit\n"
	      "  -T, --dump         print the effective configuration\n"
	      "      --demo         run without a file: a page to try it in a "
	      "browser\n"
	      "      --port N       port of the demo, default 8080; 0: any "
	      "free one\n"
	      "      --tls          the demo speaks TLS with a certificate "
	      "made for it\n"
	      "  -V, --version      print the version, libraries and features\n"
	      "  -h, --help         print this help\n"
	      "\n"
	      "wsrelayd(8) and wsrelayd.conf(5) tell the rest.\n",
	      stdout);
}

static bool parse_port(const char *text, uint16_t *ret_port)
{
	char *end;
	unsigned long port;

	errno = 0;
	port = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || *text == '+' ||
	    port > UINT16_MAX) {
		fprintf(stderr,
			"wsrelayd: --port: \"%s\" is not a number of 0 to "
			"65535\n",
			text);
		return false;
	}
	*ret_port = (uint16_t)port;
	return true;
}

/* Later ones of -t, -T, --demo, -V and -h win; false if it makes no sense. */
static bool apply(struct options *options, int option, bool *has_port)
{
	switch (option) {
	case 'c':
		options->config_path = optarg;
		return true;
	case 't':
		options->action = OPTIONS_CHECK;
		return true;
	case 'T':
		options->action = OPTIONS_DUMP;
		return true;
	case 'V':
		options->action = OPTIONS_VERSION;
		return true;
	case 'h':
		options->action = OPTIONS_HELP;
		return true;
	case OPTION_DEMO:
		options->action = OPTIONS_DEMO;
		return true;
	case OPTION_PORT:
		*has_port = true;
		return parse_port(optarg, &options->demo_port);
	case OPTION_TLS:
		options->demo_tls = true;
		return true;
	default:
		return false;
	}
}

static bool parse(int argc, char **argv, struct options *options)
{
	bool has_port = false;
	int option;

	while ((option = getopt_long(argc, argv, "c:tTVh", long_options,
				     NULL)) != -1)
		if (!apply(options, option, &has_port))
			return false;
	if (optind < argc) {
		fprintf(stderr, "wsrelayd: unexpected argument \"%s\"\n",
			argv[optind]);
		return false;
	}
	if (options->config_path && options->action == OPTIONS_DEMO) {
		fputs("wsrelayd: --demo takes no --config\n", stderr);
		return false;
	}
	if (has_port && options->action != OPTIONS_DEMO) {
		fputs("wsrelayd: --port goes with --demo\n", stderr);
		return false;
	}
	if (options->demo_tls && options->action != OPTIONS_DEMO) {
		fputs("wsrelayd: --tls goes with --demo\n", stderr);
		return false;
	}
	return true;
}

struct options options_parse(int argc, char **argv)
{
	struct options options = {
		.action = OPTIONS_RUN,
		.demo_port = DEMO_PORT,
	};

	if (!parse(argc, argv, &options)) {
		fputs("Try \"wsrelayd --help\".\n", stderr);
		options.action = OPTIONS_WRONG;
	}
	if (!options.config_path)
		options.config_path = OPTIONS_CONFIG_PATH;
	return options;
}
