/*
 * Memory for xarray nodes. They are allocated under spinning locks, so without reclaim. When that
 * fails the caller drops its lock, fills this hart's reserve, which may sleep, and tries again at
 * once: no other thread runs on this hart in between, and interrupt handlers insert nothing.
 */

#include "core/cpu.h"
#include "core/panic.h"
#include "lib/xarray.h"
#include "mem/slab.h"
#include "sched/task.h"
#include "vm/pagecache_internal.h"

/* Nodes that one insertion can need: a level for every 6 bits of an index, and one to spare. */
#define RESERVE_NODES 12

static struct kmem_cache *node_cache;

static struct {
	unsigned nr;
	struct xa_node *nodes[RESERVE_NODES];
} reserve[NR_CPUS];

struct xa_node *
xa_node_alloc(void)
{
	/* What reclaim puts into a tree makes more memory free than it takes. */
	gfp_t gfp = current->reclaim_depth > 0 ? GFP_MEMALLOC : GFP_NOWAIT;
	struct xa_node *node = kmem_cache_alloc(node_cache, gfp | GFP_NOWARN);
	u32 cpu = cpu_id();

	if (unlikely(!node) && reserve[cpu].nr > 0)
		node = reserve[cpu].nodes[--reserve[cpu].nr];
	return node;
}

void
xa_node_free(struct xa_node *node)
{
	kmem_cache_free(node_cache, node);
}

bool
xa_reserve_fill(void)
{
	for (;;) {
		struct xa_node *node;
		u32 cpu = cpu_id();

		if (reserve[cpu].nr == RESERVE_NODES)
			return true;
		node = kmem_cache_alloc(node_cache, GFP_KERNEL);
		if (!node)
			return false;
		cpu = cpu_id();
		if (reserve[cpu].nr < RESERVE_NODES)
			reserve[cpu].nodes[reserve[cpu].nr++] = node;
		else
			kmem_cache_free(node_cache, node);
	}
}

u64
nr_reserved_nodes(void)
{
	u64 nr = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		nr += READ_ONCE(reserve[cpu].nr);
	return nr;
}

void INIT
xa_reserve_init(void)
{
	node_cache = kmem_cache_create("radix_tree_node", sizeof(struct xa_node), 0,
				       SLAB_RECLAIM_ACCOUNT, NULL);
	assert(node_cache);
}
