#include "mem/vmstat.h"

#include "lib/compiler.h"

struct vm_counts vm_counts[NR_CPUS];

u64
vmstat_get(enum vm_item item)
{
	s64 sum = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		sum += READ_ONCE(vm_counts[cpu].nr[item]);
	return MAX(sum, 0L);
}
