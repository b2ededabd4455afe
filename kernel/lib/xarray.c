/*
 * The sparse array is a radix tree with 64 slots per node:
 *
 *	xarray: head, height 2
 *	          |
 *	        node  shift 6: slot = index bits 6..11
 *	        /   \
 *	     node   node  shift 0: slot = index bits 0..5
 *	     / | \     \
 *	    entries     entry
 *
 * It is only as high as its highest index needs: indices 0..63 one node, an entry at index 0 alone
 * none at all (it is `head` itself). Most files are that small.
 *
 * Each node has a bitmap for "present" and one for each mark. In a leaf a bit belongs to the entry; above,
 * it says whether any entry below has it. So finding the next entry and the next dirty entry are
 * the same walk over a different bitmap.
 *
 * Invariants (xa_check): a slot is NULL exactly if its present bit is clear; a mark implies present; a
 * bit of an inner node is the OR of the child's bitmap; no node is empty; the root is not one that
 * has slot 0 alone, for then it would be one level lower.
 *
 * A store that needs new nodes allocates all of them before it changes anything, so that it fails
 * cleanly.
 */
#include "lib/xarray.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"

#define SLOT_MASK  (XA_SLOTS - 1)
#define MAX_HEIGHT DIV_ROUND_UP(64, XA_SLOT_BITS)

STATIC_ASSERT(XA_SLOTS == 64);

/* The shift of a node at `level`, counted from 1 for a leaf. */
static unsigned
level_shift(unsigned level)
{
	return (level - 1) * XA_SLOT_BITS;
}

/* The height that an index needs. */
static unsigned
index_height(u64 index)
{
	return DIV_ROUND_UP(fls64(index), XA_SLOT_BITS);
}

static bool
index_fits(const struct xarray *xa, u64 index)
{
	return xa->height == MAX_HEIGHT || index >> (xa->height * XA_SLOT_BITS) == 0;
}

static unsigned
slot_of(const struct xa_node *node, u64 index)
{
	return (index >> node->shift) & SLOT_MASK;
}

/* The leaf that has (or would have) a slot for `index`, or NULL. Not for height 0. */
static struct xa_node *
leaf_find(const struct xarray *xa, u64 index)
{
	struct xa_node *node = xa->head;

	if (!index_fits(xa, index))
		return NULL;
	while (node && node->shift != 0)
		node = node->slots[slot_of(node, index)];
	return node;
}

void *
xa_load_deep(const struct xarray *xa, u64 index)
{
	const struct xa_node *leaf = leaf_find(xa, index);

	return leaf ? leaf->slots[index & SLOT_MASK] : NULL;
}

void *const *
xa_load_run(const struct xarray *xa, u64 index, unsigned *nr)
{
	const struct xa_node *leaf;

	if (xa->height == 0) {
		*nr = index == 0 ? 1 : XA_SLOTS;
		return index == 0 ? &xa->head : NULL;
	}
	leaf = leaf_find(xa, index);
	*nr = XA_SLOTS - (index & SLOT_MASK);
	return leaf ? &leaf->slots[index & SLOT_MASK] : NULL;
}

/* Sets a bit of a slot, and above it. */
static void
bit_set(struct xa_node *node, unsigned slot, enum xa_mark mark)
{
	while (node && !(node->bits[mark] & BIT(slot))) {
		node->bits[mark] |= BIT(slot);
		slot = node->offset;
		node = node->parent;
	}
}

/* Clears a bit of a slot, and above it where it was the last. */
static void
bit_clear(struct xa_node *node, unsigned slot, enum xa_mark mark)
{
	while (node && (node->bits[mark] & BIT(slot))) {
		node->bits[mark] &= ~BIT(slot);
		if (node->bits[mark] != 0)
			break;
		slot = node->offset;
		node = node->parent;
	}
}

/* How many nodes must be added before `index` has a slot. */
static unsigned
nodes_missing(const struct xarray *xa, u64 index)
{
	unsigned height = MAX(index_height(index), (unsigned)xa->height);

	if (!xa->head)
		return height;
	/* New roots above the old tree, and a whole branch below the topmost. */
	if (height > xa->height)
		return height - xa->height + height - 1;

	const struct xa_node *node = xa->head;

	for (unsigned level = height; level > 1; level--) {
		node = node->slots[slot_of(node, index)];
		if (!node)
			return level - 1;
	}
	return 0;
}

