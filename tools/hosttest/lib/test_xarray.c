/*
 * The sparse array against a sorted list of (index, entry, marks), under random operations, with
 * every allocation failing at some time.
 */
#include "hosttest.h"
#include "lib/errno.h"
#include "lib/xa_env.h"
#include "lib/xarray.h"

#include <string.h>

#define MAX_ENTRIES 300

struct model_entry {
	u64 index;
	void *entry;
	unsigned marks;
};

struct model {
	struct xarray xa;
	struct model_entry entries[MAX_ENTRIES];
	size_t nr;
};

/* The position of the first entry that is not below `index`. */
static size_t
model_at(const struct model *model, u64 index)
{
	size_t at = 0;

	while (at < model->nr && model->entries[at].index < index)
		at++;
	return at;
}

static struct model_entry *
model_get(struct model *model, u64 index)
{
	size_t at = model_at(model, index);

	return at < model->nr && model->entries[at].index == index ? &model->entries[at] : NULL;
}

static void
model_put(struct model *model, u64 index, void *entry)
{
	struct model_entry *old = model_get(model, index);
	size_t at = model_at(model, index);

	if (old) {
		old->entry = entry;
		return;
	}
	memmove(model->entries + at + 1, model->entries + at,
		(model->nr - at) * sizeof(model->entries[0]));
	model->entries[at] = (struct model_entry){.index = index, .entry = entry};
	model->nr++;
}

static void
model_remove(struct model *model, u64 index)
{
	size_t at = model_at(model, index);

	if (!model_get(model, index))
		return;
	model->nr--;
	memmove(model->entries + at, model->entries + at + 1,
		(model->nr - at) * sizeof(model->entries[0]));
}

/* The first at or after `index` with the mark (XA_PRESENT: any). */
static const struct model_entry *
model_find(const struct model *model, u64 index, u64 max, enum xa_mark mark)
{
	for (size_t at = model_at(model, index); at < model->nr; at++) {
		const struct model_entry *entry = &model->entries[at];

		if (entry->index > max)
			return NULL;
		if (mark == XA_PRESENT || (entry->marks >> mark & 1))
			return entry;
	}
	return NULL;
}

static void *
random_entry(void)
{
	static u64 objects[64];

	return rnd_one_in(3) ? xa_mk_value(rnd() >> 1) : &objects[rnd_below(64)];
}

static u64
random_index(const struct model *model)
{
	if (model->nr != 0 && rnd_one_in(2))
		return model->entries[rnd_below(model->nr)].index +
		       (rnd_one_in(3) ? rnd_below(3) : 0);
	switch (rnd_below(8)) {
	case 0:
		return rnd_below(3);
	case 1:
	case 2:
		return rnd_below(64);
	case 3:
		return rnd_below(5000);
	case 4:
		return UINT64_MAX - rnd_below(70);
	case 5:
		return BIT(rnd_below(64)) + rnd_below(3) - 1;
	default:
		return rnd_scaled();
	}
}

static void
step_store(struct model *model, u64 index)
{
	void *entry = random_entry();
	bool fail = rnd_one_in(4), is_new = !model_get(model, index);
	bool insert = rnd_one_in(3);
	long live = xa_env_live;

	if (is_new && model->nr == MAX_ENTRIES)
		return;
	xa_env_fail_countdown = fail ? (long)rnd_below(6) : -1;

	int err = insert ? xa_insert(&model->xa, index, entry) : xa_store(&model->xa, index, entry);

	xa_env_fail_countdown = -1;
	if (insert && !is_new) {
		CHECK_EQ(err, -EEXIST);
	} else if (err) {
		CHECK_EQ(err, -ENOMEM);
		CHECK(fail && is_new);
		CHECK_EQ(xa_env_live, live);
	} else {
		CHECK(is_new || xa_env_live == live);
		model_put(model, index, entry);
	}
}

