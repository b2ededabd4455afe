/*
 * Red-black trees.
 *
 * A binary search tree in which each node is red or black, and
 *	(1) the root is black,
 *	(2) a red node has no red child,
 *	(3) every path from a node down to an empty place crosses the same number of black nodes.
 * So the longest path is at most twice the shortest. Empty places (NULL) count as black.
 *
 * Insertion hangs in a red node, which can break only (2), or (1). It then moves the problem upwards
 * by recolouring while the uncle is red, and ends it with one or two rotations when the uncle is black.
 *
 * Removal takes out a node with at most one child (a node with two children first changes places with
 * its successor). If that node was black, the paths through its place are one black node short, which
 * breaks (3). The shortage moves up while the sibling can give up its black, and ends when a red node
 * can be painted black or a rotation moves a black node over:
 *
 *	sibling red			rotate it up: the sibling is black then
 *	sibling and nephews black	sibling becomes red, the shortage moves to the parent
 *	near nephew red, far black	rotate the sibling: the far nephew is red then
 *	far nephew red			rotate the sibling up, far nephew becomes black: done
 */
#include "lib/rbtree.h"

#define COLOR_MASK ((uintptr_t)1)
#define RED	   ((uintptr_t)0)
#define BLACK	   ((uintptr_t)1)
/* Deeper than any tree that obeys the rules in a 64-bit address space. */
#define MAX_DEPTH 128

static bool
is_black(const struct rb_node *node)
{
	return !node || (node->parent_color & COLOR_MASK) == BLACK;
}

static bool
is_red(const struct rb_node *node)
{
	return !is_black(node);
}

static void
set_color(struct rb_node *node, uintptr_t color)
{
	node->parent_color = (node->parent_color & ~COLOR_MASK) | color;
}

static void
set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->parent_color = (uintptr_t)parent | (node->parent_color & COLOR_MASK);
}

/* Where the pointer to the child `node` of `parent` is kept. */
static struct rb_node **
child_link(struct rb_node *node, struct rb_node *parent, struct rb_root *root)
{
	if (!parent)
		return &root->node;
	return parent->left == node ? &parent->left : &parent->right;
}

/*
 *	    x		  y
 *	   / \		 / \
 *	  a   y	  -->	x   c
 *	     / \       / \
 *	    b   c     a   b
 */
static void
rotate_left(struct rb_node *x, struct rb_root *root)
{
	struct rb_node *parent = rb_parent(x);
	struct rb_node *y = x->right;

	*child_link(x, parent, root) = y;
	set_parent(y, parent);
	x->right = y->left;
	if (x->right)
		set_parent(x->right, x);
	y->left = x;
	set_parent(x, y);
}

static void
rotate_right(struct rb_node *x, struct rb_root *root)
{
	struct rb_node *parent = rb_parent(x);
	struct rb_node *y = x->left;

	*child_link(x, parent, root) = y;
	set_parent(y, parent);
	x->left = y->right;
	if (x->left)
		set_parent(x->left, x);
	y->right = x;
	set_parent(x, y);
}

static void
rotate(struct rb_node *x, bool left, struct rb_root *root)
{
	if (left)
		rotate_left(x, root);
	else
		rotate_right(x, root);
}

static struct rb_node *
child(const struct rb_node *node, bool left)
{
	return left ? node->left : node->right;
}

void
rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *parent;

	while (is_red(parent = rb_parent(node))) {
		struct rb_node *grand = rb_parent(parent);
		bool is_left = parent == grand->left;
		struct rb_node *uncle = child(grand, !is_left);

		if (is_red(uncle)) {
			set_color(parent, BLACK);
			set_color(uncle, BLACK);
			set_color(grand, RED);
			node = grand;
			continue;
		}
		if (node == child(parent, !is_left)) {
			rotate(parent, is_left, root);
			parent = node;
		}
		set_color(parent, BLACK);
		set_color(grand, RED);
		rotate(grand, !is_left, root);
		break;
	}
	set_color(root->node, BLACK);
}

void
rb_insert(struct rb_root *root, struct rb_node *node, rb_compare_t compare)
{
	struct rb_node **link = &root->node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		link = compare(node, parent) < 0 ? &parent->left : &parent->right;
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, root);
}

