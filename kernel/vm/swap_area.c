/*
 * Areas are used by priority: the highest first, until it is full. Those of equal priority take
 * turns, a cluster's worth of slots each, so that two disks write at the same time, and neighbours
 * still lie together.
 *
 * An area's structure lives for ever; its lock is taken to find out whether there is an area.
 */

#include "vm/swap_area.h"

#include "core/clock.h"
#include "core/panic.h"
#include "core/printk.h"
#include "dev/block.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "sched/mutex.h"
#include "vm/swap_discard.h"
#include "vm/swap_header.h"
#include "vm/swap_keep.h"
#include "vm/swapoff.h"

/* So long after swapoff gave up nobody is killed: the area has room again, and reclaim has to write there. */
#define CANCEL_GRACE_NS NSEC_PER_SEC

static struct swap_area areas[SWAP_AREAS_MAX];

static struct mutex swap_mutex; /* one swapon or swapoff at a time */
static s32 next_priority = -2;	/* of the next area that is not given one; Linux begins so */

/*
 * Areas that give slots out, highest priority first. Changed under swap_mutex, and for who holds that by
 * swap_off_cancel(); read by all.
 */
static struct swap_area *order[SWAP_AREAS_MAX];
static u32 nr_order;
static u64 nr_turns; /* slots given out so far */

/* The area that swapoff is emptying, until it is done or gives up; it is the only one that is closed. */
static struct spinlock emptying_lock = SPINLOCK_INIT("swapoff", RANK_SWAPOFF);
static struct swap_area *emptying;
static u64 last_cancel_ns; /* when it was given back last */

atomic64_t swap_nr_free, swap_nr_usable, swap_nr_failed;

struct swap_area *
swap_area_get(unsigned type)
{
	return &areas[type];
}

struct swap_area *
swap_area_of(swp_entry_t entry)
{
	return &areas[swp_type(entry)];
}

unsigned
swap_area_type(const struct swap_area *area)
{
	return area - areas;
}

/* --- slots ---------------------------------------------------------------------------------- */

static u64
area_alloc(struct swap_area *area)
{
	u64 slot = 0;

	spin_lock(&area->lock);
	if (area->open)
		slot = swap_map_alloc(&area->map, &area->cursors[cpu_id()]);
	spin_unlock(&area->lock);
	if (slot)
		atomic64_add(&swap_nr_free, -1);
	return slot;
}

/* Areas from `first` on that have the same priority. */
static u32
nr_equals(u32 first, u32 nr)
{
	u32 n = 1;

	while (first + n < nr && order[first + n]->priority == order[first]->priority)
		n++;
	return n;
}

swp_entry_t
swap_slot_alloc(void)
{
	u64 turn = __atomic_fetch_add(&nr_turns, 1, __ATOMIC_RELAXED) / SWAP_CLUSTER_SLOTS;
	u32 nr = __atomic_load_n(&nr_order, __ATOMIC_ACQUIRE), group;

	for (u32 first = 0; first < nr; first += group) {
		group = nr_equals(first, nr);
		for (u32 i = 0; i < group; i++) {
			struct swap_area *area = order[first + (turn + i) % group];
			u64 slot = area_alloc(area);

			if (slot)
				return swp_entry(swap_area_type(area), slot);
		}
	}
	return (swp_entry_t){0};
}

/* => area->lock held */
static void
slot_went_bad(struct swap_area *area)
{
	atomic64_add(&swap_nr_failed, 1);
	if (!area->open)
		return;
	area->nr_usable--;
	atomic64_add(&swap_nr_usable, -1);
}

unsigned
swap_slot_put_locked(struct swap_area *area, u64 slot)
{
	u64 free_before = area->map.nr_free, bad_before = area->map.nr_bad;
	unsigned count = swap_map_put(&area->map, slot);

	if (count == 0)
		swap_keep_drop_locked(area, slot);
	if (area->open)
		atomic64_add(&swap_nr_free, area->map.nr_free - free_before);
	if (area->map.nr_bad != bad_before)
		slot_went_bad(area);
	if (unlikely(!list_empty(&area->map.stale)))
		swap_discard_wake();
	return count;
}

void
swap_entry_get(swp_entry_t entry)
{
	struct swap_area *area = swap_area_of(entry);

	spin_lock(&area->lock);
	swap_map_get(&area->map, swp_slot(entry));
	spin_unlock(&area->lock);
}

u64
swap_slot_sector(const struct swap_area *area, u64 slot)
{
	const struct swap_source *source = &area->source;
	u64 low = 0, high = source->nr_extents;

	while (high - low > 1) {
		u64 middle = (low + high) / 2;

		if (source->extents[middle].slot <= slot)
			low = middle;
		else
			high = middle;
	}
	return source->extents[low].sector + (slot - source->extents[low].slot) * SECTORS_PER_SLOT;
}

/* --- on and off ----------------------------------------------------------------------------- */

