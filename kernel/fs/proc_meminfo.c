/*
 * /proc/meminfo, with Linux's lines. Left out is what has no cause here.
 */
#include "fs/proc_node.h"

#include "fs/qfs/qfs.h"
#include "lib/printf.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "mem/vmstat.h"
#include "mem/zone.h"
#include "vm/commit.h"
#include "vm/lru.h"
#include "vm/pagecache.h"
#include "vm/swap.h"
#include "vm/zswap.h"

static void
show_kib(struct seq *seq, const char *name, u64 kib)
{
	char label[20];

	snprintf(label, sizeof(label), "%s:", name);
	seq_printf(seq, "%-15s %8lu kB\n", label, kib);
}

static void
show_pages(struct seq *seq, const char *name, u64 nr_pages)
{
	show_kib(seq, name, nr_pages << (PAGE_SHIFT - 10));
}

/* Of what can be dropped, half is in use, or as much as the zones want free anyway. */
static u64
droppable(u64 nr_pages, u64 nr_low)
{
	return nr_pages - MIN(nr_pages / 2, nr_low);
}

/* What a zone keeps back: the watermark, and the most that it reserves from who could have a higher zone. */
static u64
zone_kept(const struct zone *zone)
{
	u64 most = 0;

	for (int i = 0; i < NR_ZONES; i++)
		most = MAX(most, zone->lowmem_reserve[i]);
	return MIN(zone->watermark_high + most, zone->nr_managed);
}

/* Pages that new programs can have without swapping, as Linux guesses it. */
static u64
available_pages(void)
{
	u64 nr_low = 0, nr_reserve = 0, nr_free = nr_free_pages();
	u64 nr_file = nr_pagecache_pages(), nr_shmem = vmstat_get(NR_SHMEM);

	for (int i = 0; i < NR_ZONES; i++) {
		nr_low += zones[i].watermark_low;
		nr_reserve += zone_kept(&zones[i]);
	}
	nr_free -= MIN(nr_free, nr_reserve);
	nr_file -= MIN(nr_file, nr_shmem + nr_dirty_pages());
	return nr_free + droppable(nr_file, nr_low) +
	       droppable(slab_nr_reclaimable_pages(), nr_low);
}

static void
show_sums(struct seq *seq)
{
	show_pages(seq, "MemTotal", nr_total_pages());
	show_pages(seq, "MemFree", nr_free_pages());
	show_pages(seq, "MemAvailable", available_pages());
	show_pages(seq, "Buffers", qfs_nr_buffers());
	show_pages(seq, "Cached", nr_pagecache_pages());
	show_pages(seq, "SwapCached", vmstat_get(NR_SWAPCACHE));
}

static void
show_lists(struct seq *seq)
{
	u64 nr[NR_LRU_LISTS];

	lru_flush();
	for (enum lru_list list = 0; list < NR_LRU_LISTS; list++)
		nr[list] = lru_nr_pages(list);
	show_pages(seq, "Active", nr[LRU_ACTIVE_ANON] + nr[LRU_ACTIVE_FILE]);
	show_pages(seq, "Inactive", nr[LRU_INACTIVE_ANON] + nr[LRU_INACTIVE_FILE]);
	show_pages(seq, "Active(anon)", nr[LRU_ACTIVE_ANON]);
	show_pages(seq, "Inactive(anon)", nr[LRU_INACTIVE_ANON]);
	show_pages(seq, "Active(file)", nr[LRU_ACTIVE_FILE]);
	show_pages(seq, "Inactive(file)", nr[LRU_INACTIVE_FILE]);
	show_pages(seq, "Unevictable", nr[LRU_UNEVICTABLE]);
	show_pages(seq, "Mlocked", nr[LRU_UNEVICTABLE]);
}

/* Only where some RAM is beyond the direct map. */
static void
show_high(struct seq *seq)
{
	const struct zone *high = &zones[ZONE_HIGHMEM];
	u64 nr_free = zone_nr_free_all(high);

	if (!high->nr_managed)
		return;
	show_pages(seq, "HighTotal", high->nr_managed);
	show_pages(seq, "HighFree", nr_free);
	show_pages(seq, "LowTotal", nr_total_pages() - high->nr_managed);
	show_pages(seq, "LowFree", nr_free_pages() - MIN(nr_free, nr_free_pages()));
}

static void
show_uses(struct seq *seq)
{
	u64 nr_slab = slab_nr_pages(), nr_reclaimable = MIN(slab_nr_reclaimable_pages(), nr_slab);

	show_pages(seq, "Dirty", nr_dirty_pages());
	show_pages(seq, "Writeback", nr_writeback_pages());
	show_pages(seq, "AnonPages", vmstat_get(NR_ANON_MAPPED));
	show_pages(seq, "Mapped", vmstat_get(NR_FILE_MAPPED));
	show_pages(seq, "Shmem", vmstat_get(NR_SHMEM));
	show_pages(seq, "KReclaimable", nr_reclaimable);
	show_pages(seq, "Slab", nr_slab);
	show_pages(seq, "SReclaimable", nr_reclaimable);
	show_pages(seq, "SUnreclaim", nr_slab - nr_reclaimable);
	show_pages(seq, "KernelStack", vmstat_get(NR_KERNEL_STACK));
	show_pages(seq, "PageTables", vmstat_get(NR_PAGETABLE));
}

static void
show_swap(struct seq *seq)
{
	u64 nr_total, nr_free;

	swap_totals(&nr_total, &nr_free);
	show_pages(seq, "SwapTotal", nr_total);
	show_pages(seq, "SwapFree", nr_free);
	show_pages(seq, "Zswap", zswap_nr_pool_pages());
	show_pages(seq, "Zswapped", zswap_nr_stored());
}

static int
show_meminfo(struct seq *seq)
{
	show_sums(seq);
	show_lists(seq);
	show_high(seq);
	show_swap(seq);
	show_uses(seq);
	show_pages(seq, "CommitLimit", commit_limit());
	show_pages(seq, "Committed_AS", vmstat_get(NR_COMMITTED));
	show_kib(seq, "VmallocTotal", (VMALLOC_END - VMALLOC_BASE) >> 10);
	show_pages(seq, "VmallocUsed", vmalloc_nr_pages());
	show_pages(seq, "VmallocChunk", 0);
	return 0;
}

void INIT
proc_meminfo_init(void)
{
	procfs_register("meminfo", show_meminfo);
}
