/* /proc/vmstat: numbers of pages, then events since the boot. */
#include "fs/proc_node.h"

#include "dev/block.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "mem/vmstat.h"
#include "mem/zone.h"
#include "vm/fault.h"
#include "vm/flusher.h"
#include "vm/lru.h"
#include "vm/oom.h"
#include "vm/pagecache.h"
#include "vm/swap.h"
#include "vm/writeback.h"

#define SECTORS_PER_KIB (1024 / SECTOR_SIZE)

static void
show(struct seq *seq, const char *name, u64 value)
{
	seq_printf(seq, "%s %lu\n", name, value);
}

void
vmstat_show_node(struct seq *seq, const char *indent)
{
	u64 reclaimable = slab_nr_reclaimable_pages();
	const struct {
		const char *name;
		u64 value;
	} stats[] = {
		{"nr_inactive_anon", lru_nr_pages(LRU_INACTIVE_ANON)},
		{"nr_active_anon", lru_nr_pages(LRU_ACTIVE_ANON)},
		{"nr_inactive_file", lru_nr_pages(LRU_INACTIVE_FILE)},
		{"nr_active_file", lru_nr_pages(LRU_ACTIVE_FILE)},
		{"nr_unevictable", lru_nr_pages(LRU_UNEVICTABLE)},
		{"nr_slab_reclaimable", reclaimable},
		{"nr_slab_unreclaimable", MAX(slab_nr_pages(), reclaimable) - reclaimable},
		{"nr_isolated_anon", lru_nr_isolated(LRU_ANON)},
		{"nr_isolated_file", lru_nr_isolated(LRU_FILE)},
		{"nr_anon_pages", vmstat_get(NR_ANON_MAPPED)},
		{"nr_mapped", vmstat_get(NR_FILE_MAPPED)},
		{"nr_file_pages", nr_pagecache_pages()},
		{"nr_dirty", nr_dirty_pages()},
		{"nr_writeback", nr_writeback_pages()},
		{"nr_shmem", vmstat_get(NR_SHMEM)},
		{"nr_vmscan_write", vmstat_get(NR_VMSCAN_WRITE)},
		{"nr_dirtied", vmstat_get(NR_DIRTIED)},
		{"nr_written", vmstat_get(NR_WRITTEN)},
		{"nr_throttled_written", nr_throttled_written()},
		{"nr_kernel_stack", vmstat_get(NR_KERNEL_STACK) << (PAGE_SHIFT - 10)},
		{"nr_page_table_pages", vmstat_get(NR_PAGETABLE)},
		{"nr_swapcached", vmstat_get(NR_SWAPCACHE)},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(stats); i++)
		seq_printf(seq, "%s%s %lu\n", indent, stats[i].name, stats[i].value);
}

static void
show_pages(struct seq *seq)
{
	lru_flush();
	show(seq, "nr_free_pages", nr_free_pages());
	show(seq, "nr_mlock", lru_nr_pages(LRU_UNEVICTABLE));
	vmstat_show_node(seq, "");
	show(seq, "nr_dirty_threshold", dirty_threshold());
	show(seq, "nr_dirty_background_threshold", dirty_background_threshold());
}

/* KiB from and to all disks. */
static void
show_disks(struct seq *seq)
{
	u64 sectors_in = 0, sectors_out = 0;
	struct block_device *bdev;

	for (unsigned n = 0; (bdev = block_get(n)) != NULL; n++) {
		sectors_in += bdev->stats.sectors_read;
		sectors_out += bdev->stats.sectors_written;
	}
	show(seq, "pgpgin", sectors_in / SECTORS_PER_KIB);
	show(seq, "pgpgout", sectors_out / SECTORS_PER_KIB);
}

static void
show_frames(struct seq *seq)
{
	static const char *const names[NR_ZONES] = {"dma", "normal", "high"};
	u64 allocated, freed, all_freed = 0;

	for (int i = 0; i < NR_ZONES; i++) {
		zone_counts(&zones[i], &allocated, &freed);
		seq_printf(seq, "pgalloc_%s %lu\n", names[i], allocated);
		all_freed += freed;
	}
	show(seq, "pgfree", all_freed);
}

