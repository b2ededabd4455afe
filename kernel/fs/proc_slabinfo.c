/* /proc/slabinfo. */
#include "fs/proc_node.h"

#include "mem/slab.h"

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
			   "%-17s %6lu %6lu %6lu %4u %4u : tunables %4u %4u %4u : slabdata %6lu "
			   "%6lu %6lu\n",
			   stats.name, stats.nr_active, stats.nr_objects, (u64)stats.slot_size,
			   stats.objects_per_slab, stats.pages_per_slab, stats.limit, stats.batch,
			   stats.nr_shared ? 1 : 0, stats.nr_active_slabs, stats.nr_slabs,
			   stats.nr_shared * stats.limit);
	return 0;
}

void INIT
proc_slabinfo_init(void)
{
	procfs_register("slabinfo", show_slabinfo);
}
