/* The buddy allocator on small zones of its own, against a map of who owns which frame. */
#include "hosttest.h"
#include "mem/env.h"

#include <pthread.h>
#include <string.h>

#define MAX_PAGES 5000

struct block {
	u64 pfn;
	unsigned order;
};

struct model {
	struct zone zone;
	bool managed[MAX_PAGES], used[MAX_PAGES];
	struct block blocks[MAX_PAGES];
	u64 start_pfn, nr_pages, nr_managed, nr_used, nr_blocks;
};

static void
model_add_range(struct model *model, u64 first, u64 end)
{
	zone_add_range(&model->zone, model->start_pfn + first, model->start_pfn + end);
	for (u64 i = first; i < end; i++)
		model->managed[i] = true;
	model->nr_managed += end - first;
}

/* A zone of any size and start, with some holes. */
static void
model_create(struct model *model)
{
	u64 first = 0;

	memset(model, 0, sizeof(*model));
	model->nr_pages = 1 + rnd_below(rnd_one_in(2) ? 100 : MAX_PAGES);
	model->start_pfn = 0x80200 + rnd_below(4096);
	env_ram_create(model->start_pfn, model->nr_pages);
	zone_init(&model->zone, "test", 1, model->start_pfn, model->start_pfn + model->nr_pages);
	while (first < model->nr_pages) {
		u64 end = first + 1 + rnd_below(model->nr_pages - first);

		model_add_range(model, first, end);
		first = end + (rnd_one_in(2) ? rnd_below(20) : 0);
	}
	CHECK_EQ(model->zone.nr_managed, model->nr_managed);
	zone_check(&model->zone);
}

/* Is there a free block of this order in the map, wherever the buddy could make one? */
static bool
model_has_block(const struct model *model, unsigned order)
{
	u64 size = 1UL << order;

	for (u64 pfn = ALIGN_UP(model->start_pfn, size);
	     pfn + size <= model->start_pfn + model->nr_pages; pfn += size) {
		u64 i = pfn - model->start_pfn, n = 0;

		while (n < size && model->managed[i + n] && !model->used[i + n])
			n++;
		if (n == size)
			return true;
	}
	return false;
}

static void
model_alloc(struct model *model, unsigned order)
{
	u64 flags = spin_lock_irqsave(&model->zone.lock);
	struct page *page = buddy_alloc_locked(&model->zone, order);

	spin_unlock_irqrestore(&model->zone.lock, flags);
	if (!page) {
		CHECK(!model_has_block(model, order));
		return;
	}

	u64 first = page_to_pfn(page) - model->start_pfn;

	CHECK_EQ(page_to_pfn(page) % (1UL << order), 0);
	CHECK(first + (1UL << order) <= model->nr_pages);
	for (u64 i = first; i < first + (1UL << order); i++) {
		CHECK(model->managed[i] && !model->used[i]);
		model->used[i] = true;
	}
	model->blocks[model->nr_blocks++] = (struct block){first, order};
	model->nr_used += 1UL << order;
}

static void
model_free(struct model *model, u64 which)
{
	struct block block = model->blocks[which];
	u64 flags = spin_lock_irqsave(&model->zone.lock);

	buddy_free_locked(&model->zone, pfn_to_page(model->start_pfn + block.pfn), block.order);
	spin_unlock_irqrestore(&model->zone.lock, flags);
	memset(model->used + block.pfn, 0, 1UL << block.order);
	model->nr_used -= 1UL << block.order;
	model->blocks[which] = model->blocks[--model->nr_blocks];
}

static void
model_run(struct model *model, int steps)
{
	unsigned max_order = (unsigned)rnd_below(MAX_ORDER + 1), alloc_of_10 = 5;

	for (int step = 0; step < steps; step++) {
		if (step % 64 == 0)
			alloc_of_10 = 2 + (unsigned)rnd_below(7);
		if (model->nr_blocks == 0 || rnd_below(10) < alloc_of_10)
			model_alloc(model, (unsigned)rnd_below(max_order + 1));
		else
			model_free(model, rnd_below(model->nr_blocks));
		CHECK_EQ(model->zone.nr_free, model->nr_managed - model->nr_used);
		if (step % 16 == 0)
			zone_check(&model->zone);
	}
}

