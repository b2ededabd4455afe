/*
 * A circular doubly linked list whose links live inside the elements.
 *
 *      head <-> a.node <-> b.node <-> head
 *
 * An empty list is a head that points to itself, and so does a node that is on no list (after
 * list_init or list_del): list_is_linked() tells. No function locks; the owner of the list does.
 */
#pragma once

#include "lib/compiler.h"

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)     \
	{                        \
		&(name), &(name) \
	}
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void
list_init(struct list_head *node)
{
	node->next = node;
	node->prev = node;
}

/* Puts `node` between two neighbours. */
static inline void
list_insert(struct list_head *node, struct list_head *prev, struct list_head *next)
{
	node->prev = prev;
	node->next = next;
	prev->next = node;
	next->prev = node;
}

/* Puts `node`, which is on no list, first in `head` (or just after the element `head`). */
static inline void
list_add(struct list_head *node, struct list_head *head)
{
	list_insert(node, head, head->next);
}

/* Puts `node`, which is on no list, last in `head` (or just before the element `head`). */
static inline void
list_add_tail(struct list_head *node, struct list_head *head)
{
	list_insert(node, head->prev, head);
}

/* Takes `node` off its list and makes it unlinked. Harmless on a node that is on no list. */
static inline void
list_del(struct list_head *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

static inline void
list_move(struct list_head *node, struct list_head *head)
{
	list_del(node);
	list_add(node, head);
}

static inline void
list_move_tail(struct list_head *node, struct list_head *head)
{
	list_del(node);
	list_add_tail(node, head);
}

static inline bool
list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

/* Is this node (not a head) on some list? */
static inline bool
list_is_linked(const struct list_head *node)
{
	return !list_empty(node);
}

/* Exactly one element? */
static inline bool
list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

/* Moves all elements of `from` between `prev` and `next`; `from` becomes empty. */
static inline void
list_splice_between(struct list_head *from, struct list_head *prev, struct list_head *next)
{
	if (list_empty(from))
		return;
	from->next->prev = prev;
	prev->next = from->next;
	from->prev->next = next;
	next->prev = from->prev;
	list_init(from);
}

/* Moves all elements of `from`, in order, to the front of `head`; `from` becomes empty. */
static inline void
list_splice(struct list_head *from, struct list_head *head)
{
	list_splice_between(from, head, head->next);
}

/* Moves all elements of `from`, in order, to the end of `head`; `from` becomes empty. */
static inline void
list_splice_tail(struct list_head *from, struct list_head *head)
{
	list_splice_between(from, head->prev, head);
}

/* The number of elements: walks the list. */
static inline size_t
list_count(const struct list_head *head)
{
	size_t n = 0;

	for (const struct list_head *node = head->next; node != head; node = node->next)
		n++;
	return n;
}

/* The structure around a node. */
#define list_entry(node, type, member) container_of(node, type, member)
/* Of a list that is not empty. */
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)  list_entry((head)->prev, type, member)
/* NULL if the list is empty. */
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
/*
 * The node of an element. By address alone, as what a loop ends with is not an element but the head:
 * to name a member of that would be undefined.
 */
#define list_node_of(pos, member) \
	((struct list_head *)((char *)(pos) + offsetof(__typeof__(*(pos)), member)))

#define list_next_entry(pos, member) \
	list_entry(list_node_of(pos, member)->next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member) \
	list_entry(list_node_of(pos, member)->prev, __typeof__(*(pos)), member)

/* `pos` must stay on the list during the body. After the loop it is not an element. */
#define list_for_each_entry(pos, head, member)                       \
	for (pos = list_first_entry(head, __typeof__(*pos), member); \
	     list_node_of(pos, member) != (head); pos = list_next_entry(pos, member))

#define list_for_each_entry_reverse(pos, head, member)              \
	for (pos = list_last_entry(head, __typeof__(*pos), member); \
	     list_node_of(pos, member) != (head); pos = list_prev_entry(pos, member))

/* The body may take `pos` (but not its successor, held in `tmp`) off the list. */
#define list_for_each_entry_safe(pos, tmp, head, member)             \
	for (pos = list_first_entry(head, __typeof__(*pos), member), \
	    tmp = list_next_entry(pos, member);                      \
	     list_node_of(pos, member) != (head); pos = tmp, tmp = list_next_entry(tmp, member))
