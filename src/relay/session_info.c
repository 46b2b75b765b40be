/* SPDX-License-Identifier: MIT */
/* What a session is doing right now: plain data that may cross threads. */

#include "relay/session_info.h"

#include <stdlib.h>

struct session_batch *session_batch_new(const struct session_query *query,
					unsigned worker, size_t room)
{
	struct session_batch *batch =
		malloc(sizeof(*batch) + room * sizeof(batch->at[0]));

	if (!batch)
		return NULL;
	*batch = (struct session_batch){ .ticket = query->ticket,
					 .worker = worker };
	return batch;
}

void session_batch_free(struct session_batch **batch)
{
	struct session_batch *next;

	for (struct session_batch *b = *batch; b; b = next) {
		next = b->next;
		for (size_t i = 0; i < b->count; i++)
			config_unref(&b->at[i].config);
		free(b);
	}
	*batch = NULL;
}
