/* SPDX-License-Identifier: MIT */
/* The command line of wsrelayctl. */

#include "ctl/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/commands.h"

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "route", required_argument, NULL, 'r' },
	{ "client", required_argument, NULL, 'c' },
	{ "count", required_argument, NULL, 'n' },
	{ "delay", required_argument, NULL, 'd' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Screens closer than that show nothing new. */
#define DELAY_MIN_S 0.1
#define DELAY_MAX_S 3600.0

void arguments_print_help(void)
{
	fputs("usage: wsrelayctl [OPTION]... COMMAND [ARGUMENT]...\n"
	      "\n"
	      "Talks to a running wsrelayd.\n"
	      "\n",
	      stdout);
	for (size_t i = 0; i < command_count; i++)
		printf("  %-8s %-8s %s\n", commands[i].name,
		       commands[i].synopsis, commands[i].summary);
	fputs("\n"
	      "  -s, --socket PATH   the daemon's control socket, default\n"
	      "                      " ARGUMENTS_SOCKET "\n"
	      "  -j, --json          print JSON\n"
	      "  -r, --route NAME    sessions, top: of this route only\n"
	      "  -c, --client ADDR   sessions, top: of clients whose address "
	      "begins so\n"
	      "  -n, --count N       top: end after N screens\n"
	      "  -d, --delay SECONDS top: between screens, default 1\n"
	      "  -V, --version       print the version\n"
	      "  -h, --help          print this help\n"
	      "\n"
	      "wsrelayctl(1) tells the rest.\n",
	      stdout);
}

static bool parse_count(const char *text, unsigned *ret_count)
{
	char *end;
	unsigned long count;

	errno = 0;
	count = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || !count ||
	    count > 1000000000) {
		fprintf(stderr,
			"wsrelayctl: --count: \"%s\" is not a number from 1 "
			"on\n",
			text);
		return false;
	}
	*ret_count = (unsigned)count;
	return true;
}

static bool parse_delay(const char *text, double *ret_delay_s)
{
	char *end;
	double delay_s = strtod(text, &end);

	if (end == text || *end || !isfinite(delay_s) ||
	    delay_s < DELAY_MIN_S || delay_s > DELAY_MAX_S) {
		fprintf(stderr,
			"wsrelayctl: --delay: \"%s\" is not a number of "
			"seconds from 0.1 to 3600\n",
			text);
		return false;
	}
	*ret_delay_s = delay_s;
	return true;
}

static bool apply(struct arguments *arguments, int option, unsigned *ret_used)
{
	switch (option) {
	case 's':
		arguments->socket = optarg;
		return true;
	case 'j':
		arguments->is_json = true;
		return true;
	case 'r':
		arguments->route = optarg;
		*ret_used |= COMMAND_FILTERS;
		return true;
	case 'c':
		arguments->client = optarg;
		*ret_used |= COMMAND_FILTERS;
		return true;
	case 'n':
		*ret_used |= COMMAND_SCREENS;
		return parse_count(optarg, &arguments->count);
	case 'd':
		*ret_used |= COMMAND_SCREENS;
		return parse_delay(optarg, &arguments->delay_s);
	case 'V':
		arguments->wants_version = true;
		return true;
	case 'h':
		arguments->wants_help = true;
		return true;
	default:
		return false;
	}
}

static bool take_command(struct arguments *arguments, const char *name)
{
	if (!name) {
		fputs("wsrelayctl: no command given\n", stderr);
		return false;
	}
	arguments->command = command_find(name);
	if (!arguments->command)
		fprintf(stderr, "wsrelayctl: there is no command \"%s\"\n",
			name);
	return arguments->command != NULL;
}

static bool check(const struct arguments *arguments, unsigned used)
{
	const struct command *command = arguments->command;

	if (arguments->word_count < command->words_min)
		fprintf(stderr, "wsrelayctl: usage: wsrelayctl %s %s\n",
			command->name, command->synopsis);
	else if (arguments->word_count > command->words_max)
		fprintf(stderr, "wsrelayctl: unexpected argument \"%s\"\n",
			arguments->words[command->words_max]);
	else if (used & ~command->options)
		fprintf(stderr, "wsrelayctl: %s takes no such option\n",
			command->name);
	else
		return true;
	return false;
}

static bool parse(int argc, char **argv, struct arguments *arguments)
{
	unsigned used = 0;
	int option;

	while ((option = getopt_long(argc, argv, "s:jr:c:n:d:Vh", long_options,
				     NULL)) != -1)
		if (!apply(arguments, option, &used))
			return false;
	if (arguments->wants_help || arguments->wants_version)
		return true;
	if (!take_command(arguments, argv[optind]))
		return false;
	arguments->words = argv + optind + 1;
	arguments->word_count = argc - optind - 1;
	return check(arguments, used);
}

bool arguments_parse(int argc, char **argv, struct arguments *ret_arguments)
{
	struct arguments arguments = { .socket = ARGUMENTS_SOCKET,
				       .delay_s = 1 };

	if (!parse(argc, argv, &arguments)) {
		fputs("Try \"wsrelayctl --help\".\n", stderr);
		return false;
	}
	*ret_arguments = arguments;
	return true;
}
