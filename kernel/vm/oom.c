/*
 * An allocation comes here when reclaim freed nothing. What follows, for one caller at a time:
 *
 *	somebody is dying for memory already	wait for that memory
 *	memory is there, or reclaim finds some	try again
 *	a block is missing, single pages are there	try again, for a while
 *	swapoff is bringing pages back		it fails, swap is there again: try again
 *	the caller itself is about to end	it gets the reserves
 *	panic_on_oom				panic
 *	there is a candidate			kill, and wait for the memory
 *	there is none				the allocation fails
 *
 * Progress. The caller may hold any sleeping lock, which the victim may need to end. So nobody waits
 * for a victim's end, but for its memory: the reaper takes that as soon as mm->lock can be had for
 * reading, and gives up after a bounded time; then the next victim can be chosen. A thread of the
 * victim that asks for memory itself, perhaps with that lock held for writing, gets the reserves, or
 * NULL. There are only so many processes; when all are dead or spared, allocations fail.
 */

#include "vm/oom.h"

#include "core/atomic.h"
#include "core/clock.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "mem/page_alloc.h"
#include "mem/page_oom.h"
#include "mem/pcp.h"
#include "mem/slab.h"
#include "mem/vmstat.h"
#include "mem/zone.h"
#include "sched/sched.h"
#include "vm/mm.h"
#include "vm/pagecache.h"
#include "vm/reclaim.h"
#include "vm/swap.h"

/* Between two tables of tasks: the console is slow, and a bomb has many victims. */
#define DUMP_INTERVAL_NS (5 * NSEC_PER_SEC)

/* Pages to look for before a kill. */
#define OOM_RECLAIM 32UL

u32 panic_on_oom;
u32 oom_kill_allocating_task;
u32 oom_dump_tasks = 1;

const struct oom_proc_ops *oom_proc_ops;

static u32 busy; /* atomic: 1 while somebody is in oom_decide() */
static u64 last_dump_ns;

u64
oom_total_pages(void)
{
	u64 nr_swap, nr_free;

	swap_totals(&nr_swap, &nr_free);
	return nr_total_pages() + nr_swap;
}

void
oom_usage_get(struct mm *mm, struct oom_usage *usage)
{
	usage->nr_anon = MAX(atomic64_read(&mm->rss_anon), 0L);
	usage->nr_file = MAX(atomic64_read(&mm->rss_file), 0L);
	usage->nr_swap = MAX(atomic64_read(&mm->nr_swap), 0L);
	usage->nr_tables = READ_ONCE(mm->pgt.nr_tables) + 1;
	usage->nr_areas = READ_ONCE(mm->nr_vmas) * sizeof(struct vma) / PAGE_SIZE;
}

static void
report_zone(const struct zone *zone)
{
	pr_warn("%s free:%lukB min:%lukB low:%lukB high:%lukB managed:%lukB pcp:%lukB", zone->name,
		READ_ONCE(zone->nr_free) * 4, zone->watermark_min * 4, zone->watermark_low * 4,
		zone->watermark_high * 4, zone->nr_managed * 4,
		(zone_nr_free_all(zone) - READ_ONCE(zone->nr_free)) * 4);
}

static void
report_memory(void)
{
	pr_warn("anon:%lu file:%lu mapped:%lu shmem:%lu dirty:%lu writeback:%lu pages",
		vmstat_get(NR_ANON_MAPPED), nr_pagecache_pages(), vmstat_get(NR_FILE_MAPPED),
		vmstat_get(NR_SHMEM), nr_dirty_pages(), nr_writeback_pages());
	pr_warn("slab:%lu reclaimable:%lu pagetables:%lu kernel_stack:%lu free:%lu of %lu pages",
		slab_nr_pages(), slab_nr_reclaimable_pages(), vmstat_get(NR_PAGETABLE),
		vmstat_get(NR_KERNEL_STACK), nr_free_pages(), nr_total_pages());
	for (unsigned i = 0; i < NR_ZONES; i++)
		if (zones[i].nr_managed)
			report_zone(&zones[i]);
}

/* Who asks, for what, and where memory is. */
static void
oom_report(gfp_t gfp, unsigned order)
{
	pr_warn("%s invoked oom-killer: gfp_mask=%#x, order=%u", current->name, gfp, order);
	report_memory();
	if (oom_dump_tasks && oom_proc_ops)
		oom_proc_ops->dump_tasks();
}

/* A bomb's many victims have one table. */
static void
report_sometimes(gfp_t gfp, unsigned order)
{
	u64 now = clock_now_ns();

	if (last_dump_ns && now - last_dump_ns < DUMP_INTERVAL_NS)
		return;
	last_dump_ns = now;
	oom_report(gfp, order);
}

/* The table above. => false: the allocation fails */
static bool
oom_decide(gfp_t gfp, unsigned order, bool block_only)
{
	bool progress;

	if (oom_proc_ops->current_dies())
		return true;
	if (oom_victim_pending() || page_alloc_possible(gfp, order))
		return true;
	pcp_drain_all();
	progress = reclaim_pages(MAX(1UL << order, OOM_RECLAIM), gfp) > 0 ||
		   (order > 0 && page_alloc_possible(gfp, 0));
	if ((progress && !block_only) || page_alloc_possible(gfp, order))
		return true;
	if (swap_off_cancel())
		return true;
	if (panic_on_oom) {
		oom_report(gfp, order);
		panic("out of memory, and panic_on_oom is %u", panic_on_oom);
	}
	report_sometimes(gfp, order);
	return oom_proc_ops->kill();
}

static bool
oom_handle(gfp_t gfp, unsigned order, bool block_only)
{
	u64 nr_done = oom_nr_done();
	bool again = true, decides;

	if (!oom_proc_ops)
		return false;
	decides = __atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE) == 0;
	if (decides) {
		again = oom_decide(gfp, order, block_only);
		__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	}
	if (again && decides && !oom_victim_pending())
		task_sleep_ns(NSEC_PER_MSEC, false);
	else if (again)
		oom_wait(nr_done);
	return again;
}

static const struct page_oom_ops ops = {
	.handle = oom_handle,
	.report = oom_report,
};

void INIT
oom_init(void)
{
	page_oom_stall_ns = bootarg_u64("oom_stall", PAGE_OOM_STALL_SECONDS) * NSEC_PER_SEC;
	oom_reaper_start();
	page_oom_ops = &ops;
}
