/* SPDX-License-Identifier: MIT */
/* The command "top": the sessions that move most, drawn anew all the time. */

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/rates.h"
#include "ctl/session_table.h"
#include "ctl/terminal.h"
#include "ctl/text.h"

/* Lines above the table, its titles included. */
#define HEAD_LINES 3

/* Rows where there is no end of the screen. */
#define BATCH_ROWS 50

struct top {
	const struct arguments *arguments;
	struct client *client;
	struct rates rates;
	char state[16]; /* of the daemon */
	enum rates_order order;
	bool is_paused;
};

enum {
	COLUMN_ID,
	COLUMN_UP,
	COLUMN_DOWN,
	COLUMN_TOTAL,
	COLUMN_IDLE,
	COLUMN_AGE,
	COLUMN_CLIENT,
	COLUMN_ROUTE,
	COLUMN_TARGET,
	COLUMN_STATE,
	COLUMN_COUNT
};

static const struct table_column columns[COLUMN_COUNT] = {
	[COLUMN_ID] = { "ID", .is_figure = true },
	[COLUMN_UP] = { "UP/s", .is_figure = true },
	[COLUMN_DOWN] = { "DOWN/s", .is_figure = true },
	[COLUMN_TOTAL] = { "TOTAL", .is_figure = true },
	[COLUMN_IDLE] = { "IDLE", .is_figure = true },
	[COLUMN_AGE] = { "AGE", .is_figure = true },
	[COLUMN_CLIENT] = { "CLIENT", .may_shrink = true },
	[COLUMN_ROUTE] = { "ROUTE", .may_shrink = true },
	[COLUMN_TARGET] = { "TARGET", .may_shrink = true },
	[COLUMN_STATE] = { .title = "STATE" },
};

static const char *state_of(const json_t *end)
{
	const char *state =
		answer_text(json_object_get(end, "status"), "state");

	return state ? state : "?";
}

/* A word of the daemon's, without anything that could steer a terminal. */
static int look_at_state(struct top *top)
{
	json_t *end;
	char *state;
	int code = answer_ask(top->arguments, top->client, "status", NULL, NULL,
			      &end);

	if (code)
		return code;
	state = text_escape(state_of(end));
	snprintf(top->state, sizeof(top->state), "%s", state ? state : "");
	free(state);
	json_decref(end);
	return EX_OK;
}

static int look(struct top *top)
{
	json_t *sessions;
	int code = look_at_state(top);

	if (!code)
		code = session_table_fetch(top->arguments, top->client,
					   &sessions);
	if (code)
		return code;
	return rates_look(&top->rates, sessions, clock_now_us()) ? EX_OSERR :
								   EX_OK;
}

static int add_row(struct table *table, const struct rate *rate)
{
	char figures[COLUMN_CLIENT][TEXT_FIGURE_MAX];
	const char *cells[COLUMN_COUNT] = {
		[COLUMN_CLIENT] = answer_text(rate->session, "client"),
		[COLUMN_ROUTE] = answer_text(rate->session, "route"),
		[COLUMN_TARGET] = answer_text(rate->session, "target"),
		[COLUMN_STATE] = answer_text(rate->session, "state"),
	};

	snprintf(figures[COLUMN_ID], TEXT_FIGURE_MAX, "%llu",
		 (unsigned long long)rate->id);
	text_print_bytes((uint64_t)rate->up, figures[COLUMN_UP]);
	text_print_bytes((uint64_t)rate->down, figures[COLUMN_DOWN]);
	text_print_bytes(rate->bytes_up + rate->bytes_down,
			 figures[COLUMN_TOTAL]);
	text_print_seconds(answer_number(rate->session, "idle_seconds"),
			   figures[COLUMN_IDLE]);
	text_print_seconds(answer_number(rate->session, "age_seconds"),
			   figures[COLUMN_AGE]);
	for (size_t i = 0; i < COLUMN_CLIENT; i++)
		cells[i] = figures[i];
	return table_add(table, cells);
}

/* A line that is cut, not wrapped. */
static void print_head_line(const char *line, size_t width,
			    const char *line_end)
{
	size_t len = width ? text_prefix(line, width) : strlen(line);

	printf("%.*s%s", (int)len, line, line_end);
}

static void print_head(const struct top *top, size_t width,
		       const char *line_end)
{
	char up[TEXT_FIGURE_MAX];
	char down[TEXT_FIGURE_MAX];
	char line[256];
	time_t now = time(NULL);
	struct tm local;

	text_print_bytes((uint64_t)top->rates.up, up);
	text_print_bytes((uint64_t)top->rates.down, down);
	localtime_r(&now, &local);
	snprintf(line, sizeof(line),
		 "%02d:%02d:%02d  %s  %zu sessions  up %s/s  down %s/s%s",
		 local.tm_hour, local.tm_min, local.tm_sec, top->state,
		 top->rates.count, up, down, top->is_paused ? "  PAUSED" : "");
	print_head_line(line, width, line_end);
	snprintf(line, sizeof(line), "by %s%s", rates_order_name(top->order),
		 width ? "   [s] sort  [p] pause  [q] quit" : "");
	print_head_line(line, width, line_end);
}