static void
show_reclaim(struct seq *seq)
{
	static const struct {
		const char *name;
		enum vm_item item;
	} rows[] = {
		{"pgactivate", PGACTIVATE},
		{"pgdeactivate", PGDEACTIVATE},
		{"pgrefill", PGREFILL},
		{"pgscan_kswapd", PGSCAN_KSWAPD},
		{"pgscan_direct", PGSCAN_DIRECT},
		{"pgscan_direct_throttle", PGSCAN_DIRECT_THROTTLE},
		{"pgscan_anon", PGSCAN_ANON},
		{"pgscan_file", PGSCAN_FILE},
		{"pgsteal_kswapd", PGSTEAL_KSWAPD},
		{"pgsteal_direct", PGSTEAL_DIRECT},
		{"pgsteal_anon", PGSTEAL_ANON},
		{"pgsteal_file", PGSTEAL_FILE},
		{"slabs_scanned", SLABS_SCANNED},
		{"kswapd_low_wmark_hit_quickly", KSWAPD_LOW_WMARK_HIT_QUICKLY},
		{"pageoutrun", PAGEOUTRUN},
		{"allocstall_dma", ALLOCSTALL_DMA},
		{"allocstall_normal", ALLOCSTALL_NORMAL},
		{"allocstall_high", ALLOCSTALL_HIGH},
		{"workingset_refault_anon", WORKINGSET_REFAULT_ANON},
		{"workingset_refault_file", WORKINGSET_REFAULT_FILE},
		{"workingset_activate_anon", WORKINGSET_ACTIVATE_ANON},
		{"workingset_activate_file", WORKINGSET_ACTIVATE_FILE},
		{"workingset_restore_anon", WORKINGSET_RESTORE_ANON},
		{"workingset_restore_file", WORKINGSET_RESTORE_FILE},
		{"unevictable_pgs_culled", UNEVICTABLE_PGS_CULLED},
		{"unevictable_pgs_scanned", UNEVICTABLE_PGS_SCANNED},
		{"unevictable_pgs_rescued", UNEVICTABLE_PGS_RESCUED},
		{"unevictable_pgs_mlocked", UNEVICTABLE_PGS_MLOCKED},
		{"unevictable_pgs_munlocked", UNEVICTABLE_PGS_MUNLOCKED},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		show(seq, rows[i].name, vmstat_get(rows[i].item));
}

static int
show_vmstat(struct seq *seq)
{
	struct fault_stats faults;

	fault_stats_get(&faults);
	show_pages(seq);
	show_disks(seq);
	show(seq, "pswpin", vmstat_get(PSWPIN));
	show(seq, "pswpout", vmstat_get(PSWPOUT));
	show(seq, "swap_slots_bad", atomic64_read(&swap_nr_failed));
	show(seq, "swap_ra", vmstat_get(SWAP_RA));
	show(seq, "swap_ra_hit", vmstat_get(SWAP_RA_HIT));
	show(seq, "zswpin", vmstat_get(ZSWPIN));
	show(seq, "zswpout", vmstat_get(ZSWPOUT));
	show(seq, "zswpwb", vmstat_get(ZSWPWB));
	show_frames(seq);
	show(seq, "pgfault", faults.nr_faults);
	show(seq, "pgmajfault", faults.nr_major);
	show(seq, "pgreuse", faults.nr_cow_reused);
	show_reclaim(seq);
	show(seq, "pgcolor_hit", vmstat_get(PGCOLOR_HIT));
	show(seq, "pgcolor_miss", vmstat_get(PGCOLOR_MISS));
	show(seq, "drop_pagecache", vmstat_get(DROP_PAGECACHE));
	show(seq, "drop_slab", vmstat_get(DROP_SLAB));
	show(seq, "oom_kill", oom_nr_kills());
	show(seq, "nr_tlb_remote_flush", vmstat_get(NR_TLB_REMOTE_FLUSH));
	show(seq, "nr_tlb_remote_flush_received", vmstat_get(NR_TLB_REMOTE_FLUSH_RECEIVED));
	show(seq, "nr_tlb_local_flush_all", vmstat_get(NR_TLB_LOCAL_FLUSH_ALL));
	return 0;
}

void INIT
proc_vmstat_init(void)
{
	procfs_register("vmstat", show_vmstat);
}
