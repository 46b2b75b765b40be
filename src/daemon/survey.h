/* SPDX-License-Identifier: MIT */
/* Asks every worker about its sessions and gathers what they answer. */

#ifndef DAEMON_SURVEY_H
#define DAEMON_SURVEY_H

#include <stdint.h>

#include "ops/operations.h"

struct event_base;
struct mailbox;
struct pool;

/*
 * The inquiries under way.  All of it belongs to the supervisor's thread; no
 * worker is waited for: one that is stuck is found by a deadline.
 */
struct survey;

/* Null when memory or descriptors are out.  Outlives the workers. */
__attribute__((warn_unused_result)) struct survey *
survey_new(struct event_base *base);

/* Forgets all inquiries: nobody is called.  Clears, takes null. */
void survey_free(struct survey **survey);

/* Where workers put their answers; the survey's. */
struct mailbox *survey_mailbox(struct survey *survey);

/*
 * Asks all workers of `pool`, as operations.ask(): the ticket of `query` is
 * not looked at.  What does not come within `timeout_ms` is given up.
 */
__attribute__((warn_unused_result)) int
survey_ask(struct survey *survey, struct pool *pool,
	   const struct operations_question *question, uint32_t timeout_ms,
	   uint64_t *ret_ticket);

/* Nobody waits for this inquiry any more; one that is over is let pass. */
void survey_cancel(struct survey *survey, uint64_t ticket);

#endif
