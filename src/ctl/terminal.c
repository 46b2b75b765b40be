/* SPDX-License-Identifier: MIT */
/* A terminal while a program draws on all of it. */

#include "ctl/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"

/* When the terminal does not know its own height. */
#define HEIGHT_FALLBACK 24

/* Room for a screen, so that it is drawn at once. */
#define SCREEN_BYTES 65536

/* The second screen of xterm and its like; the cursor hidden. */
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"

static const int caught[] = { SIGINT,  SIGTERM, SIGHUP,
			      SIGQUIT, SIGTSTP, SIGWINCH };

static sigset_t caught_set(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		sigaddset(&set, caught[i]);
	return set;
}

static void enter(const struct terminal *terminal)
{
	struct termios raw = terminal->before;

	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	fputs(ENTER, stdout);
	fflush(stdout);
}

static void leave(const struct terminal *terminal)
{
	fputs(LEAVE, stdout);
	fflush(stdout);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->before);
}

int terminal_open(struct terminal *terminal)
{
	sigset_t set = caught_set();

	if (tcgetattr(STDIN_FILENO, &terminal->before))
		return -errno;
	terminal->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (terminal->signal_fd < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* A screen at a time: line by line it would flicker. */
	(void)setvbuf(stdout, NULL, _IOFBF, SCREEN_BYTES);
	enter(terminal);
	return 0;
}

void terminal_close(struct terminal *terminal)
{
	sigset_t set = caught_set();

	leave(terminal);
	close(terminal->signal_fd);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Returns when the user has brought the program back. */
static void suspend(const struct terminal *terminal)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	leave(terminal);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	raise(SIGTSTP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	enter(terminal);
}

static enum terminal_news take_signal(const struct terminal *terminal)
{
	struct signalfd_siginfo info;

	if (read(terminal->signal_fd, &info, sizeof(info)) != sizeof(info))
		return TERMINAL_TIME;
	switch (info.ssi_signo) {
	case SIGTSTP:
		suspend(terminal);
		return TERMINAL_RESIZE;
	case SIGWINCH:
		return TERMINAL_RESIZE;
	default:
		return TERMINAL_END;
	}
}

static int milliseconds_until(uint64_t until_us)
{
	uint64_t now_us = clock_now_us();

	/* One more: rounded down it would be asked for again at once. */
	return now_us >= until_us ? 0 : (int)((until_us - now_us) / 1000 + 1);
}

enum terminal_news terminal_wait(struct terminal *terminal, uint64_t until_us,
				 char *ret_key)
{
	struct pollfd fds[] = {
		{ .fd = terminal->signal_fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	int met = poll(fds, 2, milliseconds_until(until_us));

	if (met <= 0)
		return TERMINAL_TIME;
	if (fds[0].revents)
		return take_signal(terminal);
	return read(STDIN_FILENO, ret_key, 1) == 1 ? TERMINAL_KEY :
						     TERMINAL_END;
}

size_t terminal_height(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row)
		return HEIGHT_FALLBACK;
	return size.ws_row;
}
