/* SPDX-License-Identifier: MIT */
/* Messages between the supervisor and workers: by value and in order. */

#ifndef DAEMON_MAILBOX_H
#define DAEMON_MAILBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "relay/relay.h"

enum mail_type {
	MAIL_CONNECTION, /* a connection to serve */
	MAIL_CONFIG,     /* a configuration for requests to come */
	MAIL_STOPPING,   /* requests to come are refused, or no longer */
	MAIL_CLOSE_ALL,  /* open sessions are to end */
	MAIL_PULSE,      /* a sign of life is asked for */
	MAIL_QUERY,      /* its sessions are to be told of */
	MAIL_QUIT,       /* the worker is to end, with whatever it has */
	MAIL_SESSIONS,   /* to the supervisor: a piece of the answer */
};

struct mail {
	enum mail_type type;
	union {
		struct relay_connection connection; /* CONNECTION */
		struct config *config; /* CONFIG: a reference goes along */
		bool is_stopping;      /* STOPPING */
		uint32_t spread_ms;    /* CLOSE_ALL */
		struct session_query query;      /* QUERY */
		struct session_batch *sessions;  /* SESSIONS: goes along */
		uint32_t pulse;        /* PULSE: what to answer */
	};
};

/* Letters on their way; one reader, any number of writers. */
struct mailbox {
	pthread_mutex_t lock;
	struct mail *letters;
	size_t count;
	size_t size;
	int wake_fd; /* readable while letters wait */
};

/* A batch taken out, to be freed with free(). */
struct mail_batch {
	struct mail *letters;
	size_t count;
};

/* 0 or -errno; then nothing is left behind. */
__attribute__((warn_unused_result))
int mailbox_init(struct mailbox *mailbox);

/* Letters still in it are forgotten, not disposed of. */
void mailbox_done(struct mailbox *mailbox);

/* Copies `mail` in.  0 or -ENOMEM; what goes along stays the caller's then. */
__attribute__((warn_unused_result))
int mailbox_post(struct mailbox *mailbox, const struct mail *mail);

/* Takes out all that waits, oldest first; the reader's thread. */
struct mail_batch mailbox_take(struct mailbox *mailbox);

#endif