/* => swap_mutex held */
static void
order_remove(struct swap_area *area)
{
	for (u32 i = 0; i < nr_order; i++) {
		if (order[i] != area)
			continue;
		for (u32 k = i + 1; k < nr_order; k++)
			order[k - 1] = order[k];
		__atomic_store_n(&nr_order, nr_order - 1, __ATOMIC_RELEASE);
	}
}

static void
order_insert(struct swap_area *area)
{
	u32 i = nr_order;

	for (; i > 0 && order[i - 1]->priority < area->priority; i--)
		order[i] = order[i - 1];
	order[i] = area;
	__atomic_store_n(&nr_order, nr_order + 1, __ATOMIC_RELEASE);
}

static void
area_open(struct swap_area *area)
{
	spin_lock(&area->lock);
	area->open = true;
	atomic64_add(&swap_nr_free, area->map.nr_free);
	area->nr_usable = area->map.nr_slots - area->map.nr_bad;
	atomic64_add(&swap_nr_usable, area->nr_usable);
	spin_unlock(&area->lock);
	order_insert(area);
}

static void
area_close(struct swap_area *area)
{
	order_remove(area);
	spin_lock(&area->lock);
	area->open = false;
	atomic64_add(&swap_nr_free, -(s64)area->map.nr_free);
	atomic64_add(&swap_nr_usable, -(s64)area->nr_usable);
	spin_unlock(&area->lock);
}

/* => the active area, or NULL; swap_mutex held */
static struct swap_area *
area_find(const void *identity)
{
	for (unsigned i = 0; i < SWAP_AREAS_MAX; i++)
		if (areas[i].active && areas[i].source.identity == identity)
			return &areas[i];
	return NULL;
}

bool
swap_is_on(const void *identity)
{
	for (unsigned i = 0; i < SWAP_AREAS_MAX; i++)
		if (READ_ONCE(areas[i].active) && READ_ONCE(areas[i].source.identity) == identity)
			return true;
	return false;
}

static struct swap_area *
area_find_free(void)
{
	for (unsigned i = 0; i < SWAP_AREAS_MAX; i++)
		if (!areas[i].active)
			return &areas[i];
	return NULL;
}

/* A map that is much of memory is not worth that anybody is killed for it. */
#define LARGE_MAP_SHARE 64

static gfp_t
map_gfp(u64 bytes)
{
	return bytes > (nr_total_pages() << PAGE_SHIFT) / LARGE_MAP_SHARE ? GFP_KERNEL | GFP_NORETRY
									  : GFP_KERNEL;
}

/* A map of the slots that the header speaks of. => its memory, NULL */
static void *
map_make(struct swap_map *map, const struct swap_header *header, const u8 *page)
{
	u64 nr_slots = header->last_page + 1UL;
	u64 bytes = swap_map_bytes(nr_slots);
	void *memory = vmalloc(bytes, map_gfp(bytes));

	if (!memory)
		return NULL;
	swap_map_init(map, nr_slots, memory);
	for (u32 i = 0; i < header->nr_bad; i++)
		swap_map_set_bad(map, swap_header_bad_page(page, i));
	return memory;
}

/* What the device is to be told of, by the flags of swapon. => swap_mutex held; the area is not in use yet */
static void
area_setup_discard(struct swap_area *area, u32 flags)
{
	bool once = flags & SWAP_FLAG_DISCARD_ONCE, pages = flags & SWAP_FLAG_DISCARD_PAGES;

	if (!(flags & SWAP_FLAG_DISCARD) || !area->source.bdev->has_discard)
		return;
	if (once || !pages)
		swap_discard_slots(area, 1, area->map.nr_slots - 1);
	area->map.discards = !once;
}

static void
area_setup(struct swap_area *area, const struct swap_source *source, u32 flags)
{
	area->source = *source;
	memset(area->cursors, 0, sizeof(area->cursors));
	area->priority =
		flags & SWAP_FLAG_PREFER ? (s32)(flags & SWAP_FLAG_PRIO_MASK) : next_priority--;
	area_setup_discard(area, flags);
}

/* page is the header. => swap_mutex held */
static int
area_enable(const struct swap_source *source, u32 flags, const u8 *page)
{
	struct swap_area *area = area_find_free();
	struct swap_header header;
	const char *why = swap_header_read(page, source->nr_pages, &header);

	if (!why && header.nr_bad && source->is_file)
		why = "a file with bad pages";
	if (why) {
		pr_info("swap: %s: %s", source->path, why);
		return -EINVAL;
	}
	if (!area)
		return -EPERM;
	if (area_find(source->identity))
		return -EBUSY;
	if (!map_make(&area->map, &header, page))
		return -ENOMEM;
	area_setup(area, source, flags);
	spin_lock(&area->lock);
	area->active = true;
	spin_unlock(&area->lock);
	area_open(area);
	pr_info("swap: %s, %lu KiB, priority %d%s", source->path,
		area->map.nr_free << (PAGE_SHIFT - 10), area->priority,
		header.nr_bad ? ", with bad pages" : "");
	return 0;
}

