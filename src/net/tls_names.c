/* SPDX-License-Identifier: MIT */
/* Which certificates serve which host name. */

#include "net/tls_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

/* The position of a key's type in a set. */
static size_t slot_of(const struct tls_certificate *certificate)
{
	switch (certificate->key_type) {
	case EVP_PKEY_EC:
		return 0;
	case EVP_PKEY_RSA:
		return 1;
	case EVP_PKEY_ED25519:
		return 2;
	default:
		return 3;
	}
}

static bool has_name(const struct tls_certificate *certificate,
		     const char *name)
{
	for (size_t i = 0; i < certificate->name_count; i++)
		if (!strcmp(certificate->names[i], name))
			return true;
	return false;
}

/* "*.example.org" for "www.example.org"; false if there is none. */
static bool make_wildcard(const char *name, char ret[TLS_NAME_SIZE])
{
	const char *dot = strchr(name, '.');

	if (!dot || name[0] == '*' || strlen(dot) + 2 > TLS_NAME_SIZE)
		return false;
	ret[0] = '*';
	memcpy(ret + 1, dot, strlen(dot) + 1);
	return true;
}

static void add_to_set(struct tls_names_set *set, const char *name,
		       const struct tls_certificate *certificates, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t *slot = &set->certificates[slot_of(&certificates[i])];

		if (*slot == TLS_NAMES_NONE && has_name(&certificates[i], name))
			*slot = i;
	}
}

static struct tls_names_set
make_set(const char *name, const struct tls_certificate *certificates,
	 size_t count)
{
	struct tls_names_set set;
	char wildcard[TLS_NAME_SIZE];

	for (size_t i = 0; i < TLS_NAMES_TYPES; i++)
		set.certificates[i] = TLS_NAMES_NONE;
	add_to_set(&set, name, certificates, count);
	if (make_wildcard(name, wildcard))
		add_to_set(&set, wildcard, certificates, count);
	return set;
}

/* The first certificate, and those of other types that share its name. */
static struct tls_names_set
make_default(const struct tls_certificate *certificates, size_t count)
{
	const struct tls_certificate *first = &certificates[0];
	struct tls_names_set set =
		make_set(first->name_count ? first->names[0] : "",
			 certificates, count);

	set.certificates[slot_of(first)] = 0;
	return set;
}

/* The number of an equal set, of a new one if there is none. */
static size_t number_of(struct tls_names *names,
			const struct tls_names_set *set)
{
	for (size_t i = 0; i < names->set_count; i++)
		if (!memcmp(&names->sets[i], set, sizeof(*set)))
			return i;
	names->sets[names->set_count] = *set;
	return names->set_count++;
}

static bool has_entry(const struct tls_names *names, const char *name)
{
	for (size_t i = 0; i < names->entry_count; i++)
		if (!strcmp(names->entries[i].name, name))
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	const struct tls_names_entry *one = a;
	const struct tls_names_entry *other = b;

	return strcmp(one->name, other->name);
}

static size_t count_names(const struct tls_certificate *certificates,
			  size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += certificates[i].name_count;
	return sum;
}

static void add_names(struct tls_names *names,
		      const struct tls_certificate *one,
		      const struct tls_certificate *certificates, size_t count)
{
	for (size_t i = 0; i < one->name_count; i++) {
		struct tls_names_set set;

		if (has_entry(names, one->names[i]))
			continue;
		set = make_set(one->names[i], certificates, count);
		names->entries[names->entry_count++] =
			(struct tls_names_entry){
				.name = one->names[i],
				.set = number_of(names, &set),
			};
	}
}

int tls_names_init(struct tls_names *names,
		   const struct tls_certificate *certificates, size_t count)
{
	size_t sum = count_names(certificates, count);
	struct tls_names_set set = make_default(certificates, count);

	/* One more each: the default's set, and no allocation of nothing. */
	names->set_count = 0;
	names->entry_count = 0;
	names->sets = calloc(sum + 1, sizeof(*names->sets));
	names->entries = calloc(sum + 1, sizeof(*names->entries));
	if (!names->sets || !names->entries) {
		tls_names_done(names);
		return -ENOMEM;
	}
	number_of(names, &set);
	for (size_t i = 0; i < count; i++)
		add_names(names, &certificates[i], certificates, count);
	qsort(names->entries, names->entry_count, sizeof(*names->entries),
	      compare);
	return 0;
}

void tls_names_done(struct tls_names *names)
{
	free(names->sets);
	free(names->entries);
	memset(names, 0, sizeof(*names));
}

static const struct tls_names_entry *look_up(const struct tls_names *names,
					     const char *name)
{
	struct tls_names_entry key = { .name = name };

	return bsearch(&key, names->entries, names->entry_count, sizeof(key),
		       compare);
}

size_t tls_names_find(const struct tls_names *names, const char *host)
{
	const struct tls_names_entry *found;
	char name[TLS_NAME_SIZE];
	char wildcard[TLS_NAME_SIZE];
	size_t len = strlen(host);

	if (len && host[len - 1] == '.')
		len--;
	if (!len || len >= sizeof(name))
		return 0;
	for (size_t i = 0; i < len; i++)
		name[i] = ascii_lower(host[i]);
	name[len] = '\0';
	found = look_up(names, name);
	if (!found && make_wildcard(name, wildcard))
		found = look_up(names, wildcard);
	return found ? found->set : 0;
}
