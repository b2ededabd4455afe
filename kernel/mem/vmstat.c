#include "mem/vmstat.h"

#include "lib/compiler.h"
#include "mem/page_color.h"
#include "mem/pcp.h"

struct vm_counts vm_counts[NR_CPUS];

u64
vmstat_get(enum vm_item item)
{
	s64 sum = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		sum += READ_ONCE(vm_counts[cpu].nr[item]);
	return MAX(sum, 0L);
}

u64
zone_nr_free_all(const struct zone *zone)
{
	u64 nr = READ_ONCE(zone->nr_free);

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		nr += pcp_nr(&zone->pcp[cpu]) + page_color_nr_kept(cpu, zone->index);
	return nr;
}

void
zone_counts(const struct zone *zone, u64 *nr_allocated, u64 *nr_freed)
{
	*nr_allocated = READ_ONCE(zone->nr_allocated);
	*nr_freed = READ_ONCE(zone->nr_freed);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		*nr_allocated += READ_ONCE(zone->pcp[cpu].nr_allocated);
		*nr_freed += READ_ONCE(zone->pcp[cpu].nr_freed);
	}
}
