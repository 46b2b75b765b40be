/* SPDX-License-Identifier: MIT */
/* The command line of wsrelay-connect. */

#include "connect/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/target.h"

/* Options without a letter. */
enum {
	OPTION_ORIGIN = 256,
	OPTION_CA,
	OPTION_CERTIFICATE,
	OPTION_KEY,
	OPTION_INSECURE,
	OPTION_PING_INTERVAL,
	OPTION_CONNECT_TIMEOUT,
	OPTION_CLOSE_TIMEOUT,
};

static const struct option long_options[] = {
	{ "header", required_argument, NULL, 'H' },
	{ "subprotocol", required_argument, NULL, 's' },
	{ "origin", required_argument, NULL, OPTION_ORIGIN },
	{ "text", no_argument, NULL, 't' },
	{ "lines", no_argument, NULL, 'l' },
	{ "wait", required_argument, NULL, 'w' },
	{ "keep-open", no_argument, NULL, 'k' },
	{ "ca", required_argument, NULL, OPTION_CA },
	{ "certificate", required_argument, NULL, OPTION_CERTIFICATE },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "insecure", no_argument, NULL, OPTION_INSECURE },
	{ "ping-interval", required_argument, NULL, OPTION_PING_INTERVAL },
	{ "connect-timeout", required_argument, NULL, OPTION_CONNECT_TIMEOUT },
	{ "close-timeout", required_argument, NULL, OPTION_CLOSE_TIMEOUT },
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Times are seconds, with a fraction if wanted. */
#define TIME_MIN_S 0.1
#define TIME_MAX_S 86400.0

void arguments_print_help(void)
{
	fputs("usage: wsrelay-connect [OPTION]... URL\n"
	      "\n"
	      "Connects stdin and stdout to the WebSocket at a ws:// or "
	      "wss:// URL.\n"
	      "\n"
	      "  -H, --header 'NAME: VALUE'  send this header too; may be "
	      "repeated\n"
	      "  -s, --subprotocol NAME      offer a subprotocol; may be "
	      "repeated\n"
	      "      --origin ORIGIN         send this Origin\n"
	      "  -t, --text                  send text messages, not binary "
	      "ones\n"
	      "  -l, --lines                 one line is one message, both "
	      "ways\n"
	      "  -w, --wait SECONDS          at the end of stdin wait for so "
	      "long a silence\n"
	      "  -k, --keep-open             at the end of stdin wait for the "
	      "server to close\n"
	      "      --ca FILE               trust those who sign here, not "
	      "the system's\n"
	      "      --certificate FILE      show the server this certificate\n"
	      "      --key FILE              its key, if not in the same file\n"
	      "      --insecure              accept any certificate\n"
	      "      --ping-interval SECONDS ping a silent server, default 20; "
	      "0: never\n"
	      "      --connect-timeout SECONDS\n"
	      "                              until the WebSocket is open, "
	      "default 30\n"
	      "      --close-timeout SECONDS for the server to close, default "
	      "30\n"
	      "  -4, --ipv4; -6, --ipv6      use addresses of this kind only\n"
	      "  -v, --verbose               tell what happens\n"
	      "  -q, --quiet                 tell nothing\n"
	      "  -V, --version               print the version\n"
	      "  -h, --help                  print this help\n"
	      "\n"
	      "wsrelay-connect(1) tells the rest, and what the exit status "
	      "means.\n",
	      stdout);
}

static bool complain(const char *option, const char *value, const char *fault)
{
	char text[REPORT_TEXT_SIZE];

	fprintf(stderr, "wsrelay-connect: %s \"%s\": %s\n", option,
		report_text(slice_of(value), text), fault);
	return false;
}

/* A header may be a secret: it is not shown. */
static bool take_field(struct arguments *a, const char *text)
{
	const char *fault = http_client_field_fault(slice_of(text));
	struct slice value;
	struct slice name = slice_cut(slice_of(text), ':', &value);

	if (!fault && a->request.field_count == ARGUMENTS_FIELDS_MAX)
		fault = "there are too many of them";
	if (!fault && slice_equal_nocase(name, slice_of("host"))) {
		a->request.host = slice_trim(value);
		if (http_authority_is_valid(a->request.host))
			return true;
		fault = "it is not host[:port]";
	}
	if (fault) {
		fprintf(stderr, "wsrelay-connect: --header: %s\n", fault);
		return false;
	}
	a->fields[a->request.field_count++] = text;
	return true;
}

static bool take_protocol(struct arguments *a, const char *name)
{
	struct http_protocols *protocols = &a->request.protocols;
	const char *fault;
	size_t index;

	a->protocols[protocols->count++] = name;
	protocols->names = a->protocols;
	fault = http_client_protocols_fault(protocols, &index);
	return !fault || complain("--subprotocol", name, fault);
}

static bool take_origin(struct arguments *a, const char *origin)
{
	const char *fault = http_client_origin_fault(slice_of(origin));

	a->request.origin = origin;
	return !fault || complain("--origin", origin, fault);
}

static bool take_seconds(const char *option, const char *text, bool may_be_0,
			 uint32_t *ret_ms)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !isfinite(seconds) || seconds > TIME_MAX_S ||
	    (seconds < TIME_MIN_S && !(may_be_0 && seconds == 0)))
		return complain(option, text,
				may_be_0 ? "it is not 0, nor seconds from 0.1 "
					   "to 86400" :
					   "it is not a number of seconds from "
					   "0.1 to 86400");
	*ret_ms = (uint32_t)(seconds * 1000);
	return true;
}

