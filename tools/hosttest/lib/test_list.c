#include "hosttest.h"
#include "lib/list.h"

#include <string.h>

struct item {
	int id;
	struct list_head node;
};

/* The ids in the list as text, forwards; and the same backwards must be its mirror. */
static const char *
ids(const struct list_head *head)
{
	static char text[64];
	const struct item *item;
	size_t n = 0;

	list_for_each_entry(item, head, node)
		text[n++] = (char)('0' + item->id);
	text[n] = '\0';
	list_for_each_entry_reverse(item, head, node)
		CHECK_EQ(text[--n], '0' + item->id);
	CHECK_EQ(n, 0);
	CHECK_EQ(list_count(head), strlen(text));
	return text;
}

HOSTTEST(list_add_and_del)
{
	LIST_HEAD(head);
	struct item a = {.id = 1}, b = {.id = 2}, c = {.id = 3};

	list_init(&a.node);
	CHECK(list_empty(&head) && !list_is_linked(&a.node));
	CHECK(!list_first_entry_or_null(&head, struct item, node));
	list_add_tail(&a.node, &head);
	CHECK(list_is_linked(&a.node) && list_is_singular(&head));
	list_add_tail(&b.node, &head);
	list_add(&c.node, &head);
	CHECK_STR(ids(&head), "312");
	CHECK(!list_is_singular(&head));
	CHECK_EQ(list_first_entry(&head, struct item, node)->id, 3);
	CHECK_EQ(list_last_entry(&head, struct item, node)->id, 2);
	CHECK_EQ(list_next_entry(&c, node)->id, 1);
	CHECK_EQ(list_prev_entry(&b, node)->id, 1);
	list_del(&a.node);
	CHECK(!list_is_linked(&a.node));
	list_del(&a.node);
	CHECK_STR(ids(&head), "32");
	list_move(&b.node, &head);
	CHECK_STR(ids(&head), "23");
	list_move_tail(&b.node, &head);
	CHECK_STR(ids(&head), "32");
}

HOSTTEST(list_splice)
{
	LIST_HEAD(x);
	LIST_HEAD(y);
	struct item items[6];

	for (int i = 0; i < 6; i++) {
		items[i].id = i;
		list_add_tail(&items[i].node, i < 3 ? &x : &y);
	}
	list_splice_tail(&y, &x);
	CHECK(list_empty(&y));
	CHECK_STR(ids(&x), "012345");
	list_splice_tail(&y, &x);
	CHECK_STR(ids(&x), "012345");
	list_move(&items[4].node, &y);
	list_splice(&x, &y);
	CHECK_STR(ids(&y), "012354");
	CHECK(list_empty(&x));
	list_splice(&y, &x);
	CHECK_STR(ids(&x), "012354");
}

HOSTTEST(list_removal_while_walking)
{
	LIST_HEAD(head);
	struct item items[8], *item, *tmp;

	for (int i = 0; i < 8; i++) {
		items[i].id = i;
		list_add_tail(&items[i].node, &head);
	}
	list_for_each_entry_safe(item, tmp, &head, node) {
		if (item->id % 2 == 0)
			list_del(&item->node);
	}
	CHECK_STR(ids(&head), "1357");
	list_for_each_entry_safe(item, tmp, &head, node)
		list_del(&item->node);
	CHECK(list_empty(&head));
}