/* A chain of free nodes, linked by `parent`. */
static struct xa_node *
chain_pop(struct xa_node **chain)
{
	struct xa_node *node = *chain;

	*chain = node->parent;
	memset(node, 0, sizeof(*node));
	return node;
}

static void
chain_free(struct xa_node *chain)
{
	while (chain) {
		struct xa_node *next = chain->parent;

		xa_node_free(chain);
		chain = next;
	}
}

/* Allocates `nr` nodes, or none: -ENOMEM. */
static int
chain_alloc(struct xa_node **chain, unsigned nr)
{
	*chain = NULL;
	while (nr-- != 0) {
		struct xa_node *node = xa_node_alloc();

		if (!node) {
			chain_free(*chain);
			return -ENOMEM;
		}
		node->parent = *chain;
		*chain = node;
	}
	return 0;
}

/* Puts a new root above the old one (or above the entry at index 0). */
static void
grow(struct xarray *xa, struct xa_node *root)
{
	if (xa->height == 0) {
		for (unsigned mark = 0; mark < XA_NR_BITMAPS; mark++)
			root->bits[mark] = xa->head_bits >> mark & 1;
		xa->head_bits = 0;
	} else {
		struct xa_node *old = xa->head;

		for (unsigned mark = 0; mark < XA_NR_BITMAPS; mark++)
			root->bits[mark] = old->bits[mark] != 0;
		old->parent = root;
	}
	root->slots[0] = xa->head;
	xa->height++;
	root->shift = level_shift(xa->height);
	xa->head = root;
}

/* Makes the branch for `index` with nodes from the chain, which are just enough. Returns the leaf. */
static struct xa_node *
branch_make(struct xarray *xa, u64 index, struct xa_node **chain)
{
	void **link = &xa->head;
	struct xa_node *parent = NULL;

	for (unsigned level = xa->height; level > 0; level--) {
		if (!*link) {
			struct xa_node *node = chain_pop(chain);

			node->parent = parent;
			node->shift = level_shift(level);
			node->offset = parent ? slot_of(parent, index) : 0;
			*link = node;
		}
		parent = *link;
		link = &parent->slots[slot_of(parent, index)];
	}
	return parent;
}

/* Stores at an empty index. */
static int
store_new(struct xarray *xa, u64 index, void *entry)
{
	unsigned height = index_height(index);
	struct xa_node *chain;

	if (chain_alloc(&chain, nodes_missing(xa, index)))
		return -ENOMEM;
	if (!xa->head)
		xa->height = height;
	while (xa->height < height)
		grow(xa, chain_pop(&chain));
	if (xa->height == 0) {
		xa->head = entry;
		xa->head_bits = BIT(XA_PRESENT);
		return 0;
	}

	struct xa_node *leaf = branch_make(xa, index, &chain);

	leaf->slots[index & SLOT_MASK] = entry;
	bit_set(leaf, index & SLOT_MASK, XA_PRESENT);
	return 0;
}

int
xa_store(struct xarray *xa, u64 index, void *entry)
{
	if (!entry) {
		xa_erase(xa, index);
		return 0;
	}
	if (!xa_load(xa, index))
		return store_new(xa, index, entry);
	if (xa->height == 0)
		xa->head = entry;
	else
		leaf_find(xa, index)->slots[index & SLOT_MASK] = entry;
	return 0;
}

int
xa_insert(struct xarray *xa, u64 index, void *entry)
{
	return xa_load(xa, index) ? -EEXIST : store_new(xa, index, entry);
}

static NOINLINE void
marks_clear(struct xa_node *leaf, unsigned slot)
{
	for (unsigned mark = 0; mark < XA_NR_MARKS; mark++)
		bit_clear(leaf, slot, mark);
}