int
swap_on(const struct swap_source *source, u32 flags)
{
	struct page *page = page_alloc(GFP_KERNEL);
	int error;

	if (!page)
		return -ENOMEM;
	error = block_read(source->bdev, source->extents[0].sector, page, 0, PAGE_SIZE);
	mutex_lock(&swap_mutex);
	if (!error)
		error = area_enable(source, flags, page_to_kva(page));
	mutex_unlock(&swap_mutex);
	page_put(page);
	return error;
}

/* Those below an area that was given no priority move up, so the last is always one above next_priority. */
static void
priorities_close_up(s32 gone)
{
	if (gone >= 0)
		return;
	for (unsigned i = 0; i < SWAP_AREAS_MAX; i++)
		if (areas[i].active && areas[i].priority < gone)
			WRITE_ONCE(areas[i].priority, areas[i].priority + 1);
	next_priority++;
}

/* => no slot is in use, swap_mutex held */
static void
area_disable(struct swap_area *area)
{
	struct swap_source source = area->source;
	void *memory = area->map.clusters;

	spin_lock(&area->lock);
	assert(swap_map_nr_used(&area->map) == 0 && xa_empty(&area->cache));
	assert(xa_empty(&area->kept));
	area->active = false;
	spin_unlock(&area->lock);
	swap_discard_wait(area);
	priorities_close_up(area->priority);
	vfree(memory);
	source.release(source.owner);
	kfree(source.extents);
	kfree(source.path);
}

static void
emptying_begin(struct swap_area *area)
{
	spin_lock(&emptying_lock);
	area_close(area);
	emptying = area;
	spin_unlock(&emptying_lock);
}

/* error: how it went. => 0: the area is empty and stays closed; else it is in use again */
static int
emptying_end(int error)
{
	spin_lock(&emptying_lock);
	if (!emptying)
		error = error ? error : -ENOMEM;
	else if (error)
		area_open(emptying);
	emptying = NULL;
	spin_unlock(&emptying_lock);
	return error;
}

bool
swap_off_cancelled(void)
{
	return READ_ONCE(emptying) == NULL;
}

/* Did what found no memory begin to look before the area was given back? It may find some now. */
static bool
cancelled_just_now(void)
{
	return last_cancel_ns && clock_now_ns() - last_cancel_ns < CANCEL_GRACE_NS;
}

bool
swap_off_cancel(void)
{
	bool cancelled, just_now;

	spin_lock(&emptying_lock);
	cancelled = emptying != NULL;
	just_now = cancelled_just_now();
	if (cancelled) {
		area_open(emptying);
		emptying = NULL;
		last_cancel_ns = clock_now_ns();
	}
	spin_unlock(&emptying_lock);
	if (cancelled)
		pr_warn("swap: no memory for \"%s\" while swapoff brings pages back: it is given "
			"up",
			current->name);
	return cancelled || just_now;
}

int
swap_off(const void *identity)
{
	struct swap_area *area;
	int error;

	mutex_lock(&swap_mutex);
	area = area_find(identity);
	if (!area) {
		mutex_unlock(&swap_mutex);
		return -EINVAL;
	}
	emptying_begin(area);
	error = emptying_end(swap_empty_area(area));
	if (!error)
		area_disable(area);
	mutex_unlock(&swap_mutex);
	return error;
}

/* --- what others are told ------------------------------------------------------------------- */

void
swap_for_each_area(void (*visit)(const struct swap_area_info *info, void *arg), void *arg)
{
	for (struct swap_area *area = areas; area < areas + SWAP_AREAS_MAX; area++) {
		spin_lock(&area->lock);
		if (area->active) {
			struct swap_area_info info = {
				.path = area->source.path,
				.is_file = area->source.is_file,
				.nr_pages = area->map.nr_slots - area->map.nr_bad,
				.nr_used = swap_map_nr_used(&area->map),
				.priority = area->priority,
			};

			visit(&info, arg);
		}
		spin_unlock(&area->lock);
	}
}

struct totals {
	u64 nr_pages, nr_used;
};

static void
totals_add(const struct swap_area_info *info, void *arg)
{
	struct totals *totals = arg;

	totals->nr_pages += info->nr_pages;
	totals->nr_used += info->nr_used;
}

void
swap_totals(u64 *nr_total, u64 *nr_free)
{
	struct totals totals = {0};

	swap_for_each_area(totals_add, &totals);
	*nr_total = totals.nr_pages;
	*nr_free = totals.nr_pages - totals.nr_used;
}

void INIT
swap_init(void)
{
	mutex_init(&swap_mutex, "swapon", RANK_SWAPON);
	for (unsigned i = 0; i < SWAP_AREAS_MAX; i++) {
		spin_init(&areas[i].lock, "swap", RANK_SWAP);
		xa_init(&areas[i].cache);
		xa_init(&areas[i].kept);
	}
}
