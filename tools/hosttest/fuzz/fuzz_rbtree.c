/* Each byte inserts or removes an element; the whole tree is checked after each. */
#include "lib/rbtree.h"

#include <stdlib.h>

#define NR_ITEMS 128

struct item {
	u8 key;
	struct rb_node rb;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static int
item_compare(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct item, rb)->key - rb_entry(b, struct item, rb)->key;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct item items[NR_ITEMS], other;
	struct rb_root root = RB_ROOT_INIT;
	ssize_t count = 0;

	for (unsigned i = 0; i < NR_ITEMS; i++) {
		items[i].key = (u8)(i * 37 % 64);
		rb_clear_node(&items[i].rb);
	}
	for (; bytes != 0; bytes--, data++) {
		struct item *item = &items[*data % NR_ITEMS];

		if (!rb_is_linked(&item->rb)) {
			rb_insert(&root, &item->rb, item_compare);
			count++;
		} else if (*data & 0x80) {
			other = *item;
			rb_replace(&item->rb, &other.rb, &root);
			rb_replace(&other.rb, &item->rb, &root);
		} else {
			rb_erase(&item->rb, &root);
			count--;
		}
		if (rb_check(&root, item_compare) != count)
			abort();
	}
	return 0;
}
