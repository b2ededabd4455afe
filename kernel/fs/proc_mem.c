/* /proc/meminfo, vmstat and slabinfo. Fields have Linux's names; a field that is not here has no cause here. */
#include "fs/proc_node.h"

#include "fs/dentry.h"
#include "fs/super.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "vm/fault.h"
#include "vm/lru.h"
#include "vm/pagecache.h"
#include "vm/reclaim.h"

static void
show_pages(struct seq *seq, const char *name, u64 nr_pages)
{
	char label[20];
	size_t len = strlen(name);

	memcpy(label, name, len);
	label[len] = ':';
	label[len + 1] = '\0';
	seq_printf(seq, "%-15s %8lu kB\n", label, nr_pages * (PAGE_SIZE / 1024));
}

static u64
slab_pages(void)
{
	struct slab_stats stats;
	u64 nr_pages = 0;

	for (unsigned n = 0; slab_stats_get(n, &stats); n++)
		nr_pages += stats.nr_slabs * stats.pages_per_slab;
	return nr_pages;
}

static void
add_memory_pages(struct super_block *sb, void *arg)
{
	u64 *nr_pages = arg;

	if (sb->in_memory)
		*nr_pages += super_nr_pages(sb);
}

/* Pages whose only home is memory: files of tmpfs. */
static u64
tmpfs_pages(void)
{
	u64 nr_pages = 0;

	super_for_each(add_memory_pages, &nr_pages);
	return nr_pages;
}

static int
show_meminfo(struct seq *seq)
{
	u64 active, inactive, free = nr_free_pages(), cached = nr_pagecache_pages();
	u64 shmem = tmpfs_pages();

	lru_counts(&active, &inactive);
	show_pages(seq, "MemTotal", nr_total_pages());
	show_pages(seq, "MemFree", free);
	show_pages(seq, "MemAvailable", free + cached - MIN(cached, shmem + nr_dirty_pages()));
	show_pages(seq, "Buffers", 0);
	show_pages(seq, "Cached", cached);
	show_pages(seq, "SwapCached", 0);
	show_pages(seq, "Active", active);
	show_pages(seq, "Inactive", inactive);
	show_pages(seq, "SwapTotal", 0);
	show_pages(seq, "SwapFree", 0);
	show_pages(seq, "Dirty", nr_dirty_pages());
	show_pages(seq, "Writeback", nr_writeback_pages());
	show_pages(seq, "Shmem", shmem);
	show_pages(seq, "Slab", slab_pages());
	show_pages(seq, "VmallocUsed", vmalloc_nr_pages());
	return 0;
}

static int
show_vmstat(struct seq *seq)
{
	struct fault_stats faults;
	struct reclaim_stats reclaim;
	u64 active, inactive;

	fault_stats_get(&faults);
	reclaim_stats_get(&reclaim);
	lru_counts(&active, &inactive);
	seq_printf(seq, "nr_free_pages %lu\n", nr_free_pages());
	seq_printf(seq, "nr_inactive_file %lu\nnr_active_file %lu\n", inactive, active);
	seq_printf(seq, "nr_file_pages %lu\n", nr_pagecache_pages());
	seq_printf(seq, "nr_dirty %lu\nnr_writeback %lu\n", nr_dirty_pages(), nr_writeback_pages());
	seq_printf(seq, "nr_slab %lu\n", slab_pages());
	seq_printf(seq, "pgfault %lu\npgmajfault %lu\n", faults.nr_faults, faults.nr_major);
	seq_printf(seq, "pgscan_direct %lu\npgsteal_direct %lu\n", reclaim.nr_scanned,
		   reclaim.nr_freed);
	return 0;
}

static int
show_slabinfo(struct seq *seq)
{
	struct slab_stats stats;

	seq_puts(seq,
		 "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> "
		 "<objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : "
		 "slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	for (unsigned n = 0; slab_stats_get(n, &stats); n++)
		seq_printf(seq,
			   "%-17s %6lu %6lu %6lu %4u %4u : tunables    0    0    0 : slabdata %6lu "
			   "%6lu      0\n",
			   stats.name, stats.nr_active, stats.nr_objects, (u64)stats.slot_size,
			   stats.objects_per_slab, stats.pages_per_slab, stats.nr_slabs,
			   stats.nr_slabs);
	return 0;
}

/* Unused names and inodes, as Linux's dentry-state: all, unused, and four that are always 0. */
static int
show_dentry_state(struct seq *seq)
{
	u64 nr_dentries, nr_unused;

	dcache_stats(&nr_dentries, &nr_unused);
	seq_printf(seq, "%lu\t%lu\t0\t0\t0\t0\n", nr_dentries, nr_unused);
	return 0;
}

static int
show_inode_nr(struct seq *seq)
{
	u64 nr_inodes, nr_unused;

	inode_cache_stats(&nr_inodes, &nr_unused);
	seq_printf(seq, "%lu\t%lu\n", nr_inodes, nr_unused);
	return 0;
}

/* 1: clean pages, 2: names, inodes and slabs, 3: both. */
static int
write_drop_caches(const char *text)
{
	if (text[0] < '1' || text[0] > '3' || text[1])
		return -EINVAL;
	if (text[0] != '1') {
		dcache_shrink(NULL, UINT64_MAX);
		inode_cache_shrink(UINT64_MAX / 2);
	}
	if (text[0] != '2')
		reclaim_drop_caches();
	if (text[0] == '3')
		inode_cache_shrink(UINT64_MAX / 2);
	return 0;
}

void
proc_mem_init(void)
{
	procfs_register("meminfo", show_meminfo);
	procfs_register("vmstat", show_vmstat);
	procfs_register("slabinfo", show_slabinfo);
	procfs_register("sys/fs/dentry-state", show_dentry_state);
	procfs_register("sys/fs/inode-nr", show_inode_nr);
	procfs_register_writable("sys/vm/drop_caches", NULL, write_drop_caches);
}
