/* SPDX-License-Identifier: MIT */
/* Letters between threads: in order, one waking a batch, none lost. */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/mailbox.h"

#define WRITERS 3
#define LETTERS 5000

/* The linker puts this in front of the C library's (--wrap). */
void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool is_memory_out;

void *__wrap_realloc(void *memory, size_t size)
{
	return is_memory_out ? NULL : __real_realloc(memory, size);
}

static int post(struct mailbox *mailbox, uint32_t number)
{
	const struct mail mail = { .type = MAIL_CLOSE_ALL,
				   .spread_ms = number };

	return mailbox_post(mailbox, &mail);
}

static bool is_awake(const struct mailbox *mailbox)
{
	struct pollfd poller = { .fd = mailbox->wake_fd, .events = POLLIN };

	return poll(&poller, 1, 0) == 1;
}

/* Takes a batch that must be the numbers from `first` on; how many. */
static uint32_t take(struct mailbox *mailbox, uint32_t first)
{
	struct mail_batch batch = mailbox_take(mailbox);

	for (uint32_t i = 0; i < batch.count; i++) {
		assert_int_equal(batch.letters[i].type, MAIL_CLOSE_ALL);
		assert_int_equal(batch.letters[i].spread_ms, first + i);
	}
	free(batch.letters);
	return (uint32_t)batch.count;
}

static void test_order_and_growth(void **unused)
{
	struct mailbox mailbox;

	(void)unused;
	assert_int_equal(mailbox_init(&mailbox), 0);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(post(&mailbox, i), 0);
	assert_int_equal(take(&mailbox, 0), 1000);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(post(&mailbox, i), 0);
	assert_int_equal(take(&mailbox, 0), 3);
	mailbox_done(&mailbox);
}

static void test_wakes_while_letters_wait(void **unused)
{
	struct mailbox mailbox;

	(void)unused;
	assert_int_equal(mailbox_init(&mailbox), 0);
	assert_false(is_awake(&mailbox));
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(post(&mailbox, i), 0);
		assert_true(is_awake(&mailbox));
	}
	assert_int_equal(take(&mailbox, 0), 3);
	assert_false(is_awake(&mailbox));
	assert_int_equal(take(&mailbox, 0), 0); /* nothing is there */
	assert_int_equal(post(&mailbox, 0), 0);
	assert_true(is_awake(&mailbox));
	mailbox_done(&mailbox);
}

/* One waking serves all: the counter is not written for each letter. */
static void test_wakes_once(void **unused)
{
	struct mailbox mailbox;
	uint64_t count = 0;

	(void)unused;
	assert_int_equal(mailbox_init(&mailbox), 0);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(post(&mailbox, i), 0);
	assert_int_equal(read(mailbox.wake_fd, &count, sizeof(count)),
			 sizeof(count));
	assert_int_equal(count, 1);
	mailbox_done(&mailbox);
}

static void test_out_of_memory(void **unused)
{
	struct mailbox mailbox;
	uint32_t room = 0;

	(void)unused;
	assert_int_equal(mailbox_init(&mailbox), 0);
	is_memory_out = true;
	assert_int_equal(post(&mailbox, 0), -ENOMEM);
	assert_false(is_awake(&mailbox));
	is_memory_out = false;
	assert_int_equal(post(&mailbox, room++), 0);
	is_memory_out = true;
	while (post(&mailbox, room) == 0)
		room++;
	is_memory_out = false;
	assert_int_equal(take(&mailbox, 0), room);
	mailbox_done(&mailbox);
}

struct writer {
	struct mailbox *mailbox;
	uint32_t number;
	pthread_t thread;
};

static void *write_letters(void *arg)
{
	const struct writer *writer = arg;

	for (uint32_t i = 0; i < LETTERS; i++)
		if (post(writer->mailbox, writer->number * LETTERS + i))
			return arg;
	return NULL;
}

/* Each writer's letters come in its order. */
static void read_letters(struct mailbox *mailbox)
{
	uint32_t next[WRITERS] = { 0 };
	uint32_t count = 0;

	while (count < WRITERS * LETTERS) {
		struct pollfd poller = { .fd = mailbox->wake_fd,
					 .events = POLLIN };
		struct mail_batch batch;

		assert_int_equal(poll(&poller, 1, 20000), 1);
		batch = mailbox_take(mailbox);
		for (size_t i = 0; i < batch.count; i++) {
			uint32_t letter = batch.letters[i].spread_ms;

			assert_int_equal(letter % LETTERS,
					 next[letter / LETTERS]++);
		}
		count += (uint32_t)batch.count;
		free(batch.letters);
	}
}

static void test_many_writers(void **unused)
{
	struct writer writers[WRITERS];
	struct mailbox mailbox;
	void *failed;

	(void)unused;
	assert_int_equal(mailbox_init(&mailbox), 0);
	for (uint32_t i = 0; i < WRITERS; i++) {
		writers[i] =
			(struct writer){ .mailbox = &mailbox, .number = i };
		assert_int_equal(pthread_create(&writers[i].thread, NULL,
						write_letters, &writers[i]),
				 0);
	}
	read_letters(&mailbox);
	for (uint32_t i = 0; i < WRITERS; i++) {
		assert_int_equal(pthread_join(writers[i].thread, &failed), 0);
		assert_null(failed);
	}
	mailbox_done(&mailbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_growth),
		cmocka_unit_test(test_wakes_while_letters_wait),
		cmocka_unit_test(test_wakes_once),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_many_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