/* The last entry of a leaf is gone, and all its bits but this: frees the empty nodes, from the leaf up. */
static NOINLINE void
prune(struct xarray *xa, struct xa_node *node, unsigned slot)
{
	bit_clear(node, slot, XA_PRESENT);
	while (node && node->bits[XA_PRESENT] == 0) {
		struct xa_node *parent = node->parent;

		if (parent)
			parent->slots[node->offset] = NULL;
		else
			xa->head = NULL;
		xa_node_free(node);
		node = parent;
	}
	if (!xa->head)
		xa->height = 0;
}

/* Is there a root that has slot 0 alone? */
static bool
root_needless(const struct xarray *xa)
{
	return xa->height > 0 && ((const struct xa_node *)xa->head)->bits[XA_PRESENT] == BIT(0);
}

static NOINLINE void
shrink(struct xarray *xa)
{
	while (root_needless(xa)) {
		struct xa_node *root = xa->head;

		xa->head = root->slots[0];
		if (--xa->height > 0) {
			((struct xa_node *)xa->head)->parent = NULL;
		} else {
			for (unsigned mark = 0; mark < XA_NR_BITMAPS; mark++)
				xa->head_bits |= (root->bits[mark] & 1) << mark;
		}
		xa_node_free(root);
	}
}

/* The entry at index 0 of an array without nodes. */
static void *
erase_head(struct xarray *xa, u64 index)
{
	void *entry = xa_load(xa, index);

	if (entry)
		xa_init(xa);
	return entry;
}

void *
xa_erase(struct xarray *xa, u64 index)
{
	unsigned slot = index & SLOT_MASK;
	struct xa_node *leaf;
	void *entry;

	if (unlikely(xa->height == 0))
		return erase_head(xa, index);
	leaf = leaf_find(xa, index);
	entry = leaf ? leaf->slots[slot] : NULL;
	if (!entry)
		return NULL;
	leaf->slots[slot] = NULL;
	if (unlikely((leaf->bits[XA_MARK_0] | leaf->bits[XA_MARK_1] | leaf->bits[XA_MARK_2]) &
		     BIT(slot)))
		marks_clear(leaf, slot);
	if (unlikely(leaf->bits[XA_PRESENT] == BIT(slot)))
		prune(xa, leaf, slot);
	else
		leaf->bits[XA_PRESENT] &= ~BIT(slot);
	if (unlikely(root_needless(xa)))
		shrink(xa);
	return entry;
}

/*
 * The walk of all finds. At each node it takes the next slot whose bit is set, goes down if it is not
 * a leaf, and up (to the following slot) if there is none. `index` is always the lowest index that has
 * not been ruled out.
 */
static void *
find(const struct xarray *xa, u64 *from, u64 max, enum xa_mark mark)
{
	u64 index = *from;
	const struct xa_node *node = xa->head;

	if (index > max || !index_fits(xa, index) || !node)
		return NULL;
	if (xa->height == 0)
		return xa->head_bits & BIT(mark) ? xa->head : NULL;
	while (node) {
		unsigned slot = slot_of(node, index);
		u64 bits = node->bits[mark] & ~0UL << slot;

		if (bits != 0) {
			unsigned next = ctz64(bits);

			/* Where the slot is another one, its first index; the bits above stay. */
			if (next != slot)
				index = ((index >> node->shift) + next - slot) << node->shift;
			if (index > max)
				return NULL;
			if (node->shift == 0) {
				*from = index;
				return node->slots[next];
			}
			node = node->slots[next];
			continue;
		}
		/* The first index behind this node; 0 behind the last of all, which ends the walk. */
		index = (index >> node->shift | SLOT_MASK) + 1;
		index <<= node->shift;
		do
			node = node->parent;
		while (node && slot_of(node, index) == 0);
	}
	return NULL;
}

void *
xa_find_marked(const struct xarray *xa, u64 *index, u64 max, enum xa_mark mark)
{
	return find(xa, index, max, mark);
}

void *
xa_find(const struct xarray *xa, u64 *index, u64 max)
{
	return find(xa, index, max, XA_PRESENT);
}

void *
xa_find_marked_after(const struct xarray *xa, u64 *index, u64 max, enum xa_mark mark)
{
	u64 next = *index + 1;
	void *entry = next != 0 ? find(xa, &next, max, mark) : NULL;

	if (entry)
		*index = next;
	return entry;
}