static void
step_erase(struct model *model, u64 index)
{
	const struct model_entry *old = model_get(model, index);
	void *want = old ? old->entry : NULL;

	if (rnd_one_in(4))
		CHECK_EQ(xa_store(&model->xa, index, NULL), 0);
	else
		CHECK(xa_erase(&model->xa, index) == want);
	model_remove(model, index);
}

static void
step_mark(struct model *model, u64 index)
{
	enum xa_mark mark = rnd_below(XA_NR_MARKS);
	struct model_entry *entry = model_get(model, index);

	if (rnd_one_in(2)) {
		xa_set_mark(&model->xa, index, mark);
		if (entry)
			entry->marks |= BIT(mark);
	} else {
		xa_clear_mark(&model->xa, index, mark);
		if (entry)
			entry->marks &= ~BIT(mark);
	}
}

static void
check_finds(struct model *model)
{
	enum xa_mark mark = rnd_below(XA_NR_BITMAPS);
	u64 from = random_index(model), max = rnd_one_in(2) ? UINT64_MAX : random_index(model);
	u64 index = from;
	const struct model_entry *want = model_find(model, from, max, mark);
	void *got = mark == XA_PRESENT ? xa_find(&model->xa, &index, max)
				       : xa_find_marked(&model->xa, &index, max, mark);

	CHECK(got == (want ? want->entry : NULL));
	CHECK(index == (want ? want->index : from));

	index = from;
	want = from < UINT64_MAX ? model_find(model, from + 1, max, mark) : NULL;
	got = mark == XA_PRESENT ? xa_find_after(&model->xa, &index, max)
				 : xa_find_marked_after(&model->xa, &index, max, mark);
	CHECK(got == (want ? want->entry : NULL));
	CHECK(index == (want ? want->index : from));
}

static void
check_index(struct model *model, u64 index)
{
	const struct model_entry *entry = model_get(model, index);

	CHECK(xa_load(&model->xa, index) == (entry ? entry->entry : NULL));
	for (unsigned mark = 0; mark < XA_NR_MARKS; mark++)
		CHECK(xa_get_mark(&model->xa, index, mark) ==
		      (entry && (entry->marks >> mark & 1)));
}

static void
check_all(struct model *model)
{
	u64 index;
	void *entry;
	size_t at = 0;

	CHECK_EQ(xa_check(&model->xa), model->nr);
	CHECK(xa_empty(&model->xa) == (model->nr == 0));
	xa_for_each(&model->xa, index, entry) {
		CHECK(index == model->entries[at].index && entry == model->entries[at].entry);
		at++;
	}
	CHECK_EQ(at, model->nr);
	for (unsigned mark = 0; mark < XA_NR_MARKS; mark++) {
		size_t nr_marked = 0, nr_found = 0;

		for (at = 0; at < model->nr; at++)
			nr_marked += model->entries[at].marks >> mark & 1;
		xa_for_each_marked(&model->xa, index, entry, mark) nr_found++;
		CHECK_EQ(nr_found, nr_marked);
		CHECK(xa_is_marked(&model->xa, mark) == (nr_marked != 0));
	}
}

static void
run_model(int steps, unsigned store_of_10)
{
	struct model model = {.xa = XARRAY_INIT};

	for (int step = 0; step < steps; step++) {
		u64 index = random_index(&model);
		unsigned choice = (unsigned)rnd_below(12);

		if (choice < store_of_10)
			step_store(&model, index);
		else if (choice < 9)
			step_erase(&model, index);
		else
			step_mark(&model, index);
		check_index(&model, index);
		check_index(&model, random_index(&model));
		check_finds(&model);
		if (step % 8 == 0 || steps < 100)
			check_all(&model);
	}
	xa_destroy(&model.xa);
	CHECK(xa_empty(&model.xa));
	CHECK_EQ(xa_env_live, 0);
}

HOSTTEST(xarray_model_small)
{
	for (int i = 0; i < 2000; i++)
		run_model(40, 5);
}

