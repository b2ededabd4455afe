/*
 * What other harts see of a page that is unmapped: the count of its mappings falls when none of them can
 * store to it any more. Write-back and reclaim rely on it.
 */

#include "ktest/instant_file.h"
#include "ktest/ktest.h"
#include "lib/err.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "vm/fault.h"
#include "vm/mmap.h"
#include "vm/rmap.h"

#define BASE	  0x10000000UL
#define NR_ROUNDS 200

static struct mapping file;

/* A thread of hart 1, with the address space loaded, that looks at the page until it is not mapped. */
struct watcher {
	struct mm *mm;
	struct page *page;
	atomic_t looks;
	bool flushed;  /* hart 1 had been told by then */
	atomic_t gone; /* the last that it touches */
};

/* Flushes of hart 1: at another's request, and those that it owed when it came back to the address space. */
static s64
nr_flushes(void)
{
	return READ_ONCE(vm_counts[1].nr[NR_TLB_REMOTE_FLUSH_RECEIVED]) +
	       READ_ONCE(vm_counts[1].nr[NR_TLB_LOCAL_FLUSH_ALL]);
}

static void
watcher_run(void *arg)
{
	struct watcher *watcher = arg;
	s64 before;

	sched_set_allowed(current, 1U << 1);
	mm_switch(watcher->mm);
	before = nr_flushes();
	atomic_inc(&watcher->looks);
	while (page_mapcount(watcher->page) > 0)
		;
	watcher->flushed = nr_flushes() > before;
	mm_switch(NULL);
	atomic_inc(&watcher->gone);
}

/* A page of the file that the address space may write, and has written. */
static struct page *
page_map_dirty(struct mm *mm)
{
	if (vma_map(mm, BASE, PAGE_SIZE, VM_READ | VM_WRITE | VM_MAYALL | VM_SHARED, &file, 0,
		    MAP_PLACE_FIXED) != BASE ||
	    fault_handle(mm, BASE, FAULT_WRITE) != FAULT_OK)
		return NULL;
	return pagecache_find(&file, 0);
}

static void
await(const atomic_t *event)
{
	while (__atomic_load_n(&event->v, __ATOMIC_ACQUIRE) == 0)
		task_sleep_ns(NSEC_PER_MSEC, false);
}

/* => what the watcher found */
static bool
unmap_watched(struct mm *mm)
{
	struct watcher watcher = {.mm = mm, .page = page_map_dirty(mm)};

	if (!watcher.page)
		return false;
	if (IS_ERR(kthread_start("watcher", watcher_run, &watcher)))
		return false;
	await(&watcher.looks);
	KTEST_CHECK(vma_unmap(mm, BASE, PAGE_SIZE) == 0);
	await(&watcher.gone);
	page_put(watcher.page);
	return watcher.flushed;
}

KTEST(zap_flushes_before_the_count_falls)
{
	cpumask_t all = current->allowed;
	unsigned nr_flushed = 0;
	struct mm *mm;

	KTEST_NEEDS(nr_cpus >= 2);
	mm = mm_create();
	KTEST_REQUIRE(mm);
	mapping_init(&file, &file_ops, NULL, PAGE_SIZE);
	sched_set_allowed(current, 1U << 0);
	mm_switch(mm);
	for (unsigned i = 0; i < NR_ROUNDS; i++)
		nr_flushed += unmap_watched(mm);
	KTEST_CHECK(nr_flushed == NR_ROUNDS);
	mm_put(mm_switch(NULL));
	sched_set_allowed(current, all & sched_harts());
	KTEST_CHECK(mapping_truncate(&file, 0) == 0);
	mapping_destroy(&file);
}
