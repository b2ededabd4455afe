/*
 * /proc/zoneinfo, buddyinfo and pagetypeinfo. There is one node. Blocks have no migrate type of
 * their own here: pagetypeinfo says what each block is, from the frames that are in it.
 */
#include "fs/proc_node.h"

#include "core/cpu.h"
#include "fs/frame_survey.h"
#include "mem/page_color.h"
#include "mem/pcp.h"
#include "mem/zone.h"
#include "sched/sched.h"
#include "vm/lru.h"

static void
show_pagesets(struct seq *seq, const struct zone *zone)
{
	seq_puts(seq, "  pagesets\n");
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		const struct page_list_cpu *pcp = &zone->pcp[cpu];

		seq_printf(seq, "    cpu: %u\n              count: %lu\n", cpu, pcp_nr(pcp));
		seq_printf(seq, "              high:  %u\n              batch: %u\n",
			   2 * pcp->magazine, pcp->batch);
		if (page_color_mask)
			seq_printf(seq, "              color: %lu\n",
				   page_color_nr_kept(cpu, zone->index));
	}
}

/* How many of its pages are on which list. */
static void
show_lists(struct seq *seq, const struct zone *zone)
{
	static const char *const names[NR_LRU_LISTS] = {
		[LRU_INACTIVE_ANON] = "inactive_anon", [LRU_ACTIVE_ANON] = "active_anon",
		[LRU_INACTIVE_FILE] = "inactive_file", [LRU_ACTIVE_FILE] = "active_file",
		[LRU_UNEVICTABLE] = "unevictable",
	};

	for (enum lru_list list = 0; list < NR_LRU_LISTS; list++)
		seq_printf(seq, "      nr_zone_%s %lu\n", names[list],
			   READ_ONCE(lrus[zone->index].nr[list]));
	seq_printf(seq, "      nr_mlock     %lu\n",
		   READ_ONCE(lrus[zone->index].nr[LRU_UNEVICTABLE]));
}

static void
show_zone(struct seq *seq, const struct zone *zone)
{
	seq_printf(seq, "  pages free     %lu\n", READ_ONCE(zone->nr_free));
	seq_printf(seq, "        min      %lu\n        low      %lu\n        high     %lu\n",
		   zone->watermark_min, zone->watermark_low, zone->watermark_high);
	seq_printf(seq, "        spanned  %lu\n        present  %lu\n        managed  %lu\n",
		   zone->end_pfn - zone->start_pfn, zone->nr_present, zone->nr_managed);
	seq_puts(seq, "        protection: (");
	for (int i = 0; i < NR_ZONES; i++)
		seq_printf(seq, "%s%lu", i ? ", " : "", zone->lowmem_reserve[i]);
	seq_printf(seq, ")\n      nr_free_pages %lu\n", READ_ONCE(zone->nr_free));
	show_lists(seq, zone);
	show_pagesets(seq, zone);
	seq_printf(seq, "  start_pfn:           %lu\n", zone->start_pfn);
}

/* The node's statistics come with its first zone. */
static int
show_zoneinfo(struct seq *seq)
{
	bool first = true;

	lru_flush();
	for (int i = 0; i < NR_ZONES; i++) {
		if (!zones[i].nr_present)
			continue;
		seq_printf(seq, "Node 0, zone %8s\n", zones[i].name);
		if (first) {
			seq_puts(seq, "  per-node stats\n");
			vmstat_show_node(seq, "      ");
		}
		show_zone(seq, &zones[i]);
		first = false;
	}
	return 0;
}

static int
show_buddyinfo(struct seq *seq)
{
	for (int i = 0; i < NR_ZONES; i++) {
		if (!zones[i].nr_present)
			continue;
		seq_printf(seq, "Node 0, zone %8s ", zones[i].name);
		for (unsigned order = 0; order <= MAX_ORDER; order++)
			seq_printf(seq, "%6lu ", zone_nr_blocks(&zones[i], order));
		seq_putc(seq, '\n');
	}
	return 0;
}

/* What a block of the largest order is by its frames, the most lasting of them first. */
enum block_type {
	BLOCK_RESERVED,
	BLOCK_UNMOVABLE,
	BLOCK_RECLAIMABLE,
	BLOCK_MOVABLE,
	NR_BLOCK_TYPES
};

static const char *const block_names[NR_BLOCK_TYPES] = {
	[BLOCK_RESERVED] = "Reserved",
	[BLOCK_UNMOVABLE] = "Unmovable",
	[BLOCK_RECLAIMABLE] = "Reclaimable",
	[BLOCK_MOVABLE] = "Movable",
};

