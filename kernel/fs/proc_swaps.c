/* /proc/swaps: the areas in use. */
#include "fs/proc_node.h"

#include "vm/swap.h"

#define PATH_COLUMN 40

static int
show_swaps(struct seq *seq)
{
	struct swap_area_info info;

	seq_puts(seq, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	for (unsigned n = 0; swap_area_info(n, &info); n++)
		seq_printf(seq, "%-*s%s\t%lu\t%s%lu\t%s%d\n", PATH_COLUMN, info.path,
			   info.is_file ? "file\t" : "partition",
			   info.nr_pages << (PAGE_SHIFT - 10),
			   info.nr_pages < 10000000 >> (PAGE_SHIFT - 10) ? "\t" : "",
			   info.nr_used << (PAGE_SHIFT - 10),
			   info.nr_used < 10000000 >> (PAGE_SHIFT - 10) ? "\t" : "", info.priority);
	return 0;
}

void INIT
proc_swaps_init(void)
{
	procfs_register("swaps", show_swaps);
}