/* The paths through the place `node` (maybe empty) below `parent` lack one black node. */
static void
erase_color(struct rb_node *node, struct rb_node *parent, struct rb_root *root)
{
	while (parent && is_black(node)) {
		bool is_left = parent->left == node;
		struct rb_node *sibling = child(parent, !is_left);

		if (is_red(sibling)) {
			set_color(sibling, BLACK);
			set_color(parent, RED);
			rotate(parent, is_left, root);
			sibling = child(parent, !is_left);
		}
		if (is_black(sibling->left) && is_black(sibling->right)) {
			set_color(sibling, RED);
			node = parent;
			parent = rb_parent(node);
			continue;
		}
		if (is_black(child(sibling, !is_left))) {
			set_color(child(sibling, is_left), BLACK);
			set_color(sibling, RED);
			rotate(sibling, !is_left, root);
			sibling = child(parent, !is_left);
		}
		set_color(sibling, parent->parent_color & COLOR_MASK);
		set_color(parent, BLACK);
		set_color(child(sibling, !is_left), BLACK);
		rotate(parent, is_left, root);
		return;
	}
	if (node)
		set_color(node, BLACK);
}

void
rb_replace(struct rb_node *old, struct rb_node *node, struct rb_root *root)
{
	*child_link(old, rb_parent(old), root) = node;
	if (old->left)
		set_parent(old->left, node);
	if (old->right)
		set_parent(old->right, node);
	*node = *old;
	rb_clear_node(old);
}

/* Takes out a node that has at most one child. */
static void
unlink_single(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *parent = rb_parent(node);
	struct rb_node *only = node->left ? node->left : node->right;

	*child_link(node, parent, root) = only;
	if (only)
		set_parent(only, parent);
	if (is_black(node))
		erase_color(only, parent, root);
	rb_clear_node(node);
}

void
rb_erase(struct rb_node *node, struct rb_root *root)
{
	if (node->left && node->right) {
		struct rb_node *next = rb_next(node);

		unlink_single(next, root);
		rb_replace(node, next, root);
	} else {
		unlink_single(node, root);
	}
}

static struct rb_node *
leftmost(struct rb_node *node)
{
	while (node && node->left)
		node = node->left;
	return node;
}

static struct rb_node *
rightmost(struct rb_node *node)
{
	while (node && node->right)
		node = node->right;
	return node;
}

struct rb_node *
rb_first(const struct rb_root *root)
{
	return leftmost(root->node);
}

struct rb_node *
rb_last(const struct rb_root *root)
{
	return rightmost(root->node);
}

struct rb_node *
rb_next(const struct rb_node *node)
{
	if (node->right)
		return leftmost(node->right);

	struct rb_node *parent = rb_parent(node);

	while (parent && node == parent->right) {
		node = parent;
		parent = rb_parent(node);
	}
	return parent;
}

struct rb_node *
rb_prev(const struct rb_node *node)
{
	if (node->left)
		return rightmost(node->left);

	struct rb_node *parent = rb_parent(node);

	while (parent && node == parent->left) {
		node = parent;
		parent = rb_parent(node);
	}
	return parent;
}

/* A node without children below (or at) this one. */
static struct rb_node *
deepest_first(struct rb_node *node)
{
	while (node && (node->left || node->right))
		node = node->left ? node->left : node->right;
	return node;
}

struct rb_node *
rb_first_postorder(const struct rb_root *root)
{
	return deepest_first(root->node);
}

struct rb_node *
rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = rb_parent(node);

	if (parent && node == parent->left && parent->right)
		return deepest_first(parent->right);
	return parent;
}

/* The number of black nodes from here to the root; -1 if the path is no path. */
static int
black_depth(const struct rb_node *node)
{
	int blacks = 0, depth = 0;

	for (; node; node = rb_parent(node)) {
		const struct rb_node *parent = rb_parent(node);

		if (++depth > MAX_DEPTH)
			return -1;
		if (parent && parent->left != node && parent->right != node)
			return -1;
		blacks += is_black(node);
	}
	return blacks;
}

static bool
node_is_sound(const struct rb_node *node, int *height)
{
	int blacks = black_depth(node);

	if (blacks < 0 || (node->left && rb_parent(node->left) != node) ||
	    (node->right && rb_parent(node->right) != node))
		return false;
	if (is_red(node) && (is_red(node->left) || is_red(node->right)))
		return false;
	if (node->left && node->right)
		return true;
	if (*height < 0)
		*height = blacks;
	return blacks == *height;
}

ssize_t
rb_check(const struct rb_root *root, rb_compare_t compare)
{
	const struct rb_node *prev = NULL;
	const struct rb_node *node;
	ssize_t count = 0;
	int height = -1;

	if (root->node && (rb_parent(root->node) || is_red(root->node)))
		return -1;
	rb_for_each(node, root)
	{
		if (!node_is_sound(node, &height))
			return -1;
		if (prev && compare && compare(prev, node) > 0)
			return -1;
		prev = node;
		count++;
	}
	return count;
}
