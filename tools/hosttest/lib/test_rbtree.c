#include "hosttest.h"
#include "lib/compiler.h"
#include "lib/rbtree.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ITEMS 400

struct item {
	int key;
	int serial; /* order of insertion */
	struct rb_node rb;
};

/* The tree beside a sorted array of the same items. */
struct model {
	struct rb_root root;
	struct item *sorted[MAX_ITEMS];
	size_t nr;
};

static int
item_compare(const struct rb_node *a, const struct rb_node *b)
{
	const struct item *x = rb_entry(a, struct item, rb), *y = rb_entry(b, struct item, rb);

	return (x->key > y->key) - (x->key < y->key);
}

/* The other way to insert: the caller's own walk. */
static void
insert_by_hand(struct rb_root *root, struct item *item)
{
	struct rb_node **link = &root->node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = item->key < rb_entry(parent, struct item, rb)->key ? &parent->left
									  : &parent->right;
	}
	rb_link_node(&item->rb, parent, link);
	rb_insert_color(&item->rb, root);
}

static void
model_insert(struct model *model, int key)
{
	static int serial;
	struct item *item = malloc(sizeof(*item));
	size_t at = model->nr;

	item->key = key;
	item->serial = serial++;
	while (at > 0 && model->sorted[at - 1]->key > key)
		at--;
	memmove(model->sorted + at + 1, model->sorted + at, (model->nr - at) * sizeof(item));
	model->sorted[at] = item;
	model->nr++;
	if (rnd_one_in(2))
		rb_insert(&model->root, &item->rb, item_compare);
	else
		insert_by_hand(&model->root, item);
}

static void
model_erase(struct model *model, size_t at)
{
	struct item *item = model->sorted[at];

	CHECK(rb_is_linked(&item->rb));
	rb_erase(&item->rb, &model->root);
	CHECK(!rb_is_linked(&item->rb));
	free(item);
	model->nr--;
	memmove(model->sorted + at, model->sorted + at + 1, (model->nr - at) * sizeof(item));
}

static void
model_replace(struct model *model, size_t at)
{
	struct item *old = model->sorted[at], *item = malloc(sizeof(*item));

	*item = *old;
	rb_replace(&old->rb, &item->rb, &model->root);
	model->sorted[at] = item;
	free(old);
}

static void
model_compare(const struct model *model)
{
	struct rb_node *rb;
	size_t n = 0;

	CHECK_EQ(rb_check(&model->root, item_compare), model->nr);
	CHECK(rb_is_empty(&model->root) == (model->nr == 0));
	rb_for_each(rb, &model->root) CHECK(rb_entry(rb, struct item, rb) == model->sorted[n++]);
	CHECK_EQ(n, model->nr);
	for (rb = rb_last(&model->root); rb; rb = rb_prev(rb))
		CHECK(rb_entry(rb, struct item, rb) == model->sorted[--n]);
	CHECK_EQ(n, 0);
	CHECK(rb_entry_or_null(rb_first(&model->root), struct item, rb) ==
	      (model->nr ? model->sorted[0] : NULL));
}

static void
model_free(struct model *model)
{
	struct rb_node *next = rb_first_postorder(&model->root);
	size_t n = 0;

	while (next) {
		struct item *item = rb_entry(next, struct item, rb);

		next = rb_next_postorder(next);
		free(item);
		n++;
	}
	CHECK_EQ(n, model->nr);
}

/* The balance of insertions and removals, the range of keys, how many at most. */
static void
run_model(unsigned insert_of_10, int nr_keys, size_t max, int steps)
{
	struct model model = {.root = RB_ROOT_INIT};

	for (int step = 0; step < steps; step++) {
		bool insert = model.nr == 0 || (model.nr < max && rnd_below(10) < insert_of_10);

		if (insert)
			model_insert(&model, (int)rnd_below(nr_keys));
		else if (rnd_one_in(8))
			model_replace(&model, rnd_below(model.nr));
		else
			model_erase(&model, rnd_below(model.nr));
		model_compare(&model);
	}
	model_free(&model);
}

HOSTTEST(rbtree_model_small)
{
	for (int i = 0; i < 400; i++)
		run_model(5, 6, 12, 60);
}

HOSTTEST(rbtree_model_large)
{
	run_model(6, 1000, MAX_ITEMS, 4000);
	run_model(9, 20, MAX_ITEMS, 1500);
}

HOSTTEST(rbtree_ascending_and_descending)
{
	for (int direction = -1; direction <= 1; direction += 2) {
		struct model model = {.root = RB_ROOT_INIT};

		for (int i = 0; i < 300; i++) {
			model_insert(&model, direction * i);
			model_compare(&model);
		}
		while (model.nr != 0) {
			model_erase(&model, direction < 0 ? 0 : model.nr - 1);
			model_compare(&model);
		}
	}
}

/* The checker must see what is wrong. */
HOSTTEST(rbtree_check_sees_damage)
{
	struct model model = {.root = RB_ROOT_INIT};

	for (int i = 0; i < 30; i++)
		model_insert(&model, i);

	struct rb_node *first = rb_first(&model.root), *root = model.root.node;

	first->parent_color ^= 1;
	CHECK_EQ(rb_check(&model.root, item_compare), -1);
	first->parent_color ^= 1;
	root->parent_color ^= 1;
	CHECK_EQ(rb_check(&model.root, item_compare), -1);
	root->parent_color ^= 1;
	model.sorted[5]->key = 100;
	CHECK_EQ(rb_check(&model.root, item_compare), -1);
	model.sorted[5]->key = 5;
	CHECK_EQ(rb_check(&model.root, item_compare), 30);
	root->left->parent_color = (uintptr_t)first | (root->left->parent_color & 1);
	CHECK_EQ(rb_check(&model.root, item_compare), -1);
	root->left->parent_color = (uintptr_t)root | (root->left->parent_color & 1);
	model_compare(&model);
	model_free(&model);
}
