/* SPDX-License-Identifier: MIT */
/* The admin pages: metrics, health, status, and a page that shows it. */

#ifndef OPS_ADMIN_PAGES_H
#define OPS_ADMIN_PAGES_H

#include <stdbool.h>

#include "ops/operations.h"

struct evhttp_request;

/* What the pages tell of; see struct admin_server_options. */
struct admin_pages {
	const struct operations *operations;
	bool wants_local_host;
};

/* Answers a request; `arg` is a struct admin_pages. */
void admin_pages_answer(struct evhttp_request *request, void *arg);

/* Whether "localhost", a name below it, or an address; for Host headers. */
bool admin_pages_is_local_host(const char *host);

#endif