HOSTTEST(xarray_model_large)
{
	for (int i = 0; i < 4; i++)
		run_model(4000, 5 + i);
}

/* The memory that small arrays cost is a promise. */
HOSTTEST(xarray_small_is_cheap)
{
	struct xarray xa = XARRAY_INIT;

	CHECK_EQ(xa_store(&xa, 0, xa_mk_value(7)), 0);
	CHECK_EQ(xa_env_live, 0);
	for (u64 i = 1; i < XA_SLOTS; i++)
		CHECK_EQ(xa_store(&xa, i, xa_mk_value(i)), 0);
	CHECK_EQ(xa_env_live, 1);
	CHECK_EQ(xa_store(&xa, XA_SLOTS, xa_mk_value(1)), 0);
	CHECK_EQ(xa_env_live, 3);
	xa_erase(&xa, XA_SLOTS);
	CHECK_EQ(xa_env_live, 1);
	for (u64 i = 1; i < XA_SLOTS; i++)
		xa_erase(&xa, i);
	CHECK_EQ(xa_env_live, 0);
	CHECK_EQ(xa_to_value(xa_load(&xa, 0)), 7);
	xa_erase(&xa, 0);
	CHECK(xa_empty(&xa));
}

/* Every point of failure of the store that needs most nodes. */
HOSTTEST(xarray_each_allocation_fails)
{
	struct xarray xa = XARRAY_INIT;
	int err = -ENOMEM;
	long n = 0;

	CHECK_EQ(xa_store(&xa, 5, &xa), 0);
	for (; err; n++) {
		long live = xa_env_live;

		xa_env_fail_countdown = n;
		err = xa_store(&xa, UINT64_MAX, &err);
		xa_env_fail_countdown = -1;
		if (err) {
			CHECK_EQ(err, -ENOMEM);
			CHECK_EQ(xa_env_live, live);
			CHECK_EQ(xa_check(&xa), 1);
			CHECK(!xa_load(&xa, UINT64_MAX) && xa_load(&xa, 5) == &xa);
		}
	}
	/* 10 new roots and a branch of 10 nodes. */
	CHECK_EQ(n - 1, 20);
	CHECK_EQ(xa_check(&xa), 2);
	xa_destroy(&xa);
	CHECK_EQ(xa_env_live, 0);
}

HOSTTEST(xarray_values)
{
	int object;

	CHECK(xa_is_value(xa_mk_value(0)) && xa_mk_value(0) != NULL);
	CHECK(!xa_is_value(&object));
	CHECK(xa_to_value(xa_mk_value(INT64_MAX)) == INT64_MAX);
}

HOSTTEST(xarray_check_sees_damage)
{
	struct xarray xa = XARRAY_INIT;

	for (u64 i = 0; i < 300; i += 7)
		CHECK_EQ(xa_store(&xa, i, &xa), 0);
	xa_set_mark(&xa, 70, XA_MARK_1);

	struct xa_node *root = xa.head, *leaf = root->slots[1];

	CHECK_EQ(xa_check(&xa), 43);
	root->bits[XA_MARK_1] ^= BIT(1);
	CHECK_EQ(xa_check(&xa), -1);
	root->bits[XA_MARK_1] ^= BIT(1);
	leaf->bits[XA_MARK_2] ^= BIT(1);
	CHECK_EQ(xa_check(&xa), -1);
	leaf->bits[XA_MARK_2] ^= BIT(1);
	leaf->slots[6] = NULL;
	CHECK_EQ(xa_check(&xa), -1);
	leaf->slots[6] = &xa;
	leaf->offset = 2;
	CHECK_EQ(xa_check(&xa), -1);
	leaf->offset = 1;
	leaf->parent = leaf;
	CHECK_EQ(xa_check(&xa), -1);
	leaf->parent = root;
	CHECK_EQ(xa_check(&xa), 43);
	xa_destroy(&xa);
	CHECK_EQ(xa_env_live, 0);
}
