/* SPDX-License-Identifier: MIT */
/* Intrusive doubly linked lists: a node is a field of what it links. */

#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A node, and likewise the head of a list.  A head that is alone points at
 * itself.  Lists own nothing; one thread at a time.
 */
struct list {
	struct list *next;
	struct list *prev;
};

/* The object of `type` whose field `member` is the node `node`. */
#define list_entry(node, type, member) \
	((type *)(void *)((char *)(node) - offsetof(type, member)))

/* Makes `list` an empty head, or a node that is in no list. */
static inline void list_init(struct list *list)
{
	list->next = list;
	list->prev = list;
}

/* Whether a head has no nodes (or a node is in no list). */
static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

/* Puts `node`, which is in no list, at the end of the list of `head`. */
static inline void list_append(struct list *head, struct list *node)
{
	node->next = head;
	node->prev = head->prev;
	head->prev->next = node;
	head->prev = node;
}

/* Takes `node` out of its list, if it is in one. */
static inline void list_remove(struct list *node)
{
	node->next->prev = node->prev;
	node->prev->next = node->next;
	list_init(node);
}

/* Moves all nodes of the list of `from` to `ret`, an uninitialised head. */
static inline void list_take_all(struct list *from, struct list *ret)
{
	list_init(ret);
	if (list_is_empty(from))
		return;
	*ret = *from;
	ret->next->prev = ret;
	ret->prev->next = ret;
	list_init(from);
}

/*
 * Walks the nodes of `head`; the current one may be taken out meanwhile,
 * others may not.
 */
#define list_each(head, node, after)                                        \
	for (struct list *node = (head)->next, *after = node->next;         \
	     node != (head); node = after, after = node->next)

#endif
