/* SPDX-License-Identifier: MIT */
/* What a session is doing right now: plain data that may cross threads. */

#ifndef RELAY_SESSION_INFO_H
#define RELAY_SESSION_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "config/config.h"

/*
 * One session at the moment it was looked at.  The names are of `config`, to
 * which a reference goes along.
 */
struct session_info {
	uint64_t id;
	struct config *config;
	const char *listener;
	const char *route; /* null until the request was read */
	const char
		*target; /* the server, as configured; null until it is known */
	const char *state; /* session_state_name() */
	const char *cause; /* label of why it ends; null: it does not */
	unsigned worker;
	uint32_t rtt_usec; /* the last ping's; 0: none measured */
	uint64_t age_ms;   /* since it was opened, or accepted before that */
	uint64_t idle_ms;  /* since the last payload, either way */
	uint64_t bytes_up; /* payload, client to target */
	uint64_t bytes_down;
	uint64_t messages_up;
	uint64_t messages_down;
	uint32_t owed_up;   /* bytes held back: that the target does not take,
			       of a message that is not whole */
	uint32_t owed_down; /* likewise towards the client */
	char client[ADDRESS_TEXT_MAX]; /* address and port */
};

/* Sessions in one piece of a listing. */
#define SESSION_BATCH_MAX 128

/*
 * A piece of a worker's answer to struct session_query.  Whoever has it owns
 * it; batches hang together by `next`.
 */
struct session_batch {
	struct session_batch *next;
	uint64_t ticket; /* of the query */
	unsigned worker; /* whose sessions these are */
	bool is_last;    /* this worker has no more */
	size_t count;
	struct session_info at[]; /* room for SESSION_BATCH_MAX, or fewer */
};

/* What is asked of a worker's sessions. */
struct session_query {
	uint64_t ticket;  /* comes back in the batches */
	uint64_t only_id; /* 0: all sessions */
	bool does_kill;   /* ends them with CAUSE_KILLED once looked at */
};

/* An empty batch with room for `room`; null when memory is out. */
__attribute__((warn_unused_result)) struct session_batch *
session_batch_new(const struct session_query *query, unsigned worker,
		  size_t room);

/* Frees `*batch` with all behind it; clears, takes null.  Any thread. */
void session_batch_free(struct session_batch **batch);

#endif
