/*
 * Write-back. A dirty page has PG_dirty and the DIRTY mark in its mapping; a mapping with dirty
 * pages is on a list, oldest first. A batch is some dirty pages in the order of their index: each is
 * locked for a moment, made read-only in all page tables, so that a later store marks it dirty
 * again, and changed from dirty to being written; then the TLBs are flushed, once for all of them, and the
 * file system gets those of consecutive index together.
 *
 *	lock page, dirty -> writeback, unlock page	 for each of the batch
 *	flush
 *	ops->write_pages				 starts the I/O; no page lock is held
 *	page_end_writeback				 when it is done, of each page
 *
 * A page that is being written when its turn comes is waited for if the caller wants to wait, else
 * left dirty. It is being written, too, while write_pages has yet to find room for it on the disk: so nobody
 * waits for write-back who holds what write_pages takes, a transaction above all.
 */

#include "vm/writeback.h"

#include "core/clock.h"
#include "core/panic.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/tlb_deferred.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "sched/wait.h"
#include "vm/flusher.h"
#include "vm/lru.h"
#include "vm/rmap.h"

static atomic64_t nr_dirty, nr_writeback, nr_ended, nr_throttled, nr_ended_throttled;
static struct wait_queue progress_wq = WAIT_QUEUE_INIT(progress_wq);

void
dirty_count_add(s64 delta)
{
	atomic64_add(&nr_dirty, delta);
}

void
writeback_began(void)
{
	atomic64_add(&nr_writeback, 1);
	vmstat_add(NR_WRITTEN, 1);
}

void
writeback_ended(void)
{
	atomic64_add(&nr_writeback, -1);
	atomic64_add(&nr_ended, 1);
	if (atomic64_read(&nr_throttled) > 0)
		atomic64_add(&nr_ended_throttled, 1);
	if (wait_queue_active(&progress_wq))
		wake_up_all(&progress_wq);
}

void
page_mark_dirty(struct page *page)
{
	struct mapping *mapping = page->mapping;
	bool first;

	assert(page_locked(page) && mapping);
	if (!page_test_and_set(page, PG_dirty))
		return;
	if (mapping->swapbacked && !page_test(page, PG_swapbacked)) {
		lru_make_swapbacked(page);
		vmstat_add(NR_SHMEM, 1);
	}
	spin_lock(&mapping->lock);
	xa_set_mark(&mapping->pages, page->index, PAGECACHE_DIRTY);
	first = mapping->nr_dirty++ == 0;
	spin_unlock(&mapping->lock);
	if (!mapping->ops->write_pages)
		return;
	dirty_count_add(1);
	vmstat_add(NR_DIRTIED, 1);
	if (first)
		dirty_list_add(mapping);
}

/* => mapping->lock held, page locked and dirty */
static void
page_clear_dirty_locked(struct mapping *mapping, struct page *page)
{
	page_clear(page, PG_dirty);
	xa_clear_mark(&mapping->pages, page->index, PAGECACHE_DIRTY);
	mapping->nr_dirty--;
}

void
page_cancel_dirty(struct page *page)
{
	struct mapping *mapping = page->mapping;

	assert(page_locked(page) && mapping);
	if (!page_test(page, PG_dirty))
		return;
	spin_lock(&mapping->lock);
	page_clear_dirty_locked(mapping, page);
	spin_unlock(&mapping->lock);
	if (mapping->ops->write_pages)
		dirty_count_add(-1);
}

/*
 * The page is dirty no more, but being written. One mark takes the other's place in one step: who looks for
 * either finds the page until it is on the disk. => page locked and dirty
 */
static void
page_dirty_to_writeback(struct mapping *mapping, struct page *page)
{
	writeback_began();
	spin_lock(&mapping->lock);
	page_set(page, PG_writeback);
	xa_set_mark(&mapping->pages, page->index, PAGECACHE_WRITEBACK);
	page_clear_dirty_locked(mapping, page);
	spin_unlock(&mapping->lock);
	dirty_count_add(-1);
}

/* Bytes of the page that lie behind the end of the file, when the end is in the page; else 0. */
static u64
page_tail_bytes(const struct mapping *mapping, const struct page *page)
{
	u64 start = page->index << PAGE_SHIFT, size = mapping_size(mapping);

	return size > start && size - start < PAGE_SIZE ? PAGE_SIZE - (size - start) : 0;
}

/*
 * Stores through a mapping may have gone beyond the end of the file; the disk gets zeros there. => nobody can
 * store to the page: else it might be behind an end that is not the end any more
 */
static void
page_zero_tail(const struct mapping *mapping, struct page *page)
{
	u64 bytes = page_tail_bytes(mapping, page);
	u8 *kva = kmap_local_page(page);

	memset(kva + PAGE_SIZE - bytes, 0, bytes);
	kunmap_local(kva);
}

/*
 * From here on a store to the page is seen, at the latest when deferred was flushed. Where the file ends in
 * the page that is at once, and only then is the end asked for that counts: until then programs may store
 * behind it, in a file that others let grow. => page locked
 */
static void
page_protect(const struct mapping *mapping, struct page *page, struct tlb_deferred *deferred)
{
	bool has_tail = page_tail_bytes(mapping, page) > 0;

	rmap_write_protect(page, has_tail ? NULL : deferred);
	if (has_tail)
		page_zero_tail(mapping, page);
}

/* Turn a dirty page into one that is being written. => false: it is not to be written now */
static bool
page_start_writeback(struct mapping *mapping, struct page *page, bool wait,
		     struct tlb_deferred *deferred)
{
	bool start;