HOSTTEST(buddy_model)
{
	static struct model model;

	for (int round = 0; round < 60; round++) {
		u64 blocks_before[MAX_ORDER + 1];

		model_create(&model);
		for (unsigned order = 0; order <= MAX_ORDER; order++)
			blocks_before[order] = model.zone.areas[order].nr_blocks;
		model_run(&model, 600);
		while (model.nr_blocks != 0)
			model_free(&model, rnd_below(model.nr_blocks));
		zone_check(&model.zone);
		CHECK_EQ(model.zone.nr_free, model.nr_managed);
		/* All is joined again as at the beginning. */
		for (unsigned order = 0; order <= MAX_ORDER; order++)
			CHECK_EQ(model.zone.areas[order].nr_blocks, blocks_before[order]);
	}
}

/* A million operations against the naive allocator, which is the map; the walker now and then. */
HOSTTEST(buddy_model_million)
{
	static struct model model;

	memset(&model, 0, sizeof(model));
	model.nr_pages = 4096;
	model.start_pfn = 0x80000;
	env_ram_create(model.start_pfn, model.nr_pages);
	zone_init(&model.zone, "test", 1, model.start_pfn, model.start_pfn + model.nr_pages);
	model_add_range(&model, 0, model.nr_pages);
	for (int step = 0; step < 1000000; step++) {
		bool grow = step / 5000 % 2 == 0;

		if (model.nr_blocks == 0 || rnd_below(10) < (grow ? 6 : 4))
			model_alloc(&model, (unsigned)(rnd_scaled() % (MAX_ORDER + 1)));
		else
			model_free(&model, rnd_below(model.nr_blocks));
		CHECK_EQ(model.zone.nr_free, model.nr_managed - model.nr_used);
		if (step % 20000 == 0)
			zone_check(&model.zone);
	}
	while (model.nr_blocks != 0)
		model_free(&model, 0);
	zone_check(&model.zone);
	CHECK_EQ(zone_nr_blocks(&model.zone, MAX_ORDER), 4);
}

/* Blocks without struct pages come when the others are used up, or when a stretch needs them. */
HOSTTEST(zone_defers_struct_pages)
{
	static struct zone zone;
	static u64 deferred[0x81000 / MAX_ORDER_PAGES / 64 + 1];
	u64 got;

	env_ram_create(0x80000, 4096);
	memset(pfn_to_page(0x80000), 0xff, 4096 * sizeof(struct page));
	zone_init(&zone, "test", 1, 0x80000, 0x81000);
	zone_defer_range(&zone, deferred, 0x80000, 0x81000);
	CHECK_EQ(zone.nr_free, 4096);
	CHECK_EQ(zone_nr_blocks(&zone, MAX_ORDER), 4);
	zone_check(&zone);
	spin_lock(&zone.lock);
	CHECK_EQ(page_to_pfn(buddy_alloc_locked(&zone, 3)), 0x80000);
	CHECK_EQ(zone.nr_deferred, 3072);
	zone_undefer_locked(&zone, 0x80c00);
	CHECK(zone_pfn_deferred(&zone, 0x80400) && !zone_pfn_deferred(&zone, 0x80fff));
	buddy_take_range_locked(&zone, 0x80d00, 0x80e80);
	CHECK_EQ(zone.nr_free, 4096 - 8 - 0x180);
	for (u64 left = zone.nr_free; left > 0; left -= got)
		CHECK(buddy_alloc_upto_locked(&zone, 1 + left % 7, &got) && got <= 7);
	CHECK(!buddy_alloc_locked(&zone, 0));
	spin_unlock(&zone.lock);
	zone_check(&zone);
}

#define NR_TURNS 300000

/* A zone of one block, whose struct pages are made again and again. */
struct grower {
	struct zone zone;
	u64 pfn;
	u64 *deferred;
	u64 nr_wrong;
};

static void *
grow_again(void *arg)
{
	struct grower *grower = arg;
	struct zone *zone = &grower->zone;
	u64 bit = grower->pfn >> MAX_ORDER;

	for (int i = 0; i < NR_TURNS; i++) {
		grower->nr_wrong += zone_pfn_deferred(zone, grower->pfn);
		__atomic_fetch_or(&grower->deferred[bit / 64], BIT(bit % 64), __ATOMIC_RELAXED);
		zone->nr_deferred = zone->nr_free = MAX_ORDER_PAGES;
		zone_undefer_locked(zone, grower->pfn);
		grower->nr_wrong += !buddy_alloc_locked(zone, MAX_ORDER);
	}
	return NULL;
}

