/* SPDX-License-Identifier: MIT */
/* The load generator: one epoll loop of WebSocket or plain TCP clients. */
#include "load_conn.h"
#include "pattern.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define EVENTS_MAX 256

static const char *const scenario_names[] = { "echo",  "upload", "download",
					      "cycle", "idle",   "stall" };

static const char usage[] =
	"usage: load --target ADDRESS [options]\n"
	"  --scenario echo|upload|download|cycle|idle|stall\n"
	"  --path PATH         speak WebSocket, ask for PATH; else plain TCP\n"
	"  --deflate           offer permessage-deflate\n"
	"  --tls               TLS 1.3 around it\n"
	"  --size N            payload bytes a message (64; at most 65536)\n"
	"  --connections N     (100)\n"
	"  --dials N           most connections being opened at a time (64)\n"
	"  --seconds S         stop after S seconds\n"
	"  --count N           stop after N messages\n"
	"  --counters FILE     keep the counters in FILE\n";

struct limits {
	double seconds; /* 0 = until a signal */
	uint64_t count; /* 0 = any number */
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
	(void)number;
	stop_asked = 1;
}

static void set_scenario(struct load_plan *plan, const char *name)
{
	for (int i = 0; i < 6; i++) {
		if (strcmp(scenario_names[i], name) == 0) {
			plan->scenario = (enum load_scenario)i;
			return;
		}
	}
	fputs(usage, stderr);
	exit(64);
}

static const struct option options[] = {
	{ "target", required_argument, NULL, 't' },
	{ "scenario", required_argument, NULL, 's' },
	{ "path", required_argument, NULL, 'p' },
	{ "deflate", no_argument, NULL, 'D' },
	{ "tls", no_argument, NULL, 'T' },
	{ "size", required_argument, NULL, 'b' },
	{ "connections", required_argument, NULL, 'n' },
	{ "dials", required_argument, NULL, 'd' },
	{ "seconds", required_argument, NULL, 'S' },
	{ "count", required_argument, NULL, 'N' },
	{ "counters", required_argument, NULL, 'c' },
	{ NULL, 0, NULL, 0 }
};

static int set_option(struct load *l, struct limits *lim, int c)
{
	struct load_plan *plan = &l->plan;

	if (c == 'T') {
		plan->tls = load_tls_new();
		return plan->tls ? 0 : -1;
	}
	if (c == 't')
		return endpoint_parse(optarg, &plan->target);
	if (c == 's')
		set_scenario(plan, optarg);
	else if (c == 'p')
		plan->path = optarg;
	else if (c == 'D')
		plan->offers_deflate = true;
	else if (c == 'b')
		plan->size = strtoul(optarg, NULL, 10);
	else if (c == 'n')
		plan->connections = (unsigned)strtoul(optarg, NULL, 10);
	else if (c == 'd')
		plan->dials = (unsigned)strtoul(optarg, NULL, 10);
	else if (c == 'S')
		lim->seconds = strtod(optarg, NULL);
	else if (c == 'N')
		lim->count = strtoull(optarg, NULL, 10);
	else if (c == 'c')
		l->counters = counters_map(optarg);
	else
		return -1;
	return 0;
}

static void parse_options(struct load *l, struct limits *lim, int argc,
			  char **argv)
{
	struct load_plan *plan = &l->plan;
	int c;
	int bad = 0;

	plan->size = 64;
	plan->connections = 100;
	plan->dials = 64;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		bad |= set_option(l, lim, c) < 0;
	/* The ready-made messages have to be whole periods of the sink's. */
	if (plan->scenario == LOAD_UPLOAD && plan->size != 16384 &&
	    plan->size != 32768)
		plan->size = PATTERN_SIZE;
	if (!l->counters)
		l->counters = counters_map(NULL);
	if (bad || optind != argc || plan->target.len == 0 || !l->counters ||
	    plan->size < 1 || plan->size > PATTERN_SIZE) {
		fputs(usage, stderr);
		exit(64);
	}
}

static bool is_over(const struct load *l, const struct limits *lim,
		    uint64_t start_ns)
{
	const struct counters *n = l->counters;

	if (stop_asked || (lim->count && n->messages >= lim->count))
		return true;
	if (n->errors && n->open == 0 && l->dialing == 0)
		return true; /* nobody is left to do anything */
	return lim->seconds > 0 &&
	       (double)(counters_now_ns() - start_ns) / 1e9 >= lim->seconds;
}

static void run(struct load *l, const struct limits *lim, uint64_t start_ns)
{
	struct epoll_event ev[EVENTS_MAX];

	while (!is_over(l, lim, start_ns)) {
		load_dial_more(l);
		int n = epoll_wait(l->epoll_fd, ev, EVENTS_MAX, 100);

		for (int i = 0; i < n; i++)
			load_conn_on_event(l, ev[i].data.ptr, ev[i].events);
	}
}

int main(int argc, char **argv)
{
	static struct load l;
	struct limits lim = { 0 };
	struct sigaction act = { .sa_handler = on_signal };

	parse_options(&l, &lim, argc, argv);
	if (load_init(&l) < 0) {
		perror("load");
		return 70;
	}
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	l.counters->magic = COUNTERS_MAGIC;
	uint64_t start_ns = counters_now_ns();

	run(&l, &lim, start_ns);
	counters_print_json(l.counters,
			    (double)(counters_now_ns() - start_ns) / 1e9,
			    stdout);
	return l.counters->errors || l.counters->mismatches;
}