	page_lock(page);
	if (wait)
		page_wait_writeback(page);
	start = page->mapping == mapping && page_test(page, PG_dirty) &&
		!page_test(page, PG_writeback);
	if (start) {
		page_protect(mapping, page, deferred);
		page_dirty_to_writeback(mapping, page);
	}
	page_unlock(page);
	return start;
}

/* Dirty pages from *index on, with references; *index becomes what follows. => how many */
static unsigned
batch_find(struct mapping *mapping, u64 *index, u64 last, struct page **pages)
{
	struct page *page;
	u64 at = *index;
	unsigned nr = 0;

	spin_lock(&mapping->lock);
	page = xa_find_marked(&mapping->pages, &at, last, PAGECACHE_DIRTY);
	while (page) {
		page_get(page);
		pages[nr++] = page;
		at++;
		if (nr == MAPPING_BATCH_MAX || at > last)
			break;
		page = xa_find_marked(&mapping->pages, &at, last, PAGECACHE_DIRTY);
	}
	spin_unlock(&mapping->lock);
	*index = at;
	return nr;
}

/* Pages that are being written now, in the order of their index, in runs of neighbours. */
static void
runs_write(struct mapping *mapping, struct page **pages, unsigned nr)
{
	unsigned first = 0;

	for (unsigned i = 1; i <= nr; i++)
		if (i == nr || pages[i]->index != pages[i - 1]->index + 1) {
			mapping->ops->write_pages(mapping, pages + first, i - first);
			first = i;
		}
}

/* Those that cannot be written now are left. */
static void
batch_write(struct mapping *mapping, struct page *const *pages, unsigned nr, bool wait)
{
	struct page *started[MAPPING_BATCH_MAX];
	struct tlb_deferred deferred;
	unsigned nr_started = 0;

	tlb_deferred_init(&deferred);
	for (unsigned i = 0; i < nr; i++)
		if (page_start_writeback(mapping, pages[i], wait, &deferred))
			started[nr_started++] = pages[i];
	tlb_deferred_flush(&deferred);
	runs_write(mapping, started, nr_started);
}

bool
mapping_is_marked(struct mapping *mapping, enum xa_mark mark)
{
	bool marked;

	spin_lock(&mapping->lock);
	marked = xa_is_marked(&mapping->pages, mark);
	spin_unlock(&mapping->lock);
	return marked;
}

static void
write_dirty_pages(struct mapping *mapping, u64 first, u64 last, bool wait)
{
	struct page *pages[MAPPING_BATCH_MAX];
	u64 index = first;

	while (index <= last && mapping_is_marked(mapping, PAGECACHE_DIRTY)) {
		unsigned nr = batch_find(mapping, &index, last, pages);

		batch_write(mapping, pages, nr, wait);
		for (unsigned i = 0; i < nr; i++)
			page_put(pages[i]);
		if (nr == 0)
			break;
		cond_resched();
	}
}

/* The next page that is, or was, being written, with a reference; its mark is cleared. */
static struct page *
written_next(struct mapping *mapping, u64 *index, u64 last)
{
	struct page *page;

	spin_lock(&mapping->lock);
	page = xa_find_marked(&mapping->pages, index, last, PAGECACHE_WRITEBACK);
	if (page) {
		page_get(page);
		if (!page_test(page, PG_writeback))
			xa_clear_mark(&mapping->pages, *index, PAGECACHE_WRITEBACK);
	}
	spin_unlock(&mapping->lock);
	return page;
}

static void
wait_for_pages(struct mapping *mapping, u64 first, u64 last)
{
	struct page *page;

	for (u64 index = first; (page = written_next(mapping, &index, last)); index++) {
		page_wait_writeback(page);
		page_put(page);
		if (index == last)
			break;
	}
}

static u32
mapping_nr_errors(const struct mapping *mapping)
{
	return __atomic_load_n(&mapping->wb_errors, __ATOMIC_SEQ_CST);
}

int
mapping_writeback(struct mapping *mapping, u64 start, u64 end, bool wait)
{
	u64 first = start >> PAGE_SHIFT, last = (end - 1) >> PAGE_SHIFT;
	u32 before = mapping_nr_errors(mapping);

	if (!mapping->ops->write_pages || end <= start)
		return 0;
	write_dirty_pages(mapping, first, last, wait);
	if (wait)
		wait_for_pages(mapping, first, last);
	return mapping_nr_errors(mapping) != before ? READ_ONCE(mapping->wb_error) : 0;
}

int
mapping_check_error(struct mapping *mapping, u32 *since)
{
	int error = 0;

	if (mapping_nr_errors(mapping) == READ_ONCE(*since))
		return 0;
	spin_lock(&mapping->lock);
	if (mapping_nr_errors(mapping) != *since) {
		error = READ_ONCE(mapping->wb_error);
		mapping->wb_errors_told = mapping_nr_errors(mapping);
		WRITE_ONCE(*since, mapping->wb_errors_told);
	}
	spin_unlock(&mapping->lock);
	return error;
}

void
writeback_wait_progress(u64 ns)
{
	s64 before = atomic64_read(&nr_ended);

	wait_event_deadline(&progress_wq, atomic64_read(&nr_ended) != before, clock_now_ns() + ns);
}

void
writeback_throttle_begin(void)
{
	atomic64_add(&nr_throttled, 1);
}

void
writeback_throttle_end(void)
{
	atomic64_add(&nr_throttled, -1);
}

u64
nr_throttled_written(void)
{
	return atomic64_read(&nr_ended_throttled);
}

u64
nr_dirty_pages(void)
{
	return MAX(atomic64_read(&nr_dirty), 0L);
}

u64
nr_writeback_pages(void)
{
	return MAX(atomic64_read(&nr_writeback), 0L);
}
