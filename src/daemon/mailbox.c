/* SPDX-License-Identifier: MIT */
/* Messages between the supervisor and workers: by value and in order. */

#include "daemon/mailbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Letters there is room for at first; most batches are shorter. */
#define MAILBOX_FIRST 32

int mailbox_init(struct mailbox *mailbox)
{
	*mailbox = (struct mailbox){ .count = 0 };
	mailbox->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (mailbox->wake_fd < 0)
		return -errno;
	pthread_mutex_init(&mailbox->lock, NULL);
	return 0;
}

void mailbox_done(struct mailbox *mailbox)
{
	pthread_mutex_destroy(&mailbox->lock);
	close(mailbox->wake_fd);
	free(mailbox->letters);
}

static int grow(struct mailbox *mailbox)
{
	size_t size = mailbox->size ? 2 * mailbox->size : MAILBOX_FIRST;
	struct mail *letters =
		realloc(mailbox->letters, size * sizeof(*letters));

	if (!letters)
		return -ENOMEM;
	mailbox->letters = letters;
	mailbox->size = size;
	return 0;
}

int mailbox_post(struct mailbox *mailbox, const struct mail *mail)
{
	uint64_t one = 1;
	int error = 0;

	pthread_mutex_lock(&mailbox->lock);
	if (mailbox->count == mailbox->size)
		error = grow(mailbox);
	if (!error) {
		mailbox->letters[mailbox->count++] = *mail;
		/* One waking serves all that come before it is heard. */
		if (mailbox->count == 1)
			(void)!write(mailbox->wake_fd, &one, sizeof(one));
	}
	pthread_mutex_unlock(&mailbox->lock);
	return error;
}

struct mail_batch mailbox_take(struct mailbox *mailbox)
{
	struct mail_batch batch;
	uint64_t count;

	pthread_mutex_lock(&mailbox->lock);
	(void)!read(mailbox->wake_fd, &count, sizeof(count));
	batch.letters = mailbox->letters;
	batch.count = mailbox->count;
	mailbox->letters = NULL;
	mailbox->count = 0;
	mailbox->size = 0;
	pthread_mutex_unlock(&mailbox->lock);
	return batch;
}