struct type_counts {
	u64 nr_free[NR_BLOCK_TYPES][MAX_ORDER + 1];
	u64 nr_blocks[NR_BLOCK_TYPES];
};

static enum block_type
type_of_state(enum frame_state state)
{
	switch (state) {
	case FRAME_BUDDY:
	case FRAME_PCP:
	case FRAME_ANON:
	case FRAME_SHMEM:
		return BLOCK_MOVABLE;
	case FRAME_FILE:
		return BLOCK_RECLAIMABLE;
	default:
		return state >= FRAME_RESERVED ? BLOCK_RESERVED : BLOCK_UNMOVABLE;
	}
}

/* The frames of one block of the largest order, and what its free ones lie among. */
struct block_count {
	enum block_type type;
	u64 nr_free[MAX_ORDER + 1];
};

static void
block_close(struct type_counts *counts, struct block_count *block)
{
	counts->nr_blocks[block->type]++;
	for (unsigned order = 0; order <= MAX_ORDER; order++)
		counts->nr_free[block->type][order] += block->nr_free[order];
	*block = (struct block_count){.type = BLOCK_MOVABLE};
}

static unsigned
order_of(u64 nr)
{
	unsigned order = 0;

	while (order < MAX_ORDER && nr > 1UL << order)
		order++;
	return order;
}

/* Blocks of a zone that have a frame of RAM. */
static void
zone_count_types(const struct zone *zone, struct type_counts *counts)
{
	struct block_count block = {.type = BLOCK_MOVABLE};
	u64 at = UINT64_MAX, nr_walked = 0;
	struct frame_walk walk = {0};

	*counts = (struct type_counts){0};
	while (frame_walk_next(&walk)) {
		if (++nr_walked % MAX_ORDER_PAGES == 0)
			cond_resched();
		if (walk.pfn < zone->start_pfn || walk.pfn >= zone->end_pfn)
			continue;
		if (at != UINT64_MAX && walk.pfn >> MAX_ORDER != at)
			block_close(counts, &block);
		at = walk.pfn >> MAX_ORDER;
		block.type = MIN(block.type, type_of_state(walk.state));
		if (walk.state == FRAME_BUDDY)
			block.nr_free[order_of(walk.nr)]++;
	}
	if (at != UINT64_MAX)
		block_close(counts, &block);
}

static void
show_free_by_type(struct seq *seq, const struct zone *zone, const struct type_counts *counts)
{
	for (enum block_type type = 0; type < NR_BLOCK_TYPES; type++) {
		seq_printf(seq, "Node    0, zone %8s, type %12s ", zone->name, block_names[type]);
		for (unsigned order = 0; order <= MAX_ORDER; order++)
			seq_printf(seq, "%6lu ", counts->nr_free[type][order]);
		seq_putc(seq, '\n');
	}
}

static void
show_blocks_by_type(struct seq *seq, const struct zone *zone, const struct type_counts *counts)
{
	seq_printf(seq, "Node 0, zone %8s ", zone->name);
	for (enum block_type type = 0; type < NR_BLOCK_TYPES; type++)
		seq_printf(seq, "%12lu ", counts->nr_blocks[type]);
	seq_putc(seq, '\n');
}

static int
show_pagetypeinfo(struct seq *seq)
{
	struct type_counts counts[NR_ZONES];

	seq_printf(seq, "Page block order: %u\nPages per block:  %lu\n\n%-43s", MAX_ORDER,
		   MAX_ORDER_PAGES, "Free pages count per migrate type at order");
	for (unsigned order = 0; order <= MAX_ORDER; order++)
		seq_printf(seq, " %6u", order);
	seq_putc(seq, '\n');
	for (int i = 0; i < NR_ZONES; i++) {
		if (!zones[i].nr_present)
			continue;
		zone_count_types(&zones[i], &counts[i]);
		show_free_by_type(seq, &zones[i], &counts[i]);
	}
	seq_printf(seq, "\n%-23s", "Number of blocks type");
	for (enum block_type type = 0; type < NR_BLOCK_TYPES; type++)
		seq_printf(seq, "%12s ", block_names[type]);
	seq_putc(seq, '\n');
	for (int i = 0; i < NR_ZONES; i++)
		if (zones[i].nr_present)
			show_blocks_by_type(seq, &zones[i], &counts[i]);
	return 0;
}

void INIT
proc_zoneinfo_init(void)
{
	procfs_register("zoneinfo", show_zoneinfo);
	procfs_register("buddyinfo", show_buddyinfo);
	procfs_register("pagetypeinfo", show_pagetypeinfo);
}
