#include "mem/slab/ipi.h"

#include "core/cpu.h"
#include "mem/slab/cache.h"

/* Atomic: one interrupt is enough for all requests until it is taken. */
static u32 requested[NR_CPUS];

void
slab_ipi_request(u32 cpu)
{
	if (!READ_ONCE(cpus[cpu].online))
		return;
	if (!__atomic_exchange_n(&requested[cpu], 1, __ATOMIC_SEQ_CST))
		cpu_send_ipi(cpu);
}

static void
cache_serve(struct kmem_cache *cache, void *arg)
{
	(void)arg;
	cache_ipi(cache);
}

void
slab_ipi(void)
{
	if (likely(!READ_ONCE(requested[cpu_id()])))
		return;
	__atomic_store_n(&requested[cpu_id()], 0, __ATOMIC_SEQ_CST);
	cache_for_each(cache_serve, NULL);
}
