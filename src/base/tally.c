/* SPDX-License-Identifier: MIT */
/* Counters by name: one thread adds rows and counts, any other may read. */

#include "base/tally.h"

#include <stdlib.h>

/* FNV-1a: names come from the configuration, nobody plays with them. */
static size_t bucket_of(struct slice key)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ (uint8_t)key.data[i]) * 16777619u;
	return hash % TALLY_BUCKETS;
}

void tally_init(struct tally *tally, size_t max, struct slice rest_key)
{
	*tally = (struct tally){ .max = max, .rest = { .key = rest_key } };
}

void tally_done(struct tally *tally)
{
	for (size_t i = 0; i < TALLY_BUCKETS; i++) {
		struct tally_row *row = atomic_load(&tally->buckets[i]);

		while (row) {
			struct tally_row *next = atomic_load(&row->next);

			free(row);
			row = next;
		}
		atomic_store(&tally->buckets[i], NULL);
	}
	tally->count = 0;
}

static struct tally_row *row_new(struct slice key)
{
	/* A terminator behind it, for keys that are texts. */
	struct tally_row *row = calloc(1, sizeof(*row) + key.len + 1);
	char *copy;

	if (!row)
		return NULL;
	copy = (char *)(row + 1);
	if (key.len)
		memcpy(copy, key.data, key.len);
	row->key = slice_make(copy, key.len);
	return row;
}

struct tally_row *tally_row(struct tally *tally, struct slice key)
{
	struct tally_row *_Atomic *bucket = &tally->buckets[bucket_of(key)];
	struct tally_row *first =
		atomic_load_explicit(bucket, memory_order_relaxed);
	struct tally_row *row = first;

	while (row && !slice_equal(row->key, key))
		row = atomic_load_explicit(&row->next, memory_order_relaxed);
	if (row)
		return row;
	if (tally->count < tally->max && !slice_equal(key, tally->rest.key))
		row = row_new(key);
	if (!row)
		return &tally->rest;
	tally->count++;
	atomic_store_explicit(&row->next, first, memory_order_relaxed);
	/* Whoever sees the row sees what is in it. */
	atomic_store_explicit(bucket, row, memory_order_release);
	return row;
}

static bool is_used(const struct tally_row *row)
{
	for (size_t i = 0; i < TALLY_SLOTS; i++)
		if (counter_get(&row->at[i]))
			return true;
	return false;
}

void tally_each(const struct tally *tally,
		void (*visit)(void *arg, const struct tally_row *row),
		void *arg)
{
	for (size_t i = 0; i < TALLY_BUCKETS; i++) {
		const struct tally_row *row = atomic_load_explicit(
			&tally->buckets[i], memory_order_acquire);

		for (; row; row = atomic_load_explicit(&row->next,
						       memory_order_acquire))
			visit(arg, row);
	}
	if (is_used(&tally->rest))
		visit(arg, &tally->rest);
}
