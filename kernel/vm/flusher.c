/*
 * The list of mappings with dirty pages, in the order in which they got the first of them, and the
 * thread that works it off: what is older than dirty_expire_ns; everything while more than
 * dirty_background_ratio percent of the usable memory is dirty. Above dirty_ratio percent a writer
 * waits in each call until it is less, or until some dozens of pages have been written: that is the
 * rate of the disk, not a limit of what is dirty. With nothing dirty it sleeps without a timer.
 */

#include "vm/flusher.h"

#include "core/clock.h"
#include "core/panic.h"
#include "lib/err.h"
#include "lib/errno.h"
#include "mem/page_alloc.h"
#include "sched/sched.h"
#include "sched/wait.h"
#include "vm/writeback.h"

/*
 * How long a writer above the limit sleeps between two looks, and how many looks there are at most:
 * a disk that does not answer must not stop everything.
 */
#define THROTTLE_NS	(20 * NSEC_PER_MSEC)
#define THROTTLE_ROUNDS 50

/* Fewer could not even be written: as on Linux. */
#define DIRTY_BYTES_MIN (2 * PAGE_SIZE)

struct dirty_bound dirty_background = {.percent = 10}, dirty_hard = {.percent = 20};
u64 dirty_expire_ns = 5 * NSEC_PER_SEC;

static struct spinlock list_lock = SPINLOCK_INIT("dirty_list", RANK_DIRTY);
static LIST_HEAD(dirty_mappings);
static struct wait_queue flusher_wq = WAIT_QUEUE_INIT(flusher_wq);
static bool flusher_kicked, expire_changed;

static u64
dirty_limit(const struct dirty_bound *bound)
{
	u64 bytes = READ_ONCE(bound->bytes);

	if (unlikely(bytes))
		return DIV_ROUND_UP(bytes, PAGE_SIZE);
	return (nr_free_pages() + nr_pagecache_pages()) * READ_ONCE(bound->percent) / 100;
}

int
dirty_bound_set_percent(struct dirty_bound *bound, u64 percent)
{
	if (percent > 100)
		return -EINVAL;
	WRITE_ONCE(bound->percent, percent);
	WRITE_ONCE(bound->bytes, 0);
	return 0;
}

int
dirty_bound_set_bytes(struct dirty_bound *bound, u64 bytes)
{
	if (bytes < DIRTY_BYTES_MIN)
		return -EINVAL;
	WRITE_ONCE(bound->bytes, bytes);
	WRITE_ONCE(bound->percent, 0);
	return 0;
}

u64
dirty_threshold(void)
{
	return dirty_limit(&dirty_hard);
}

u64
dirty_background_threshold(void)
{
	return dirty_limit(&dirty_background);
}

void
dirty_expire_set(u64 ns)
{
	WRITE_ONCE(dirty_expire_ns, ns);
	WRITE_ONCE(expire_changed, true);
	wake_up(&flusher_wq);
}

void
flusher_kick(void)
{
	WRITE_ONCE(flusher_kicked, true);
	wake_up(&flusher_wq);
}

static void
list_add_dirty(struct mapping *mapping)
{
	if (list_is_linked(&mapping->dirty_link))
		return;
	mapping->dirtied_ns = clock_now_ns();
	list_add_tail(&mapping->dirty_link, &dirty_mappings);
}

void
dirty_list_add(struct mapping *mapping)
{
	bool was_empty;

	spin_lock(&list_lock);
	was_empty = list_empty(&dirty_mappings);
	list_add_dirty(mapping);
	spin_unlock(&list_lock);
	if (was_empty)
		wake_up(&flusher_wq);
}

void
dirty_list_remove(struct mapping *mapping)
{
	spin_lock(&list_lock);
	list_del(&mapping->dirty_link);
	spin_unlock(&list_lock);
}

struct mapping *
dirty_list_take(u64 dirtied_ns)
{
	struct mapping *mapping = NULL;

	spin_lock(&list_lock);
	while (!list_empty(&dirty_mappings)) {
		mapping = list_first_entry(&dirty_mappings, struct mapping, dirty_link);
		if (mapping->dirtied_ns > dirtied_ns) {
			mapping = NULL;
			break;
		}
		list_del(&mapping->dirty_link);
		if (mapping_get(mapping))
			break;
		mapping = NULL;
	}
	spin_unlock(&list_lock);
	return mapping;
}

void
dirty_list_done(struct mapping *mapping)
{
	spin_lock(&list_lock);
	if (READ_ONCE(mapping->nr_dirty) > 0)
		list_add_dirty(mapping);
	spin_unlock(&list_lock);
	mapping_put(mapping);
}

u64
dirty_list_oldest(void)
{
	u64 oldest = UINT64_MAX;

	spin_lock(&list_lock);
	if (!list_empty(&dirty_mappings))
		oldest = list_first_entry(&dirty_mappings, struct mapping, dirty_link)->dirtied_ns;
	spin_unlock(&list_lock);
	return oldest;
}

void
dirty_throttle(void)
{
	if (likely(nr_dirty_pages() <= dirty_limit(&dirty_background)))
		return;
	flusher_kick();
	for (int i = 0; i < THROTTLE_ROUNDS; i++) {
		if (nr_dirty_pages() + nr_writeback_pages() <= dirty_limit(&dirty_hard))
			return;
		writeback_wait_progress(THROTTLE_NS);
	}
}

/*
 * Write what was dirty at or before that time, or, with until_limit, until few enough pages are
 * dirty.
 */
static void
flush_until(u64 dirtied_ns, bool until_limit)
{
	struct mapping *mapping;

	while ((mapping = dirty_list_take(dirtied_ns))) {
		mapping_writeback(mapping, 0, UINT64_MAX, false);
		dirty_list_done(mapping);
		if (until_limit && nr_dirty_pages() <= dirty_limit(&dirty_background) / 2)
			break;
	}
}

/* Sleep until there is something to do, by age or by a kick. */
static void
flusher_sleep(void)
{
	u64 oldest = dirty_list_oldest();

	if (oldest == UINT64_MAX)
		wait_event(&flusher_wq,
			   READ_ONCE(flusher_kicked) || dirty_list_oldest() != UINT64_MAX);
	else
		wait_event_deadline(&flusher_wq,
				    READ_ONCE(flusher_kicked) || READ_ONCE(expire_changed),
				    oldest + READ_ONCE(dirty_expire_ns));
}

static void
flusher_main(void *arg)
{
	(void)arg;
	for (;;) {
		u64 now;

		WRITE_ONCE(expire_changed, false);
		flusher_sleep();
		now = clock_now_ns();
		if (READ_ONCE(flusher_kicked)) {
			WRITE_ONCE(flusher_kicked, false);
			flush_until(now, true);
		}
		if (now >= dirty_expire_ns)
			flush_until(now - dirty_expire_ns, false);
	}
}

void INIT
flusher_init(void)
{
	struct task *task = kthread_start("flusher", flusher_main, NULL);

	assert(!IS_ERR(task));
}
