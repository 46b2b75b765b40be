/* SPDX-License-Identifier: MIT */
/* A terminal while a program draws on all of it. */

#ifndef CTL_TERMINAL_H
#define CTL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

/*
 * Keys come one by one and unseen, the screen is a second one, and signals
 * come by terminal_wait(): so that the first screen and the keys are as they
 * were whenever the program ends or is suspended.
 */
struct terminal {
	struct termios before;
	int signal_fd;
};

/* What ended a wait. */
enum terminal_news {
	TERMINAL_TIME,   /* the time is up */
	TERMINAL_KEY,    /* a key was pressed */
	TERMINAL_RESIZE, /* draw again: the size changed, or it was suspended */
	TERMINAL_END,    /* a signal, or the terminal is gone */
};

/* 0 or -errno; then nothing was changed.  stdin and stdout are terminals. */
__attribute__((warn_unused_result)) int
terminal_open(struct terminal *terminal);

/* Everything is as it was before. */
void terminal_close(struct terminal *terminal);

/*
 * Waits until `until_us` (clock_now_us()) for something to happen; suspends
 * and resumes the program where the user asks for it.  `ret_key` is set for
 * TERMINAL_KEY only.
 */
enum terminal_news terminal_wait(struct terminal *terminal, uint64_t until_us,
				 char *ret_key);

/* Lines of the terminal. */
size_t terminal_height(void);

#endif
