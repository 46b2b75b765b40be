/* SPDX-License-Identifier: MIT */
/* How many sessions an address or a route has, and how fast they come. */

#include "relay/admission.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

/* Locks, and so threads that seldom meet; chains of a shard. */
#define ADMISSION_SHARDS 16
#define ADMISSION_CHAINS 256

/* A rate is remembered this long after the last one that came. */
#define ADMISSION_MEMORY_US 1000000

/* A token of the bucket, in microseconds of one key's second. */
#define ADMISSION_SECOND_US 1000000

struct entry {
	struct list link; /* in its chain */
	struct admission_key key;
	uint32_t sessions;
	/*
	 * The bucket as a time (GCRA): the moment at which it is full again.
	 * Each session moves it on by a second / per_second; it may be at most
	 * one second ahead.
	 */
	uint64_t full_at_us;
};

struct shard {
	pthread_mutex_t lock;
	struct list chains[ADMISSION_CHAINS];
	size_t count;
};

struct admission {
	uint64_t seed;
	struct shard shards[ADMISSION_SHARDS];
};

struct admission *admission_new(void)
{
	struct admission *admission = calloc(1, sizeof(*admission));

	if (!admission)
		return NULL;
	/* Where the object lies is random enough to keep chains apart. */
	admission->seed = (uint64_t)(uintptr_t)admission;
	for (size_t i = 0; i < ADMISSION_SHARDS; i++) {
		struct shard *shard = &admission->shards[i];

		pthread_mutex_init(&shard->lock, NULL);
		for (size_t k = 0; k < ADMISSION_CHAINS; k++)
			list_init(&shard->chains[k]);
	}
	return admission;
}

static void chain_free(struct list *chain)
{
	list_each(chain, node, after)
		free(list_entry(node, struct entry, link));
}

void admission_free(struct admission **admission)
{
	struct admission *gone = *admission;

	*admission = NULL;
	if (!gone)
		return;
	for (size_t i = 0; i < ADMISSION_SHARDS; i++) {
		for (size_t k = 0; k < ADMISSION_CHAINS; k++)
			chain_free(&gone->shards[i].chains[k]);
		pthread_mutex_destroy(&gone->shards[i].lock);
	}
	free(gone);
}

bool admission_key_of_peer(const struct sockaddr_any *peer,
			   struct admission_key *ret_key)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct admission_key key = { .bytes = { 0 } };

	if (peer->sa.sa_family == AF_INET) {
		key.bytes[0] = 4;
		memcpy(key.bytes + 1, &peer->in.sin_addr, 4);
	} else if (peer->sa.sa_family == AF_INET6) {
		const uint8_t *address = peer->in6.sin6_addr.s6_addr;

		if (!memcmp(address, mapped, sizeof(mapped))) {
			key.bytes[0] = 4;
			memcpy(key.bytes + 1, address + 12, 4);
		} else {
			key.bytes[0] = 6;
			memcpy(key.bytes + 1, address, 8);
		}
	} else {
		return false;
	}
	*ret_key = key;
	return true;
}

/* FNV-1a over `len` bytes, beginning from `hash`. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

struct admission_key admission_key_of_route(const char *name)
{
	struct admission_key key = { .bytes = { 'r' } };
	size_t len = strlen(name);
	uint64_t low = hash_bytes(0xcbf29ce484222325, name, len);
	uint64_t high = hash_bytes(~low, name, len);

	memcpy(key.bytes + 1, &low, sizeof(low));
	memcpy(key.bytes + 9, &high, sizeof(high));
	return key;
}

/* The shard of a key, and by `*ret_chain` the chain in it. */
static struct shard *shard_of(struct admission *admission,
			      const struct admission_key *key,
			      struct list **ret_chain)
{
	uint64_t hash = hash_bytes(admission->seed, key, sizeof(*key));
	struct shard *shard;

	hash ^= hash >> 32;
	shard = &admission->shards[hash % ADMISSION_SHARDS];
	*ret_chain = &shard->chains[hash / ADMISSION_SHARDS % ADMISSION_CHAINS];
	return shard;
}

static void entry_remove(struct shard *shard, struct entry *entry)
{
	list_remove(&entry->link);
	free(entry);
	shard->count--;
}

/* Finds the key in its chain and forgets the others that are stale. */
static struct entry *chain_find(struct shard *shard, struct list *chain,
				const struct admission_key *key,
				uint64_t now_us)
{
	struct entry *found = NULL;

	list_each(chain, node, after) {
		struct entry *entry = list_entry(node, struct entry, link);

		if (!memcmp(&entry->key, key, sizeof(*key)))
			found = entry;
		else if (!entry->sessions &&
			 entry->full_at_us + ADMISSION_MEMORY_US < now_us)
			entry_remove(shard, entry);
	}
	return found;
}

static struct entry *entry_new(struct shard *shard, struct list *chain,
			       const struct admission_key *key)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->key = *key;
	list_append(chain, &entry->link);
	shard->count++;
	return entry;
}

/* Takes a token from the bucket; false when it is empty. */
static bool take_token(struct entry *entry, uint32_t per_second,
		       uint64_t now_us)
{
	uint64_t from_us = entry->full_at_us;
	uint64_t token_us;

	if (!per_second)
		return true;
	token_us = ADMISSION_SECOND_US / per_second;
	if (from_us < now_us)
		from_us = now_us;
	if (from_us + token_us > now_us + ADMISSION_SECOND_US)
		return false;
	entry->full_at_us = from_us + token_us;
	return true;
}

static enum admission_verdict entry_enter(struct entry *entry,
					  const struct admission_limits *limits,
					  uint64_t now_us)
{
	if (limits->sessions && entry->sessions >= limits->sessions)
		return ADMISSION_SESSIONS;
	if (!take_token(entry, limits->per_second, now_us))
		return ADMISSION_RATE;
	entry->sessions++;
	return ADMISSION_GRANTED;
}

enum admission_verdict admission_enter(struct admission *admission,
				       const struct admission_key *key,
				       const struct admission_limits *limits,
				       uint64_t now_us)
{
	enum admission_verdict verdict = ADMISSION_NO_MEMORY;
	struct list *chain;
	struct shard *shard = shard_of(admission, key, &chain);
	struct entry *entry;

	pthread_mutex_lock(&shard->lock);
	entry = chain_find(shard, chain, key, now_us);
	if (!entry)
		entry = entry_new(shard, chain, key);
	if (entry)
		verdict = entry_enter(entry, limits, now_us);
	pthread_mutex_unlock(&shard->lock);
	return verdict;
}

void admission_leave(struct admission *admission,
		     const struct admission_key *key)
{
	struct list *chain;
	struct shard *shard = shard_of(admission, key, &chain);
	struct entry *entry;

	pthread_mutex_lock(&shard->lock);
	entry = chain_find(shard, chain, key, 0);
	assert(entry && entry->sessions);
	/* One with a rate to remember goes when its chain is next walked. */
	if (--entry->sessions == 0 && !entry->full_at_us)
		entry_remove(shard, entry);
	pthread_mutex_unlock(&shard->lock);
}

void admission_leave_peer(struct admission *admission,
			  const struct sockaddr_any *peer)
{
	struct admission_key key;

	if (admission_key_of_peer(peer, &key))
		admission_leave(admission, &key);
}

size_t admission_key_count(struct admission *admission)
{
	size_t count = 0;

	for (size_t i = 0; i < ADMISSION_SHARDS; i++) {
		struct shard *shard = &admission->shards[i];

		pthread_mutex_lock(&shard->lock);
		count += shard->count;
		pthread_mutex_unlock(&shard->lock);
	}
	return count;
}