static bool apply_with_value(struct arguments *a, int option, const char *value)
{
	switch (option) {
	case 'H':
		return take_field(a, value);
	case 's':
		return take_protocol(a, value);
	case OPTION_ORIGIN:
		return take_origin(a, value);
	case OPTION_CA:
		a->tls.ca = value;
		return true;
	case OPTION_CERTIFICATE:
		a->tls.certificate = value;
		return true;
	case OPTION_KEY:
		a->tls.key = value;
		return true;
	case 'w':
		return take_seconds("--wait", value, true, &a->wait_ms);
	case OPTION_PING_INTERVAL:
		return take_seconds("--ping-interval", value, true,
				    &a->ping_ms);
	case OPTION_CONNECT_TIMEOUT:
		return take_seconds("--connect-timeout", value, false,
				    &a->connect_ms);
	case OPTION_CLOSE_TIMEOUT:
		return take_seconds("--close-timeout", value, false,
				    &a->close_ms);
	default:
		return false; /* getopt_long() has said why */
	}
}

static bool apply(struct arguments *a, int option)
{
	switch (option) {
	case 't':
		a->is_text = true;
		return true;
	case 'l':
		a->is_lines = true;
		return true;
	case 'k':
		a->stays_open = true;
		return true;
	case OPTION_INSECURE:
		a->tls.is_insecure = true;
		return true;
	case '4':
		a->family = AF_INET;
		return true;
	case '6':
		a->family = AF_INET6;
		return true;
	case 'v':
		a->report.is_verbose = true;
		return true;
	case 'q':
		a->report.is_quiet = true;
		return true;
	case 'V':
		a->wants_version = true;
		return true;
	case 'h':
		a->wants_help = true;
		return true;
	default:
		return apply_with_value(a, option, optarg);
	}
}

static bool has_field(const struct arguments *a, const char *wanted)
{
	for (size_t i = 0; i < a->request.field_count; i++) {
		struct slice rest;
		struct slice name =
			slice_cut(slice_of(a->fields[i]), ':', &rest);

		if (slice_equal_nocase(name, slice_of(wanted)))
			return true;
	}
	return false;
}

/* The user information is made into a header, and wiped out where it was. */
static const char *take_user(struct arguments *a, char *url)
{
	struct slice user = a->url.user;

	if (user.len == 0)
		return NULL;
	if (!http_url_basic(user, a->basic))
		return "its user and password are too long or not escaped as "
		       "they must be";
	memset(url + (user.data - url), '*', user.len);
	if (has_field(a, "authorization"))
		return "it has a user, and there is an Authorization header";
	a->request.authorization = a->basic;
	return NULL;
}

/* The URL may have a password in it: it is not shown. */
static bool take_url(struct arguments *a, char *url)
{
	const char *fault = http_url_parse(slice_of(url), &a->url);

	if (!fault)
		fault = take_user(a, url);
	if (!fault && a->url.host.len > ADDRESS_NAME_MAX)
		fault = "its host is too long";
	if (fault) {
		fprintf(stderr, "wsrelay-connect: the URL: %s\n", fault);
		return false;
	}
	memcpy(a->host, a->url.host.data, a->url.host.len);
	a->request.target = a->url.target;
	if (a->request.host.len == 0)
		a->request.host = a->url.host_field;
	return true;
}

static bool check(const struct arguments *a)
{
	const char *fault = NULL;

	if (a->request.origin && has_field(a, "origin"))
		fault = "there are an --origin and an Origin header";
	else if (a->tls.key && !a->tls.certificate)
		fault = "there is a --key without a --certificate";
	else if (a->tls.ca && a->tls.is_insecure)
		fault = "--ca has no meaning with --insecure";
	else if (!a->url.is_secure &&
		 (a->tls.ca || a->tls.certificate || a->tls.is_insecure))
		fault = "--ca, --certificate and --insecure are for wss:// "
			"only";
	if (fault)
		fprintf(stderr, "wsrelay-connect: %s\n", fault);
	return !fault;
}

/* Some servers want to know; whoever says it differently is left alone. */
static void add_user_agent(struct arguments *a)
{
	if (!has_field(a, "user-agent"))
		a->fields[a->request.field_count++] =
			"User-Agent: wsrelay-connect/" PACKAGE_VERSION;
}

static bool parse(int argc, char **argv, struct arguments *a)
{
	int option;

	while ((option = getopt_long(argc, argv, "H:s:tlw:k46vqVh",
				     long_options, NULL)) != -1)
		if (!apply(a, option))
			return false;
	if (a->wants_help || a->wants_version)
		return true;
	if (argc - optind != 1) {
		fputs(argc == optind ? "wsrelay-connect: no URL given\n" :
				       "wsrelay-connect: there is more than "
				       "one URL\n",
		      stderr);
		return false;
	}
	if (!take_url(a, argv[optind]) || !check(a))
		return false;
	add_user_agent(a);
	a->request.fields = a->fields;
	return true;
}

bool arguments_parse(int argc, char **argv, struct arguments *ret_arguments)
{
	*ret_arguments = (struct arguments){
		.family = AF_UNSPEC,
		.ping_ms = 20000,
		.connect_ms = 30000,
		.close_ms = 30000,
	};
	if (!parse(argc, argv, ret_arguments)) {
		fputs("Try \"wsrelay-connect --help\".\n", stderr);
		return false;
	}
	return true;
}
