/*
 * The thread that makes room in the pool of zswap. It takes the oldest entries, a batch at a time:
 *
 *	a new page in the swap cache, locked		nobody else can read the slot meanwhile
 *	decompressed into it, the entry freed		dirty: this is all there is of it
 *	written; when it is on the disk, dropped	slot and page are free of each other
 *
 * A fault that comes meanwhile finds the page in the cache. Then it is no longer unused, and stays.
 * A slot whose page is in the cache already is left alone: it is about to be used, or just came.
 *
 * The pages are taken from the atomic reserve, and given back before the next ones are taken. When
 * there are none, the thread waits to be woken again; nobody waits for it.
 */

#include "vm/zswap.h"

#include "core/clock.h"
#include "lib/err.h"
#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "sched/task.h"
#include "sched/wait.h"
#include "vm/page_lock.h"
#include "vm/swap_area.h"
#include "vm/swap_keep.h"

#define BATCH 16
/* Entries looked at for a batch: some of their pages may be in the cache. */
#define LOOKS (4 * BATCH)

#define GFP_WRITEBACK (GFP_ATOMIC | GFP_BIT_HIGHMEM | GFP_MOVABLE | GFP_NOWARN)

static struct wait_queue wq = WAIT_QUEUE_INIT(wq);
static bool asked;

void
zswap_writeback_wake(void)
{
	if (READ_ONCE(asked))
		return;
	WRITE_ONCE(asked, true);
	wake_up(&wq);
}

/*
 * The page of a slot of which there was an entry a moment ago, with its contents. => locked, dirty, with
 * a reference; NULL: there is no entry, no memory, or somebody has the page
 */
static struct page *
entry_expand(swp_entry_t where)
{
	struct page *page = swap_cache_add_unused(where, 0, GFP_WRITEBACK);
	int error;

	if (IS_ERR_OR_NULL(page)) {
		zswap_count(&zswap_stats.reject_reclaim_fail);
		return NULL;
	}
	error = swap_keep_load(page);
	if (error == 0 && page_test(page, PG_dirty)) {
		page_set_uptodate(page);
		return page;
	}
	/* Meanwhile the slot is another page's: it was read ahead, so to say. */
	if (error == -ENOENT)
		swap_read_pages(&page, 1);
	else
		page_read_done(page, error);
	page_put(page);
	return NULL;
}

/* The page was written, or not, as the case may be: without users it leaves memory. => false: it was not */
static bool
page_finish(struct page *page)
{
	bool written;

	page_wait_writeback(page);
	written = !page_test(page, PG_error);
	if (page_trylock(page)) {
		if (page_test(page, PG_swapcache))
			swap_cache_drop(page);
		page_unlock(page);
	}
	page_put(page);
	return written;
}

/*
 * => pages written; 0, too, when the disk took none: they are whole pages in memory now, so that to go on
 * would cost more than it gives
 */
static unsigned
batch_write(void)
{
	struct page *pages[BATCH];
	unsigned nr = 0, nr_written, nr_failed = 0;
	swp_entry_t where;

	for (unsigned i = 0; i < LOOKS && nr < BATCH && zswap_oldest(&where); i++) {
		pages[nr] = entry_expand(where);
		nr += pages[nr] != NULL;
	}
	nr_written = swap_writeout_to_disk(pages, nr);
	for (unsigned i = 0; i < nr; i++)
		nr_failed += !page_finish(pages[i]);
	nr_written -= MIN(nr_written, nr_failed);
	vmstat_add(ZSWPWB, nr_written);
	__atomic_fetch_add(&zswap_stats.written_back_pages, nr_written, __ATOMIC_RELAXED);
	return nr_written;
}

static void
writeback_main(void *arg)
{
	(void)arg;
	current->reclaim_depth++;
	for (;;) {
		wait_event(&wq, READ_ONCE(asked));
		WRITE_ONCE(asked, false);
		while (zswap_nr_pool_pages() > zswap_accept_limit() && batch_write() > 0)
			cond_resched();
	}
}

int
zswap_writeback_start(void)
{
	struct task *task = kthread_start("zswap", writeback_main, NULL);

	return IS_ERR(task) ? PTR_ERR(task) : 0;
}