/* Draws `rows` sessions at most. */
static int draw(struct top *top, size_t rows, size_t width,
		const char *line_end)
{
	struct table table;
	int error = 0;

	rates_sort(&top->rates, top->order);
	if (rows > top->rates.count)
		rows = top->rates.count;
	table_init(&table, columns, COLUMN_COUNT);
	for (size_t i = 0; i < rows && !error; i++)
		error = add_row(&table, &top->rates.at[i]);
	print_head(top, width, line_end);
	if (!error)
		table_print(&table, rows, width, line_end, stdout);
	table_done(&table);
	return error ? EX_OSERR : EX_OK;
}

/* Every line is cleared to its end, and what is below the last. */
static int draw_screen(struct top *top)
{
	size_t height = terminal_height();
	size_t rows = height > HEAD_LINES + 1 ? height - HEAD_LINES - 1 : 1;
	int code;

	fputs("\033[H", stdout);
	code = draw(top, rows, answer_width(), "\033[K\n");
	fputs("\033[J", stdout);
	fflush(stdout);
	return code;
}

/* False: it is to end. */
static bool press(struct top *top, char key)
{
	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case 's':
		top->order =
			(enum rates_order)((top->order + 1) % RATES_ORDERS);
		return true;
	case 'p':
	case ' ':
		top->is_paused = !top->is_paused;
		return true;
	default:
		return true;
	}
}

/* Waits until the next look is due; keys and sizes are shown meanwhile. */
static bool watch(struct top *top, struct terminal *terminal, int *ret_code)
{
	uint64_t until_us =
		clock_now_us() + (uint64_t)(top->arguments->delay_s * 1e6);
	char key;

	while (*ret_code == EX_OK) {
		switch (terminal_wait(terminal, until_us, &key)) {
		case TERMINAL_TIME:
			return true;
		case TERMINAL_END:
			return false;
		case TERMINAL_KEY:
			if (!press(top, key))
				return false;
			break;
		case TERMINAL_RESIZE:
			break;
		}
		*ret_code = draw_screen(top);
	}
	return false;
}

static int run_screens(struct top *top, struct terminal *terminal)
{
	unsigned left = top->arguments->count; /* 0 - 1 is no end */
	int code = EX_OK;

	do {
		if (!top->is_paused)
			code = look(top);
		if (!code)
			code = draw_screen(top);
	} while (!code && watch(top, terminal, &code) && --left);
	return code;
}

static int run_terminal(struct top *top)
{
	struct terminal terminal;
	int code;

	if (terminal_open(&terminal)) {
		fputs("wsrelayctl: this terminal cannot be drawn on\n",
		      top->client->said);
		return EX_IOERR;
	}
	code = run_screens(top, &terminal);
	terminal_close(&terminal);
	return code;
}

static void pause_between(double seconds)
{
	struct timespec wait = { .tv_sec = (time_t)seconds };

	wait.tv_nsec = (long)((seconds - (double)wait.tv_sec) * 1e9);
	nanosleep(&wait, NULL);
}

/* The first look shows no speed, so it is not shown. */
static int run_batch(struct top *top)
{
	unsigned left = top->arguments->count; /* as above */
	int code = look(top);

	while (!code) {
		pause_between(top->arguments->delay_s);
		code = look(top);
		if (!code)
			code = draw(top, BATCH_ROWS, 0, "\n");
		putchar('\n');
		if (fflush(stdout))
			return EX_IOERR;
		if (--left == 0)
			break;
	}
	return code;
}

static int run_json(struct top *top)
{
	unsigned left = top->arguments->count; /* as above */
	int code;

	do {
		json_t *sessions;

		code = session_table_fetch(top->arguments, top->client,
					   &sessions);
		if (code)
			break;
		json_dumpf(sessions, stdout, JSON_COMPACT | ANSWER_JSON);
		putchar('\n');
		json_decref(sessions);
		if (fflush(stdout))
			return EX_IOERR;
		if (--left == 0)
			break;
		pause_between(top->arguments->delay_s);
	} while (true);
	return code;
}

int top_run(const struct arguments *arguments, struct client *client)
{
	struct top top = { .arguments = arguments, .client = client };
	int code;

	if (arguments->is_json)
		code = run_json(&top);
	else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		code = run_terminal(&top);
	else
		code = run_batch(&top);
	rates_done(&top.rates);
	return code;
}