void *
xa_find_after(const struct xarray *xa, u64 *index, u64 max)
{
	return xa_find_marked_after(xa, index, max, XA_PRESENT);
}

void
xa_set_mark(struct xarray *xa, u64 index, enum xa_mark mark)
{
	if (!xa_load(xa, index))
		return;
	if (xa->height == 0)
		xa->head_bits |= BIT(mark);
	else
		bit_set(leaf_find(xa, index), index & SLOT_MASK, mark);
}

void
xa_clear_mark(struct xarray *xa, u64 index, enum xa_mark mark)
{
	if (!xa_load(xa, index))
		return;
	if (xa->height == 0)
		xa->head_bits &= ~BIT(mark);
	else
		bit_clear(leaf_find(xa, index), index & SLOT_MASK, mark);
}

bool
xa_get_mark(const struct xarray *xa, u64 index, enum xa_mark mark)
{
	if (xa->height == 0)
		return index == 0 && (xa->head_bits & BIT(mark));

	const struct xa_node *leaf = leaf_find(xa, index);

	return leaf && (leaf->bits[mark] & BIT(index & SLOT_MASK));
}

bool
xa_is_marked(const struct xarray *xa, enum xa_mark mark)
{
	if (xa->height == 0)
		return xa->head_bits & BIT(mark);
	return ((const struct xa_node *)xa->head)->bits[mark] != 0;
}

void
xa_destroy(struct xarray *xa)
{
	struct xa_node *node = xa->height > 0 ? xa->head : NULL;

	while (node) {
		if (node->shift != 0 && node->bits[XA_PRESENT] != 0) {
			unsigned slot = ctz64(node->bits[XA_PRESENT]);

			node->bits[XA_PRESENT] &= ~BIT(slot);
			node = node->slots[slot];
			continue;
		}

		struct xa_node *parent = node->parent;

		xa_node_free(node);
		node = parent;
	}
	xa_init(xa);
}

/* Everything that xa_check() asks of one node but what is below it. */
static bool
node_is_sound(const struct xa_node *node)
{
	if (node->bits[XA_PRESENT] == 0)
		return false;
	for (unsigned slot = 0; slot < XA_SLOTS; slot++) {
		if (!!node->slots[slot] != (node->bits[XA_PRESENT] >> slot & 1))
			return false;
	}
	for (unsigned mark = 0; mark < XA_NR_MARKS; mark++) {
		if (node->bits[mark] & ~node->bits[XA_PRESENT])
			return false;
	}
	return true;
}

/* Does the node in a slot agree with its parent? */
static bool
child_is_sound(const struct xa_node *child, const struct xa_node *parent, unsigned slot)
{
	if (child->parent != parent || child->offset != slot ||
	    child->shift + XA_SLOT_BITS != parent->shift)
		return false;
	for (unsigned mark = 0; mark < XA_NR_BITMAPS; mark++) {
		if ((child->bits[mark] != 0) != (parent->bits[mark] >> slot & 1))
			return false;
	}
	return true;
}

/* Checks the nodes below and at `node`: at most MAX_HEIGHT levels of recursion. */
static ssize_t
subtree_check(const struct xa_node *node)
{
	ssize_t count = 0;

	if (!node_is_sound(node))
		return -1;
	if (node->shift == 0)
		return popcount64(node->bits[XA_PRESENT]);
	for (unsigned slot = 0; slot < XA_SLOTS; slot++) {
		const struct xa_node *child = node->slots[slot];

		if (!child)
			continue;

		ssize_t below = child_is_sound(child, node, slot) ? subtree_check(child) : -1;

		if (below < 0)
			return -1;
		count += below;
	}
	return count;
}

ssize_t
xa_check(const struct xarray *xa)
{
	if (xa->height == 0) {
		bool present = xa->head_bits & BIT(XA_PRESENT);

		if (present != !!xa->head || (!present && xa->head_bits != 0))
			return -1;
		return present;
	}

	const struct xa_node *root = xa->head;

	if (!root || xa->height > MAX_HEIGHT || xa->head_bits != 0 || root->parent ||
	    root->shift != level_shift(xa->height) || root->bits[XA_PRESENT] == BIT(0))
		return -1;
	return subtree_check(root);
}
