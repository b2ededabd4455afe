/* /proc/swaps: the areas in use. */
#include "fs/proc_node.h"

#include "vm/swap.h"

#define PATH_COLUMN 40

/* A number of KiB, and a tabulator more if it is shorter than that. */
static void
show_kib(struct seq *seq, u64 nr_pages)
{
	u64 kib = nr_pages << (PAGE_SHIFT - 10);

	seq_printf(seq, "%lu\t%s", kib, kib < 10000000 ? "\t" : "");
}

static void
show_area(const struct swap_area_info *info, void *arg)
{
	struct seq *seq = arg;
	size_t begin = seq->len, width;

	seq_escape(seq, info->path, " \t\n");
	width = seq->len - begin;
	seq_printf(seq, "%*s%s\t", width < PATH_COLUMN ? PATH_COLUMN - (int)width : 1, "",
		   info->is_file ? "file\t" : "partition");
	show_kib(seq, info->nr_pages);
	show_kib(seq, info->nr_used);
	seq_printf(seq, "%d\n", info->priority);
}

static int
show_swaps(struct seq *seq)
{
	seq_puts(seq, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	swap_for_each_area(show_area, seq);
	return 0;
}

void INIT
proc_swaps_init(void)
{
	procfs_register("swaps", show_swaps);
}