/* Zones share words of the bitmap and have a lock each: neither undoes what the other does at once. */
HOSTTEST(zones_grow_at_once)
{
	static struct grower growers[2];
	static u64 deferred[0x80800 / MAX_ORDER_PAGES / 64 + 1];
	pthread_t threads[2];

	env_ram_create(0x80000, 2048);
	for (int i = 0; i < 2; i++) {
		struct grower *grower = &growers[i];

		grower->pfn = 0x80000 + i * MAX_ORDER_PAGES;
		grower->deferred = deferred;
		zone_init(&grower->zone, "test", 1, grower->pfn, grower->pfn + MAX_ORDER_PAGES);
		grower->zone.deferred = deferred;
	}
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, grow_again, &growers[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(growers[0].nr_wrong + growers[1].nr_wrong, 0);
}

struct watcher {
	const struct zone *zone;
	u64 least;
	bool stop;
};

static void *
watch_nr_free(void *arg)
{
	struct watcher *watcher = arg;

	while (!READ_ONCE(watcher->stop)) {
		u64 nr = READ_ONCE(watcher->zone->nr_free);

		if (nr < watcher->least)
			WRITE_ONCE(watcher->least, nr);
	}
	return NULL;
}

#define WATCHED_BLOCKS 16
#define WATCHED_TURNS  40000

/* Who reads without the lock how much is free sees no less while a block gets its struct pages. */
HOSTTEST(zone_grows_without_a_dip)
{
	static struct zone zone;
	static u64
		deferred[(0x80000 + WATCHED_BLOCKS * MAX_ORDER_PAGES) / MAX_ORDER_PAGES / 64 + 1];
	const u64 nr = WATCHED_BLOCKS * MAX_ORDER_PAGES;
	struct watcher watcher = {.zone = &zone, .least = nr};
	pthread_t thread;

	env_ram_create(0x80000, nr);
	zone_init(&zone, "test", 1, 0x80000, 0x80000 + nr);
	zone_defer_range(&zone, deferred, 0x80000, 0x80000 + nr);
	CHECK_EQ(pthread_create(&thread, NULL, watch_nr_free, &watcher), 0);
	for (int turn = 0; turn < WATCHED_TURNS; turn++) {
		u64 pfn = 0x80000 + turn % WATCHED_BLOCKS * MAX_ORDER_PAGES;

		spin_lock(&zone.lock);
		zone_undefer_locked(&zone, pfn);
		list_del(&pfn_to_page(pfn)->lru);
		zone.areas[MAX_ORDER].nr_blocks--;
		zone.nr_deferred += MAX_ORDER_PAGES;
		deferred[pfn >> MAX_ORDER >> 6] |= BIT(pfn >> MAX_ORDER & 63);
		spin_unlock(&zone.lock);
	}
	WRITE_ONCE(watcher.stop, true);
	pthread_join(thread, NULL);
	CHECK_EQ(watcher.least, nr);
	zone_check(&zone);
}

HOSTTEST(buddy_joins_and_splits)
{
	static struct zone zone;
	struct page *page;

	env_ram_create(1024, 1024);
	zone_init(&zone, "test", 1, 1024, 2048);
	zone_add_range(&zone, 1024, 2048);
	CHECK_EQ(zone.areas[MAX_ORDER].nr_blocks, 1);
	spin_lock(&zone.lock);
	page = buddy_alloc_locked(&zone, 0);
	for (unsigned order = 0; order < MAX_ORDER; order++)
		CHECK_EQ(zone.areas[order].nr_blocks, 1);
	CHECK_EQ(zone.areas[MAX_ORDER].nr_blocks, 0);
	buddy_free_locked(&zone, page, 0);
	CHECK_EQ(zone.areas[MAX_ORDER].nr_blocks, 1);
	page = buddy_alloc_locked(&zone, MAX_ORDER);
	CHECK(page && !buddy_alloc_locked(&zone, 0));
	buddy_free_locked(&zone, page, MAX_ORDER);
	spin_unlock(&zone.lock);
	zone_check(&zone);
}

HOSTTEST(zone_check_sees_damage)
{
	static struct zone zone;
	struct page *page;

	env_ram_create(1024, 1024);
	zone_init(&zone, "test", 1, 1024, 2048);
	zone_add_range(&zone, 1024, 2000);
	zone_check(&zone);
	page = list_first_entry(&zone.areas[9].blocks, struct page, lru);

	zone.nr_free++;
	EXPECT_PANIC(zone_check(&zone));
	zone.nr_free--;
	zone.areas[3].nr_blocks++;
	EXPECT_PANIC(zone_check(&zone));
	zone.areas[3].nr_blocks--;
	page->order = 8;
	EXPECT_PANIC(zone_check(&zone));
	page->order = 9;
	atomic_set(&page->refcount, 1);
	EXPECT_PANIC(zone_check(&zone));
	atomic_set(&page->refcount, 0);
	zone_check(&zone);
}
