/*
 * A red-black tree whose links live inside the elements: ordered sets with insertion, removal and
 * stepping in O(log n). Elements that compare equal are kept in the order of their insertion.
 *
 * The caller walks the tree itself to look things up, by whatever key it likes. It inserts either
 * with a comparison function (rb_insert), or by hand, where the compiler can inline the comparison:
 * walk down to an empty place, rb_link_node() there, rb_insert_color(). The caller locks.
 */
#pragma once

#include "lib/compiler.h"

struct rb_node {
	uintptr_t parent_color; /* the parent's address; bit 0 is the colour, 1 for black */
	struct rb_node *left, *right;
};

struct rb_root {
	struct rb_node *node;
};

#define RB_ROOT_INIT \
	{            \
		NULL \
	}

#define rb_entry(node, type, member) container_of(node, type, member)
/* NULL for no node. */
#define rb_entry_or_null(rb, type, member)                              \
	({                                                              \
		struct rb_node *rb_or_null = (rb);                      \
		rb_or_null ? rb_entry(rb_or_null, type, member) : NULL; \
	})

/* <0, 0 or >0 as a sorts before, with or after b. */
typedef int (*rb_compare_t)(const struct rb_node *a, const struct rb_node *b);

static inline struct rb_node *
rb_parent(const struct rb_node *node)
{
	return (struct rb_node *)(node->parent_color & ~(uintptr_t)1);
}

static inline bool
rb_is_empty(const struct rb_root *root)
{
	return root->node == NULL;
}

/* Marks a node as being in no tree; rb_erase() does it, too. */
static inline void
rb_clear_node(struct rb_node *node)
{
	node->parent_color = (uintptr_t)node;
	node->left = NULL;
	node->right = NULL;
}

static inline bool
rb_is_linked(const struct rb_node *node)
{
	return rb_parent(node) != node;
}

/* Hangs `node` into the empty place *link below `parent` (NULL for the root), in red. */
static inline void
rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	node->parent_color = (uintptr_t)parent;
	node->left = NULL;
	node->right = NULL;
	*link = node;
}

/* Restores the balance after rb_link_node(). */
void rb_insert_color(struct rb_node *node, struct rb_root *root);

/* Inserts after all elements that do not sort after it. */
void rb_insert(struct rb_root *root, struct rb_node *node, rb_compare_t compare);

/* Takes out a node that is in this tree. */
void rb_erase(struct rb_node *node, struct rb_root *root);

/* Puts `node` where `old` was; they must sort the same. `old` is in no tree then. */
void rb_replace(struct rb_node *old, struct rb_node *node, struct rb_root *root);

/* In order; NULL at the end (or for an empty tree). */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* The body may not change the tree. */
#define rb_for_each(rb, root) for (rb = rb_first(root); rb; rb = rb_next(rb))

/* Each element after its children, so that the body may free it; the tree is void afterwards. */
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

/*
 * Verifies links, colours, equal black heights and, if compare is not NULL, the order.
 * Returns the number of elements, or -1 if something is wrong.
 */
ssize_t rb_check(const struct rb_root *root, rb_compare_t compare);
